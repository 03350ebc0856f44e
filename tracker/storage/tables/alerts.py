"""Sightings, matches, alerts and everything that stands on an alert."""

import sqlalchemy as sa

from tracker.storage.tables.columns import TOLD_AS, lease, metadata, moment, refers, row_id, sealed, word

PATIENT_WORK = "patient work"
"""What is told of new due rows when all of them can wait."""

sighting = sa.Table(
    "sighting",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("agency_id", "agency"),
    refers("subject_id", "subject"),
    word("event_id", length=200),
    word("kind", length=32),
    sa.Column("is_live", sa.Boolean, nullable=False),
    moment("occurred_at"),
    moment("received_at"),
    sealed("seen"),
    # Of the card use that led here: log lines from edge to phone carry it. None: from before it was kept.
    word("correlation", length=36, nullable=True),
    sa.UniqueConstraint("agency_id", "event_id", name="one_sighting_per_event"),
)

match = sa.Table(
    "sighting_match",
    metadata,
    row_id(),
    refers("sighting_id", "sighting"),
    refers("subject_id", "subject"),
    refers("alert_id", "alert", nullable=True),
    word("verdict", length=16),
    sa.Column("features", sa.JSON, nullable=False),
    word("effect", length=16, nullable=True),
    sa.Index("sighting_match_by_alert", "alert_id"),
)

alert = sa.Table(
    "alert",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("subject_id", "subject"),
    word("state", length=16),
    sa.Column("paused", sa.Boolean, nullable=False),
    sealed("plan"),
    sa.Column("plan_version", sa.Integer, nullable=False),
    word("urgency", length=16),
    sa.Column("ladder", sa.Text, nullable=False),
    moment("act_from"),
    moment("useful_until"),
    moment("raised_at"),
    moment("closed_at", nullable=True),
    word("outcome", length=32, nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
    word("correlation", length=36, nullable=True),
    sa.Column("is_drill", sa.Boolean, nullable=False, default=False),
    sa.Index("alert_by_subject", "subject_id"),
)
sa.Index(
    "one_open_alert_per_subject",
    alert.c.subject_id,
    unique=True,
    sqlite_where=alert.c.state == "open",
    postgresql_where=alert.c.state == "open",
)

alert_entry = sa.Table(
    "alert_entry",
    metadata,
    sa.Column("alert_id", sa.ForeignKey("alert.id"), primary_key=True),
    sa.Column("entry_id", sa.ForeignKey("watch_entry.id"), primary_key=True),
)

taking = sa.Table(
    "taking",
    metadata,
    row_id(),
    refers("alert_id", "alert"),
    refers("person_id", "person"),
    word("way", length=16),
    moment("taken_at"),
    moment("lapsed_at", nullable=True),
    word("lapse_reason", length=32, nullable=True),
    # Of the alert: all of it, or the judge's or the officers' side where the ladder wants both.
    sa.Column("side", sa.String(8), nullable=False, server_default="whole"),
    sa.Index("taking_by_alert", "alert_id"),
)
sa.Index(
    "one_standing_taking_per_side",
    taking.c.alert_id,
    taking.c.side,
    unique=True,
    sqlite_where=taking.c.lapsed_at.is_(None),
    postgresql_where=taking.c.lapsed_at.is_(None),
)

declined = sa.Table(
    "declined",
    metadata,
    sa.Column("alert_id", sa.ForeignKey("alert.id"), primary_key=True),
    # Another plan asks anew.
    sa.Column("plan_version", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), primary_key=True),
    moment("declined_at"),
)

dispatch = sa.Table(
    "dispatch",
    metadata,
    row_id(),
    refers("alert_id", "alert"),
    refers("leader_id", "person"),
    sealed("muster_place"),
    moment("muster_at"),
    moment("dispatched_at"),
    moment("arrived_at", nullable=True),
    moment("ended_at", nullable=True),
    sa.Index("dispatch_by_alert", "alert_id"),
)

dispatch_member = sa.Table(
    "dispatch_member",
    metadata,
    sa.Column("dispatch_id", sa.ForeignKey("dispatch.id"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("position", sa.SmallInteger, nullable=False),
)

confirmation = sa.Table(
    "confirmation",
    metadata,
    row_id(),
    refers("alert_id", "alert"),
    refers("agency_id", "agency"),
    sa.Column("plan_version", sa.Integer, nullable=False),
    moment("asked_at"),
    moment("due_at"),
    word("answer", length=16, nullable=True),
    word("answered_by", length=36, nullable=True),
    moment("answered_at", nullable=True),
    sealed("detail", nullable=True),
    sa.UniqueConstraint("alert_id", "agency_id", "plan_version", name="one_confirmation_per_plan"),
)

hold = sa.Table(
    "hold",
    metadata,
    row_id(),
    refers("alert_id", "alert"),
    refers("agency_id", "agency"),
    moment("held_at"),
    moment("release_at"),
    sealed("place"),
    word("unit", length=200),
    moment("ended_at", nullable=True),
    word("ended_by", length=32, nullable=True),
    sa.Column("three_point_check", sa.Boolean),
    sa.Index("hold_by_alert", "alert_id"),
)

due_work = sa.Table(
    "due_work",
    metadata,
    row_id(),
    word("kind", length=32),
    word("about", length=36),
    moment("due_at"),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("tries", sa.SmallInteger, nullable=False, default=0),
    *lease(),
    sa.Column("is_patient", sa.Boolean, nullable=False, default=False),
    sa.Index("due_work_by_time", "is_patient", "due_at"),
    sa.Index("due_work_by_about", "about", "kind"),
    info={TOLD_AS: lambda rows: PATIENT_WORK if all(row["is_patient"] for row in rows) else "due_work"},
)
