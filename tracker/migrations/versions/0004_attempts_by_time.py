"""An index for what a look-up asks: which other messages have gone out since a try"""

from collections.abc import Sequence

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("attempt_by_time", "attempt", ["submitted_at"])
