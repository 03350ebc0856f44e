"""Inbox, outbox and audit: what makes a crash harmless and a past provable."""

import sqlalchemy as sa

from tracker.storage.tables.columns import (
    TOLD_AS,
    index_of,
    lease,
    metadata,
    moment,
    row_id,
    sealed,
    word,
)

TAKEN = "taken messages"
"""What is told of new rows of the inbox when all of them are done: nobody need look."""

inbox = sa.Table(
    "inbox",
    metadata,
    row_id(),
    word("source", length=80),
    word("message_id", length=200),
    word("kind", length=32),
    index_of("body_hash"),
    sealed("body", nullable=True),
    word("state", length=16),
    word("reason", length=200, nullable=True),
    moment("received_at"),
    moment("due_at"),
    sa.Column("tries", sa.SmallInteger, nullable=False, default=0),
    *lease(),
    sa.UniqueConstraint("source", "message_id", name="one_inbox_row_per_message"),
    sa.Index("inbox_waiting", "state", "due_at", "id"),
    info={TOLD_AS: lambda rows: TAKEN if all(row["state"] == "done" for row in rows) else "inbox"},
)
sa.Index(
    "inbox_canaries",
    inbox.c.source,
    inbox.c.received_at,
    sqlite_where=inbox.c.kind == "canary",
    postgresql_where=inbox.c.kind == "canary",
)

outbox = sa.Table(
    "outbox",
    metadata,
    row_id(),
    word("queue", length=100),
    word("message_id", length=100),
    sealed("body", nullable=True),
    sa.Column("lane", sa.SmallInteger, nullable=False),
    moment("committed_at"),
    moment("published_at", nullable=True),
    *lease(),
    sa.Index("outbox_waiting", "published_at", "lane", "id"),
)

audit_event = sa.Table(
    "audit_event",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    word("court_id", length=36),
    moment("at"),
    word("actor", length=36),
    word("action"),
    word("about_kind", length=32),
    word("about", length=100),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("chain_position", sa.BigInteger, unique=True),
    sa.Column("chain_hash", sa.String(64)),
    sa.Index("audit_event_by_about", "about", "action"),
    sa.Index("audit_event_by_time", "at", "id"),
    sa.Index("audit_event_by_action", "action", "at", "id"),
)
# The service itself acts most of the time, and nobody pays for finding that.
_IS_BY_A_PERSON = audit_event.c.actor != "system"
sa.Index(
    "audit_event_by_person",
    audit_event.c.actor,
    audit_event.c.at,
    audit_event.c.id,
    sqlite_where=_IS_BY_A_PERSON,
    postgresql_where=_IS_BY_A_PERSON,
)
