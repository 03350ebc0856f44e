"""An index for the newest withdrawals of an agency"""

from collections.abc import Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("instruction_by_change", "instruction", ["agency_id", "changed_at"])
