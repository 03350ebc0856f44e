"""By when an entry must be validated, the periods of it as rule data, and which entry a notice is about"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ENTRY = sa.table("watch_entry", sa.column("id"), sa.column("state"))
DUE = sa.table(
    "due_work",
    sa.column("id"),
    sa.column("kind"),
    sa.column("about"),
    sa.column("due_at"),
    sa.column("detail", sa.JSON),
    sa.column("tries"),
)


def upgrade() -> None:
    first_days = sa.Column("validate_first_days", sa.Integer(), nullable=False, server_default="60")
    then_days = sa.Column("validate_then_days", sa.Integer(), nullable=False, server_default="90")
    op.add_column("measure_rule", first_days)
    op.add_column("measure_rule", then_days)
    op.add_column("watch_entry", sa.Column("validate_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notice", sa.Column("entry_id", sa.String(length=36), nullable=True))
    op.create_index("notice_by_entry", "notice", ["entry_id"])
    # Not at once: a process of before, which runs until its restart, does not know this kind of due row.
    migrated_at = op.get_bind().execute(sa.select(sa.func.now())).scalar_one()
    op.execute(begin_first_periods(migrated_at + timedelta(days=1)))


def begin_first_periods(at: datetime) -> sa.Insert:
    """What is in force already begins its first period at a moment (UTC), as due work."""
    in_force = sa.select(
        ENTRY.c.id,
        sa.literal("entry-validation"),
        ENTRY.c.id,
        sa.literal(at, sa.DateTime(timezone=True)),
        sa.literal({}, sa.JSON),
        sa.literal(0),
    ).where(ENTRY.c.state == "active")
    return sa.insert(DUE).from_select(["id", "kind", "about", "due_at", "detail", "tries"], in_force)
