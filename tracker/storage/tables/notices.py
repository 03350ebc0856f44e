"""Notices, their attempts, the codes people answer with, and what they answered."""

import sqlalchemy as sa

from tracker.storage.tables.columns import (
    TOLD_AS,
    index_of,
    lease,
    metadata,
    moment,
    refers,
    row_id,
    sealed,
    word,
)

UNDER_WAY = "notices under way"
"""What is told of new notices when all of them are claimed by whoever writes them: nobody need look."""

notice = sa.Table(
    "notice",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("alert_id", "alert", nullable=True),
    refers("person_id", "person", nullable=True),
    refers("subject_id", "subject", nullable=True),
    word("entry_id", length=36, nullable=True),
    word("text_id", length=16),
    word("channel", length=8),
    word("language", length=2),
    sealed("facts"),
    sa.Column("silent", sa.Boolean, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    word("state", length=16),
    moment("created_at"),
    moment("due_at"),
    moment("expires_at"),
    sa.Column("awaits_receipts", sa.Boolean, nullable=False),
    moment("answered_at", nullable=True),
    word("correlation", length=36, nullable=True),
    # The notice that stands for this one and others.
    word("carried_by", length=36, nullable=True),
    moment("cancelled_at", nullable=True),
    *lease(),
    sa.Index("notice_by_due", "state", "due_at", "priority"),
    sa.Index("notice_by_person", "person_id", "due_at"),
    sa.Index("notice_by_alert", "alert_id"),
    info={TOLD_AS: lambda rows: UNDER_WAY if all(row["state"] == "leased" for row in rows) else "notice"},
)

# In words: a plan that is kept does not know the values of its parameters.
IS_WAITING = notice.c.state.in_([sa.literal_column("'due'"), sa.literal_column("'leased'")])
"""Waiting, or being worked on."""
sa.Index(
    "notice_waiting",
    notice.c.priority,
    notice.c.due_at,
    notice.c.id,
    sqlite_where=IS_WAITING,
    postgresql_where=IS_WAITING,
)


def _index_if_there(name: str, column: sa.Column[str]) -> None:
    """What nearly all rows lack is not written into an index with each of their changes."""
    is_there = column.is_not(None)
    sa.Index(name, column, sqlite_where=is_there, postgresql_where=is_there)


_index_if_there("notice_by_carrier", notice.c.carried_by)
_index_if_there("notice_by_entry", notice.c.entry_id)

attempt = sa.Table(
    "attempt",
    metadata,
    row_id(),
    refers("notice_id", "notice"),
    word("provider", length=32),
    word("provider_id", length=100, nullable=True),
    word("state", length=16),
    word("code", length=64, nullable=True),
    word("action", length=16, nullable=True),
    sealed("text"),
    sealed("title", nullable=True),
    sa.Column("is_repeat", sa.Boolean, nullable=False),
    moment("submitted_at"),
    moment("changed_at"),
    sa.Index("attempt_by_provider_id", "provider_id"),
    sa.Index("attempt_by_notice", "notice_id"),
    sa.Index("attempt_by_time", "submitted_at"),
)

reply_code = sa.Table(
    "reply_code",
    metadata,
    row_id(),
    refers("alert_id", "alert"),
    refers("person_id", "person"),
    word("code", length=5),
    moment("created_at"),
    sa.UniqueConstraint("alert_id", "person_id", name="one_code_per_person_and_alert"),
    sa.Index("reply_code_by_person", "person_id", "code"),
)

reply = sa.Table(
    "reply",
    metadata,
    row_id(),
    refers("person_id", "person", nullable=True),
    refers("alert_id", "alert", nullable=True),
    index_of("phone_index"),
    sealed("text"),
    word("meaning", length=32),
    word("provider_id", length=100, nullable=True),
    moment("received_at"),
    sa.UniqueConstraint("provider_id", name="one_reply_per_provider_id"),
    sa.Index("reply_by_phone", "phone_index", "received_at"),
)

notice_limit = sa.Table(
    "notice_limit",
    metadata,
    sa.Column("court_id", sa.ForeignKey("court.id"), primary_key=True),
    sa.Column("channel", sa.String(8), primary_key=True),
    sa.Column("a_day", sa.Integer),
    sa.Column("alone", sa.Integer, nullable=False),
    sa.Column("burst_s", sa.Integer, nullable=False),
    sa.Column("wait_s", sa.Integer, nullable=False),
)
