"""What takes force away is also written outside the database, and a restored court begins a new life"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment = Moment(timezone=True)
    op.create_table(
        "journal_line",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=36), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("life", sa.Integer(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("journal_line_court_id_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("journal_line_key")),
        sa.UniqueConstraint("court_id", "life", "position", name="one_line_per_place"),
    )
    op.create_table(
        "restore",
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("life", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("restore_court_id_is_known")),
        sa.PrimaryKeyConstraint("court_id", "life", name=op.f("restore_key")),
    )
