"""Notices that wait, the most urgent first, found without looking through all of them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

IS_WAITING = sa.text("state IN ('due', 'leased')")


def upgrade() -> None:
    op.create_index(
        "notice_waiting",
        "notice",
        ["priority", "due_at", "id"],
        sqlite_where=IS_WAITING,
        postgresql_where=IS_WAITING,
    )
