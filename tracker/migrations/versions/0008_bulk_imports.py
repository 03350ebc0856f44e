"""Bulk imports: a file of entries as one batch, and its rows until they are purged"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import tracker.storage.tables.columns

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "import_batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("uploaded_by", sa.String(length=36), nullable=False),
        sa.Column("uploaded_at", tracker.storage.tables.columns.Moment(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", tracker.storage.tables.columns.Moment(timezone=True), nullable=True),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("right_count", sa.Integer(), nullable=False),
        sa.Column("wrong_count", sa.Integer(), nullable=False),
        sa.Column("listed_count", sa.Integer(), nullable=False),
        sa.Column("refused_count", sa.Integer(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("purged_at", tracker.storage.tables.columns.Moment(timezone=True), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> uploaded_by", name=op.f("four_eyes_on_a_batch")
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("import_batch_court_id_is_known")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("import_batch_decided_by_is_known")),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["person.id"], name=op.f("import_batch_uploaded_by_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("import_batch_key")),
    )
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.create_index("import_batch_by_court", ["court_id", "uploaded_at"], unique=False)

    op.create_table(
        "import_row",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("form", sa.LargeBinary(), nullable=True),
        sa.Column("document_index", sa.LargeBinary(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("same_as", sa.Integer(), nullable=True),
        sa.Column("listed_already", sa.JSON(), nullable=False),
        sa.Column("has_findings", sa.Boolean(), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("import_row_batch_id_is_known")),
        sa.ForeignKeyConstraint(["entry_id"], ["watch_entry.id"], name=op.f("import_row_entry_id_is_known")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("import_row_key")),
    )
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.create_index(
            "import_row_by_document", ["batch_id", "document_index", "number"], unique=False
        )
        batch_op.create_index("import_row_by_findings", ["batch_id", "has_findings", "number"], unique=False)
        batch_op.create_index("import_row_by_state", ["batch_id", "state", "number"], unique=False)
