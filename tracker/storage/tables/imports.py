"""Bulk imports: a file of entries as one batch, and its rows until they are purged."""

import sqlalchemy as sa

from tracker.storage.tables.columns import index_of, metadata, moment, refers, row_id, sealed, word

import_batch = sa.Table(
    "import_batch",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("state", length=16),
    refers("uploaded_by", "person"),
    moment("uploaded_at"),
    refers("decided_by", "person", nullable=True),
    moment("decided_at", nullable=True),
    sa.Column("row_count", sa.Integer, nullable=False),
    sa.Column("right_count", sa.Integer, nullable=False),
    sa.Column("wrong_count", sa.Integer, nullable=False),
    sa.Column("listed_count", sa.Integer, nullable=False),
    sa.Column("refused_count", sa.Integer, nullable=False),
    sa.Column("measures", sa.JSON, nullable=False),
    moment("purged_at", nullable=True),
    sa.Index("import_batch_by_court", "court_id", "uploaded_at"),
    sa.CheckConstraint("decided_by IS NULL OR decided_by <> uploaded_by", name="four_eyes_on_a_batch"),
)

import_row = sa.Table(
    "import_row",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("import_batch.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sealed("form", nullable=True),
    index_of("document_index", nullable=True),
    word("state", length=16),
    sa.Column("problems", sa.JSON, nullable=False),
    sa.Column("warnings", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("same_as", sa.Integer),
    sa.Column("listed_already", sa.JSON, nullable=False),
    sa.Column("has_findings", sa.Boolean, nullable=False),
    sa.Column("entry_id", sa.ForeignKey("watch_entry.id")),
    sa.Index("import_row_by_state", "batch_id", "state", "number"),
    sa.Index("import_row_by_document", "batch_id", "document_index", "number"),
    sa.Index("import_row_by_findings", "batch_id", "has_findings", "number"),
)
