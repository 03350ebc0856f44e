"""What is looked for: events by day, kind and person, papers by their number in its normal form"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BY_A_PERSON = sa.text("actor <> 'system'")


def upgrade() -> None:
    op.create_index("audit_event_by_time", "audit_event", ["at", "id"])
    op.create_index("audit_event_by_action", "audit_event", ["action", "at", "id"])
    op.create_index(
        "audit_event_by_person",
        "audit_event",
        ["actor", "at", "id"],
        sqlite_where=BY_A_PERSON,
        postgresql_where=BY_A_PERSON,
    )
    op.create_index("paper_by_number", "paper", ["number"])
    op.execute("UPDATE paper SET number = replace(replace(number, '(', '（'), ')', '）')")
