"""Ladders as a court has saved them, and the alerts that reached nobody or that nobody acted on."""

import sqlalchemy as sa

from tracker.storage.tables.columns import metadata, moment, refers, row_id, sealed, word

ladder = sa.Table(
    "ladder",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("urgency", length=16),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    word("reason", length=200),
    refers("saved_by", "person"),
    moment("saved_at"),
    sa.UniqueConstraint("court_id", "urgency", "version", name="one_ladder_per_version"),
)

unreached_alert = sa.Table(
    "unreached_alert",
    metadata,
    sa.Column("alert_id", sa.ForeignKey("alert.id"), primary_key=True),
    moment("since"),
)

missed_alert = sa.Table(
    "missed_alert",
    metadata,
    sa.Column("alert_id", sa.ForeignKey("alert.id"), primary_key=True),
    refers("court_id", "court"),
    moment("missed_at"),
    moment("settled_at", nullable=True),
    word("settled_by", length=36, nullable=True),
    sealed("reason", nullable=True),
)
sa.Index(
    "missed_alert_unsettled",
    missed_alert.c.court_id,
    sqlite_where=missed_alert.c.settled_at.is_(None),
    postgresql_where=missed_alert.c.settled_at.is_(None),
)

taking_offer = sa.Table(
    "taking_offer",
    metadata,
    row_id(),
    refers("alert_id", "alert"),
    refers("from_id", "person"),
    refers("to_id", "person"),
    moment("offered_at"),
    moment("ended_at", nullable=True),
    word("ended_as", length=16, nullable=True),
)
sa.Index(
    "one_standing_offer_per_taker",
    taking_offer.c.alert_id,
    taking_offer.c.from_id,
    unique=True,
    sqlite_where=taking_offer.c.ended_at.is_(None),
    postgresql_where=taking_offer.c.ended_at.is_(None),
)

lead_time = sa.Table(
    "lead_time",
    metadata,
    sa.Column("court_id", sa.ForeignKey("court.id"), primary_key=True),
    sa.Column("place", sa.String(64), primary_key=True),
    sa.Column("lead_s", sa.Integer, nullable=False),
)
