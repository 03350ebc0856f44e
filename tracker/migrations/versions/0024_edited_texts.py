"""Texts that courts word themselves, and the title of each push message that went out"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "edited_text",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("text_id", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sms", sa.Text(), nullable=True),
        sa.Column("voice", sa.Text(), nullable=True),
        sa.Column("push_title", sa.Text(), nullable=True),
        sa.Column("push_body", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("saved_by", sa.String(length=36), nullable=False),
        sa.Column("saved_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("edited_text_court_id_is_known")),
        sa.ForeignKeyConstraint(["saved_by"], ["person.id"], name=op.f("edited_text_saved_by_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("edited_text_key")),
        sa.UniqueConstraint("court_id", "text_id", "language", "version", name=op.f("one_text_per_version")),
    )
    op.add_column("attempt", sa.Column("title", sa.LargeBinary(), nullable=True))
