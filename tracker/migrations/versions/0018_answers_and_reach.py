"""Answers by link, stopped SMS, verified and dead numbers, channels that people switched off"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("person", sa.Column("phone_set_at", Moment(timezone=True), nullable=True))
    op.add_column("person", sa.Column("phone_verified_at", Moment(timezone=True), nullable=True))
    op.add_column("person", sa.Column("phone_dead_at", Moment(timezone=True), nullable=True))
    op.add_column("person", sa.Column("phone_dead_code", sa.String(length=64), nullable=True))
    op.create_index("reply_by_phone", "reply", ["phone_index", "received_at"])
    op.create_table(
        "take_link",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("outlives_alert", sa.Boolean(), nullable=False),
        sa.Column("made_at", Moment(timezone=True), nullable=False),
        sa.Column("ends_at", Moment(timezone=True), nullable=False),
        sa.Column("used_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("take_link_alert_id_is_known")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("take_link_person_id_is_known")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("take_link_key")),
    )
    op.create_index("take_link_by_alert", "take_link", ["alert_id", "person_id"])
    op.create_table(
        "sms_stop",
        sa.Column("phone_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("stopped_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone_index", "provider", name=op.f("sms_stop_key")),
    )
    op.create_table(
        "phone_check",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("code_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", Moment(timezone=True), nullable=False),
        sa.Column("ends_at", Moment(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("phone_check_person_id_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("phone_check_key")),
    )
    op.create_index("phone_check_by_person", "phone_check", ["person_id", "made_at"])
    op.create_table(
        "muted_channel",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("muted_channel_person_id_is_known")),
        sa.PrimaryKeyConstraint("person_id", "channel", name=op.f("muted_channel_key")),
    )
