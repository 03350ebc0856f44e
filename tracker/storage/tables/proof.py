"""What proves how the court works: raw callbacks of providers, drills, and the delays people were told of."""

import sqlalchemy as sa

from tracker.storage.tables.columns import index_of, metadata, moment, refers, row_id, sealed, word

delay = sa.Table(
    "delay",
    metadata,
    sa.Column("court_id", sa.ForeignKey("court.id"), primary_key=True),
    sa.Column("work", sa.String(32), primary_key=True),
    moment("since"),
    moment("told_at"),
    moment("over_at", nullable=True),
)

# What a provider called back, as it came; it may be about an attempt that is not known.
callback = sa.Table(
    "callback",
    metadata,
    row_id(),
    word("provider", length=32),
    word("attempt_id", length=36, nullable=True),
    word("provider_id", length=100, nullable=True),
    index_of("body_hash"),
    sealed("body"),
    moment("received_at"),
    sa.UniqueConstraint("provider", "body_hash", name="one_callback_per_body"),
    sa.Index("callback_by_attempt", "attempt_id"),
    sa.Index("callback_by_provider_id", "provider_id"),
)

drill_plan = sa.Table(
    "drill_plan",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("agency_id", "agency"),
    word("duty", length=16),
    word("team_id", length=36, nullable=True),
    word("urgency", length=16),
    word("hours", length=8),
    word("planned_by", length=36),
    moment("planned_at"),
    moment("ended_at", nullable=True),
    sa.Index("drill_plan_by_court", "court_id"),
)

drill = sa.Table(
    "drill",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("agency_id", "agency"),
    refers("alert_id", "alert", nullable=True),
    word("plan_id", length=36, nullable=True),
    word("duty", length=16),
    word("team_id", length=36, nullable=True),
    word("urgency", length=16),
    word("started_by", length=36),
    moment("started_at"),
    word("began_by", length=8, nullable=True),
    moment("ended_at", nullable=True),
    sa.UniqueConstraint("alert_id", name="one_drill_per_alert"),
    sa.Index("drill_by_court", "court_id", "started_at"),
)
sa.Index(
    "one_open_drill_per_court",
    drill.c.court_id,
    unique=True,
    sqlite_where=drill.c.ended_at.is_(None),
    postgresql_where=drill.c.ended_at.is_(None),
)
