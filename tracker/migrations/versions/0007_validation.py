"""By when an entry must be validated, the periods of it as rule data, and which entry a notice is about"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ENTRY = sa.table("watch_entry", sa.column("id"), sa.column("state"), sa.column("approved_at"))
DUE = sa.table(
    "due_work",
    sa.column("id"),
    sa.column("kind"),
    sa.column("about"),
    sa.column("due_at"),
    sa.column("detail", sa.JSON),
    sa.column("tries"),
)

# What is in force already: the court begins its first period when it next does what is due.
BEGIN_FIRST_PERIODS = sa.insert(DUE).from_select(
    ["id", "kind", "about", "due_at", "detail", "tries"],
    sa.select(
        ENTRY.c.id,
        sa.literal("entry-validation"),
        ENTRY.c.id,
        ENTRY.c.approved_at,
        sa.literal({}, sa.JSON),
        sa.literal(0),
    ).where(ENTRY.c.state == "active"),
)


def upgrade() -> None:
    first_days = sa.Column("validate_first_days", sa.Integer(), nullable=False, server_default="60")
    then_days = sa.Column("validate_then_days", sa.Integer(), nullable=False, server_default="90")
    op.add_column("measure_rule", first_days)
    op.add_column("measure_rule", then_days)
    op.add_column("watch_entry", sa.Column("validate_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notice", sa.Column("entry_id", sa.String(length=36), nullable=True))
    op.create_index("notice_by_entry", "notice", ["entry_id"])
    op.execute(BEGIN_FIRST_PERIODS)
