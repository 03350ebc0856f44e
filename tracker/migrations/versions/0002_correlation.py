"""Correlation of a card use, on sighting, alert and notice"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for table in ("sighting", "alert", "notice"):
        op.add_column(table, sa.Column("correlation", sa.String(length=36), nullable=True))
