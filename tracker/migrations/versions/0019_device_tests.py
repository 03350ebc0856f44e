"""Test notices to the devices and accounts of people: when, what became of it, and its secret's digest"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("contact", sa.Column("test_sent_at", Moment(timezone=True), nullable=True))
    op.add_column("contact", sa.Column("test_state", sa.String(length=16), nullable=True))
    op.add_column("contact", sa.Column("test_code", sa.String(length=64), nullable=True))
    op.add_column("contact", sa.Column("test_digest", sa.LargeBinary(length=32), nullable=True))
