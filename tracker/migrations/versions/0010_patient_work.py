"""Due rows that may fall due for the whole list at once stand in a line of their own"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DUE = sa.table("due_work", sa.column("kind"), sa.column("is_patient"))
PATIENT = (
    "entry-expires",
    "entry-validation",
    "entry-reminder",
    "import-check",
    "import-list",
    "import-purge",
)


def upgrade() -> None:
    op.add_column(
        "due_work", sa.Column("is_patient", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(mark_patient())
    op.drop_index("due_work_by_time", "due_work")
    op.create_index("due_work_by_time", "due_work", ["is_patient", "due_at"])


def mark_patient() -> sa.Update:
    """The rows that are there already."""
    return sa.update(DUE).where(DUE.c.kind.in_(PATIENT)).values(is_patient=True)
