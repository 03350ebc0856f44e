"""Two epochs of an agency's list may be in force at once: each calls a person by a reference of its own"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LISTINGS = sa.text(
    "INSERT INTO listing (instruction_id, epoch, agency_id, reference, feed_sequence) "
    "SELECT id, epoch, agency_id, reference, feed_sequence FROM instruction"
)
REPLICAS = sa.text(
    "INSERT INTO replica (instance_id, feed_id, sequence, entry_count, digest) "
    "SELECT id, (SELECT feed.id FROM feed WHERE feed.agency_id = agency_instance.agency_id "
    "ORDER BY feed.epoch DESC, feed.incarnation DESC LIMIT 1), "
    "replica_sequence, replica_count, replica_digest FROM agency_instance WHERE heard_at IS NOT NULL"
)
EPOCHS_OF_CHANGES = sa.text(
    "UPDATE feed_change SET epoch = "
    "(SELECT max(feed.epoch) FROM feed WHERE feed.agency_id = feed_change.agency_id)"
)


def upgrade() -> None:
    moment = Moment(timezone=True)
    op.add_column("feed", sa.Column("begun_at", moment, nullable=True))
    op.add_column("feed", sa.Column("filled_at", moment, nullable=True))
    _tell_changes_apart()
    _name_by_epoch()
    _hear_by_feed()


def _tell_changes_apart() -> None:
    op.drop_index("feed_change_waiting", "feed_change")
    op.add_column(
        "feed_change", sa.Column("epoch", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.execute(EPOCHS_OF_CHANGES)
    op.create_index("feed_change_waiting", "feed_change", ["agency_id", "epoch", "taken", "lane", "id"])


def _name_by_epoch() -> None:
    op.create_table(
        "listing",
        sa.Column("instruction_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.BigInteger(), nullable=False),
        sa.Column("feed_sequence", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="listing_agency_id_is_known"),
        sa.ForeignKeyConstraint(
            ["instruction_id"], ["instruction.id"], name="listing_instruction_id_is_known"
        ),
        sa.PrimaryKeyConstraint("instruction_id", "epoch", name="listing_key"),
        sa.UniqueConstraint("agency_id", "reference", name="one_listing_per_reference"),
    )
    op.execute(LISTINGS)
    op.drop_index("instruction_by_epoch", "instruction")
    with op.batch_alter_table("instruction") as instruction:
        instruction.drop_constraint("one_instruction_per_reference", type_="unique")
        instruction.drop_column("reference")
        instruction.drop_column("epoch")
        instruction.drop_column("feed_sequence")
    op.create_index("instruction_by_agency", "instruction", ["agency_id", "id"])


def _hear_by_feed() -> None:
    op.create_table(
        "replica",
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("feed_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("entry_count", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["agency_instance.id"], name="replica_instance_id_is_known"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="replica_feed_id_is_known"),
        sa.PrimaryKeyConstraint("instance_id", "feed_id", name="replica_key"),
    )
    op.execute(REPLICAS)
    for column in ("replica_sequence", "replica_count", "replica_digest"):
        op.drop_column("agency_instance", column)
