"""The line to an agency may be closed, and its list is begun anew when it is opened again"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    moment = Moment(timezone=True)
    op.add_column("agency", sa.Column("closed_at", moment, nullable=True))
    op.add_column("agency", sa.Column("closed_by", sa.String(length=36), nullable=True))
    op.add_column("agency", sa.Column("closing_reason", sa.String(length=16), nullable=True))
    op.add_column(
        "agency", sa.Column("broker_generation", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.add_column("agency_instance", sa.Column("closed_at", moment, nullable=True))
    op.add_column("agency_instance", sa.Column("emptied_at", moment, nullable=True))
    op.add_column("agency_instance", sa.Column("spent_key", sa.LargeBinary(length=32), nullable=True))
    op.add_column("feed", sa.Column("ended_at", moment, nullable=True))
    op.add_column(
        "instruction", sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.create_index("instruction_by_epoch", "instruction", ["agency_id", "epoch"])
