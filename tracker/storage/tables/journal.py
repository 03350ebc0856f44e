"""What the withdrawal journal says, and the restores of the court."""

import sqlalchemy as sa

from tracker.storage.tables.columns import metadata, moment, refers, row_id, word

journal_line = sa.Table(
    "journal_line",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("kind", length=16),
    word("about", length=36),
    sa.Column("detail", sa.JSON, nullable=False),
    moment("at"),
    sa.Column("life", sa.Integer),
    sa.Column("position", sa.BigInteger),
    sa.UniqueConstraint("court_id", "life", "position", name="one_line_per_place"),
)

restore = sa.Table(
    "restore",
    metadata,
    sa.Column("court_id", sa.ForeignKey("court.id"), primary_key=True),
    sa.Column("life", sa.Integer, primary_key=True, autoincrement=False),
    moment("began_at"),
    moment("done_at", nullable=True),
)
