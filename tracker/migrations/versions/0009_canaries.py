"""The canary of each feed, when it came back by each adapter, and what agencies were refused"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Agencies that are there get the interval that new ones have; feeds get their canary at the next start.
    op.add_column("agency", sa.Column("canary_every_s", sa.Integer(), nullable=False, server_default="300"))
    op.add_column("agency_instance", sa.Column("canary_at", Moment(timezone=True), nullable=True))
    op.add_column("agency_instance", sa.Column("silent_since", Moment(timezone=True), nullable=True))
    op.add_column("feed", sa.Column("canary_reference", sa.BigInteger(), nullable=True))
    op.create_table(
        "refusal",
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"]),
        sa.PrimaryKeyConstraint("agency_id", "reason"),
    )
