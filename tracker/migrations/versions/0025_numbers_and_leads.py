"""The telephone of each agency's duty desk, by which providers messages go out, and leads by place"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("agency", sa.Column("desk_phone", sa.String(length=32), nullable=True))
    op.create_table(
        "provider_set_up",
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("provider_set_up_court_id_is_known")),
        sa.PrimaryKeyConstraint("court_id", "channel", "provider", name=op.f("provider_set_up_key")),
    )
    op.create_table(
        "lead_time",
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("lead_s", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("lead_time_court_id_is_known")),
        sa.PrimaryKeyConstraint("court_id", "place", name=op.f("lead_time_key")),
    )
