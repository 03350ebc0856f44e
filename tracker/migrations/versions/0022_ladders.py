"""Ladders that courts save, alerts that reached nobody or were missed, takings by side and offered takings"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment = Moment(timezone=True)
    standing_taking = sa.text("lapsed_at IS NULL")
    op.drop_index("one_standing_taking_per_alert", table_name="taking")
    op.add_column(
        "taking", sa.Column("side", sa.String(length=8), nullable=False, server_default=sa.text("'whole'"))
    )
    op.create_index(
        "one_standing_taking_per_side",
        "taking",
        ["alert_id", "side"],
        unique=True,
        sqlite_where=standing_taking,
        postgresql_where=standing_taking,
    )
    op.create_table(
        "ladder",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("saved_by", sa.String(length=36), nullable=False),
        sa.Column("saved_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("ladder_court_id_is_known")),
        sa.ForeignKeyConstraint(["saved_by"], ["person.id"], name=op.f("ladder_saved_by_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("ladder_key")),
        sa.UniqueConstraint("court_id", "urgency", "version", name=op.f("one_ladder_per_version")),
    )
    op.create_table(
        "unreached_alert",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("unreached_alert_alert_id_is_known")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("unreached_alert_key")),
    )
    op.create_table(
        "missed_alert",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("missed_at", moment, nullable=False),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("settled_by", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("missed_alert_alert_id_is_known")),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("missed_alert_court_id_is_known")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("missed_alert_key")),
    )
    unsettled = sa.text("settled_at IS NULL")
    op.create_index(
        "missed_alert_unsettled",
        "missed_alert",
        ["court_id"],
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )
    op.create_table(
        "taking_offer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("from_id", sa.String(length=36), nullable=False),
        sa.Column("to_id", sa.String(length=36), nullable=False),
        sa.Column("offered_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_as", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("taking_offer_alert_id_is_known")),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name=op.f("taking_offer_from_id_is_known")),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("taking_offer_to_id_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("taking_offer_key")),
    )
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        "one_standing_offer_per_taker",
        "taking_offer",
        ["alert_id", "from_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
