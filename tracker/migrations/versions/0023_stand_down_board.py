"""What agencies answer to an order to stop, whom the desk has reached, and how often a person is paged"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"{table}_{column}_is_known"))


def upgrade() -> None:
    moment = Moment(timezone=True)
    op.create_table(
        "stand_down_order",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("ordered_at", moment, nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("holding", sa.Boolean(), nullable=True),
        sa.Column("released_at", moment, nullable=True),
        _refers("stand_down_order", "alert_id", "alert"),
        _refers("stand_down_order", "agency_id", "agency"),
        sa.PrimaryKeyConstraint("id", name=op.f("stand_down_order_key")),
    )
    op.create_index("stand_down_order_by_alert", "stand_down_order", ["alert_id"])
    op.create_table(
        "stand_down_tick",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("agency_id", sa.String(length=36), nullable=True),
        sa.Column("ticked_by", sa.String(length=36), nullable=False),
        sa.Column("ticked_at", moment, nullable=False),
        _refers("stand_down_tick", "alert_id", "alert"),
        _refers("stand_down_tick", "person_id", "person"),
        _refers("stand_down_tick", "agency_id", "agency"),
        _refers("stand_down_tick", "ticked_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("stand_down_tick_key")),
        sa.UniqueConstraint("alert_id", "person_id", name="one_tick_per_person_and_alert"),
        sa.UniqueConstraint("alert_id", "agency_id", name="one_tick_per_agency_and_alert"),
    )
    op.add_column("notice", sa.Column("carried_by", sa.String(length=36), nullable=True))
    op.create_index("notice_by_person", "notice", ["person_id", "due_at"])
    op.create_index("notice_by_carrier", "notice", ["carried_by"])
    op.create_table(
        "notice_limit",
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("a_day", sa.Integer(), nullable=True),
        sa.Column("alone", sa.Integer(), nullable=False),
        sa.Column("burst_s", sa.Integer(), nullable=False),
        sa.Column("wait_s", sa.Integer(), nullable=False),
        _refers("notice_limit", "court_id", "court"),
        sa.PrimaryKeyConstraint("court_id", "channel", name=op.f("notice_limit_key")),
    )
