"""Who has said that they cannot go"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "declined",
        sa.Column("alert_id", sa.String(36), sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("plan_version", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.String(36), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("declined_at", Moment(timezone=True), nullable=False),
    )
