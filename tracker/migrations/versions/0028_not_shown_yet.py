"""What a receipt may bring in force is found without walking the agency's whole list"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NOBODY_HAS_SAID = sa.text("in_force_since IS NULL AND gone_since IS NULL")


def upgrade() -> None:
    op.create_index(
        "instruction_not_shown_yet",
        "instruction",
        ["agency_id"],
        sqlite_where=NOBODY_HAS_SAID,
        postgresql_where=NOBODY_HAS_SAID,
    )
