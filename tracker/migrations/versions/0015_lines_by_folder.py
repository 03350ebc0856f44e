"""Which adapters are reached by folder, the carryings there and back, and the list that one waits for"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "agency_instance",
        sa.Column("is_by_folder", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("agency_instance", sa.Column("carried_there", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("agency_instance", sa.Column("carried_back", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("agency_instance", sa.Column("wanted_list", sa.JSON(none_as_null=True), nullable=True))
