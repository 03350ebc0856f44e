"""Texts as a court has worded them itself; what is null is said as built in."""

import sqlalchemy as sa

from tracker.storage.tables.columns import metadata, moment, refers, row_id, word

edited_text = sa.Table(
    "edited_text",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("text_id", length=16),
    word("language", length=2),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sms", sa.Text),
    sa.Column("voice", sa.Text),
    sa.Column("push_title", sa.Text),
    sa.Column("push_body", sa.Text),
    word("reason", length=200),
    refers("saved_by", "person"),
    moment("saved_at"),
    sa.UniqueConstraint("court_id", "text_id", "language", "version", name="one_text_per_version"),
)
