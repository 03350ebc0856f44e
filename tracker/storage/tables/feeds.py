"""Agencies, what each is asked, and the numbered, signed log it receives."""

import sqlalchemy as sa

from tracker.storage.tables.columns import lease, metadata, moment, refers, row_id, sealed, word

agency = sa.Table(
    "agency",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("kind", length=16),
    word("name"),
    word("name_en"),
    word("profile", length=16),
    sa.Column("hold_for_s", sa.Integer, nullable=False),
    word("channel_basis", length=200),
    sa.Column("sealing_key", sa.LargeBinary(32), nullable=False),
    sa.Column("canary_every_s", sa.Integer, nullable=False),
    moment("closed_at", nullable=True),
    word("closed_by", length=36, nullable=True),
    word("closing_reason", length=16, nullable=True),
    sa.Column("broker_generation", sa.Integer, nullable=False, default=1),
    word("desk_phone", length=32, nullable=True),
)

agency_instance = sa.Table(
    "agency_instance",
    metadata,
    row_id(),
    refers("agency_id", "agency"),
    word("name", length=32),
    word("key_id"),
    sa.Column("verifying_key", sa.LargeBinary(32), nullable=False),
    moment("heard_at", nullable=True),
    moment("canary_at", nullable=True),
    moment("silent_since", nullable=True),
    moment("closed_at", nullable=True),
    moment("emptied_at", nullable=True),
    sa.Column("spent_key", sa.LargeBinary(32)),
    sa.Column("is_by_folder", sa.Boolean, nullable=False, default=False),
    sa.Column("carried_there", sa.JSON(none_as_null=True)),
    sa.Column("carried_back", sa.JSON(none_as_null=True)),
    sa.Column("wanted_list", sa.JSON(none_as_null=True)),
    sa.Column("list_percent", sa.SmallInteger),
    sa.Column("refused", sa.JSON(none_as_null=True)),
    sa.UniqueConstraint("agency_id", "name", name="one_instance_per_name"),
)

replica = sa.Table(
    "replica",
    metadata,
    sa.Column("instance_id", sa.ForeignKey("agency_instance.id"), primary_key=True),
    sa.Column("feed_id", sa.ForeignKey("feed.id"), primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("entry_count", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

withdrawal_receipt = sa.Table(
    "withdrawal_receipt",
    metadata,
    sa.Column("instance_id", sa.ForeignKey("agency_instance.id"), primary_key=True),
    sa.Column("reference", sa.BigInteger, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)

refusal = sa.Table(
    "refusal",
    metadata,
    sa.Column("agency_id", sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("reason", sa.String(100), primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    moment("last_at"),
)

webhook_key = sa.Table(
    "webhook_key",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("sender", length=36),
    word("algorithm", length=4),
    sealed("key"),
    moment("valid_until", nullable=True),
)

instruction = sa.Table(
    "instruction",
    metadata,
    row_id(),
    refers("agency_id", "agency"),
    refers("subject_id", "subject"),
    sa.Column("version", sa.Integer, nullable=False),
    word("measure", length=32, nullable=True),
    sa.Column("valid_until", sa.Date),
    sa.Column("basis", sa.JSON, nullable=False),
    sa.Column("documents", sa.JSON, nullable=False),
    moment("changed_at"),
    moment("in_force_since", nullable=True),
    moment("gone_since", nullable=True),
    sa.UniqueConstraint("agency_id", "subject_id", name="one_instruction_per_agency_and_subject"),
    sa.Index("instruction_by_subject", "subject_id"),
    sa.Index("instruction_by_change", "agency_id", "changed_at"),
    sa.Index("instruction_by_agency", "agency_id", "id"),
)

_NOBODY_HAS_SAID = sa.and_(instruction.c.in_force_since.is_(None), instruction.c.gone_since.is_(None))
sa.Index(
    "instruction_not_shown_yet",
    instruction.c.agency_id,
    sqlite_where=_NOBODY_HAS_SAID,
    postgresql_where=_NOBODY_HAS_SAID,
)

listing = sa.Table(
    "listing",
    metadata,
    sa.Column("instruction_id", sa.ForeignKey("instruction.id"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    refers("agency_id", "agency"),
    sa.Column("reference", sa.BigInteger, nullable=False),
    sa.Column("feed_sequence", sa.BigInteger),
    sa.UniqueConstraint("agency_id", "reference", name="one_listing_per_reference"),
)

feed = sa.Table(
    "feed",
    metadata,
    row_id(),
    refers("agency_id", "agency"),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("incarnation", sa.Integer, nullable=False),
    sealed("token_key"),
    sealed("digest_key"),
    sa.Column("head_sequence", sa.BigInteger, nullable=False),
    sa.Column("entry_count", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("published_up_to", sa.BigInteger, nullable=False),
    sa.Column("canary_reference", sa.BigInteger),
    moment("begun_at", nullable=True),
    moment("filled_at", nullable=True),
    moment("ended_at", nullable=True),
    *lease(),
    sa.UniqueConstraint("agency_id", "epoch", "incarnation", name="one_feed_per_incarnation"),
)

feed_change = sa.Table(
    "feed_change",
    metadata,
    row_id(),
    refers("agency_id", "agency"),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("reference", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("lane", sa.SmallInteger, nullable=False),
    word("operation", length=8),
    sealed("body", nullable=True),
    moment("committed_at"),
    sa.Index("feed_change_waiting", "agency_id", "epoch", "lane", "id"),
)

feed_record = sa.Table(
    "feed_record",
    metadata,
    sa.Column("feed_id", sa.ForeignKey("feed.id"), primary_key=True),
    sa.Column("reference", sa.BigInteger, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("is_listed", sa.Boolean, nullable=False),
    sealed("body", nullable=True),
)

feed_packet = sa.Table(
    "feed_packet",
    metadata,
    sa.Column("feed_id", sa.ForeignKey("feed.id"), primary_key=True),
    sa.Column("first_sequence", sa.BigInteger, primary_key=True),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
    sa.Column("envelope", sa.LargeBinary, nullable=False),
    moment("packed_at"),
)
