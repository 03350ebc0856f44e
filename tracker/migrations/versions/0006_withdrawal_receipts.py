"""Which instance has applied which withdrawal: a person is gone from an agency once no instance shows them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "withdrawal_receipt",
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["agency_instance.id"]),
        sa.PrimaryKeyConstraint("instance_id", "reference"),
    )
