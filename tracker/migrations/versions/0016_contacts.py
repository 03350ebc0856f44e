"""Contacts: the devices and accounts on which a person gets push messages"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("seen_at", Moment(timezone=True), nullable=True),
        sa.Column("dead_at", Moment(timezone=True), nullable=True),
        sa.Column("dead_code", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("contact_person_id_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_key")),
        sa.UniqueConstraint("provider", "address_index", name=op.f("one_contact_per_address")),
    )
    op.create_index("contact_by_person", "contact", ["person_id"])
