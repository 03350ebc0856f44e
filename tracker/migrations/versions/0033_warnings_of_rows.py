"""What is told of a row of an import beside what is wrong with it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Without the default a process of the former version could read no file any more.
    op.add_column("import_row", sa.Column("warnings", sa.JSON(), nullable=False, server_default="[]"))
