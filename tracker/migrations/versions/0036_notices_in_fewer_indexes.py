"""Notices that nobody carries and that are of no entry are not in the indexes of these"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name, column in (("notice_by_carrier", "carried_by"), ("notice_by_entry", "entry_id")):
        is_there = sa.text(f"{column} IS NOT NULL")
        op.drop_index(name, "notice")
        op.create_index(name, "notice", [column], sqlite_where=is_there, postgresql_where=is_there)
