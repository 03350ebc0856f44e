"""A change has a row while it waits for its number, and none after it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WAITING = sa.text(
    "CREATE TABLE feed_change_kept AS "
    "SELECT id, agency_id, epoch, reference, version, lane, operation, body, committed_at "
    "FROM feed_change WHERE NOT taken"
)
BACK = sa.text(
    "INSERT INTO feed_change (id, agency_id, epoch, reference, version, lane, operation, body, committed_at) "
    "SELECT id, agency_id, epoch, reference, version, lane, operation, body, committed_at "
    "FROM feed_change_kept"
)


def upgrade() -> None:
    # What waits is copied and the rest dropped with its table: to delete years of changes takes hours.
    op.execute(WAITING)
    op.drop_table("feed_change")
    op.create_table(
        "feed_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("reference", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("operation", sa.String(length=8), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("committed_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("feed_change_agency_id_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("feed_change_key")),
    )
    op.create_index("feed_change_waiting", "feed_change", ["agency_id", "epoch", "lane", "id"])
    op.execute(BACK)
    op.drop_table("feed_change_kept")
