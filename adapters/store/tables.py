"""The tables of one edge. Clear uses have no table: what does not hit is stored nowhere."""

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.schema import Index

from adapters.sqlite import Tx

metadata: Final = MetaData()

hits = Table(
    "hits",
    metadata,
    # The agency's own id of the card use: sent again after a crash, it finds itself.
    Column("event_id", Text, primary_key=True),
    # Only while the hit waits for a proven feed: its tokens by epoch, and the sealed report.
    Column("tokens", Text),
    Column("report", LargeBinary),
)
Index("hits_waiting", hits.c.event_id, sqlite_where=hits.c.report.is_not(None))

reports = Table(
    "reports",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("envelope", LargeBinary, nullable=False),
    # A position is never given twice: their order is that in which they were written.
    sqlite_autoincrement=True,
)

# Where each feed stood when the court was last told of it.
told = Table(
    "told",
    metadata,
    Column("epoch", Integer, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    PrimaryKeyConstraint("epoch", "incarnation"),
)

gone = Table(
    "gone",
    metadata,
    Column("epoch", Integer, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("reference", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("epoch", "incarnation", "reference", "version"),
)

# Kept for a month, receipt or not: a court that is restored from a backup asks by beginning its list anew.
withdrawn = Table(
    "withdrawn",
    metadata,
    Column("epoch", Integer, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("reference", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("applied_at", Text, nullable=False),
    PrimaryKeyConstraint("epoch", "incarnation", "reference", "version"),
)
Index("withdrawn_by_time", withdrawn.c.applied_at)

# Kinds of messages that were refused, as the court was told of them.
refused = Table(
    "refused",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("received_at", Text, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("reference", Integer, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("said_at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column("hold_id", Integer, primary_key=True),
    Column("reference", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    # The confirmation the hold stands on; None when it was recorded without one.
    Column("order_id", Text),
    Column("release_at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("release_reason", Text),
)
Index(
    "one_open_hold_per_reference",
    holds.c.reference,
    unique=True,
    sqlite_where=holds.c.state.in_(("holding", "to-release")),
)


# Heartbeats for the head of the court's audit chain; times as text that sorts.
witness = Table(
    "witness",
    metadata,
    Column("said_at", Text, primary_key=True),
    Column("until", Text, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
)


async def make_tables(tx: Tx) -> None:
    await tx.run_sync(metadata.create_all)
