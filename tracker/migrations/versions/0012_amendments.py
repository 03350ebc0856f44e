"""Amendments: a later end or a wider measure for an entry in force, approved by a second person; and the
canaries of the inbox, which do not stay
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "entry_amendment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", Moment(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", Moment(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR decided_by <> asked_by", name=op.f("four_eyes_on_an_amendment")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("entry_amendment_asked_by_is_known")),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("entry_amendment_court_id_is_known")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("entry_amendment_decided_by_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["watch_entry.id"], name=op.f("entry_amendment_entry_id_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("entry_amendment_key")),
    )
    op.create_index("entry_amendment_by_entry", "entry_amendment", ["entry_id"])
    op.create_index(
        "one_waiting_amendment_per_entry",
        "entry_amendment",
        ["entry_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "amendment_paper",
        sa.Column("amendment_id", sa.String(length=36), nullable=False),
        sa.Column("paper_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["amendment_id"], ["entry_amendment.id"], name=op.f("amendment_paper_amendment_id_is_known")
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("amendment_paper_paper_id_is_known")),
        sa.PrimaryKeyConstraint("amendment_id", "paper_id", name=op.f("amendment_paper_key")),
    )
    op.create_index(
        "inbox_canaries",
        "inbox",
        ["source", "received_at"],
        sqlite_where=sa.text("kind = 'canary'"),
        postgresql_where=sa.text("kind = 'canary'"),
    )
