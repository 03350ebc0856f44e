"""Drills, what providers called back, and which delays people were told of"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = Moment(timezone=True)
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.add_column("alert", sa.Column("is_drill", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "delay",
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("work", sa.String(length=32), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("over_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("delay_court_id_is_known")),
        sa.PrimaryKeyConstraint("court_id", "work", name=op.f("delay_key")),
    )
    op.create_table(
        "callback",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=True),
        sa.Column("provider_id", sa.String(length=100), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("callback_key")),
        sa.UniqueConstraint("provider", "body_hash", name="one_callback_per_body"),
    )
    op.create_index("callback_by_attempt", "callback", ["attempt_id"])
    op.create_index("callback_by_provider_id", "callback", ["provider_id"])
    _create_drills()


def _create_drills() -> None:
    op.create_table(
        "drill_plan",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("hours", sa.String(length=8), nullable=False),
        sa.Column("planned_by", sa.String(length=36), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("drill_plan_court_id_is_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("drill_plan_agency_id_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("drill_plan_key")),
    )
    op.create_index("drill_plan_by_court", "drill_plan", ["court_id"])
    op.create_table(
        "drill",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=True),
        sa.Column("plan_id", sa.String(length=36), nullable=True),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("started_by", sa.String(length=36), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("began_by", sa.String(length=8), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("drill_court_id_is_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("drill_agency_id_is_known")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("drill_alert_id_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("drill_key")),
        sa.UniqueConstraint("alert_id", name="one_drill_per_alert"),
    )
    op.create_index("drill_by_court", "drill", ["court_id", "started_at"])
    op.create_index(
        "one_open_drill_per_court",
        "drill",
        ["court_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
