"""Since when nobody wants a notice, of those that may have gone out by then"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("cancelled_at", Moment(timezone=True), nullable=True))
