"""The ordered state of a feed: of each reference the newest version that has a number."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from schemas.listed import ListedEntry
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRecord:
    """The newest numbered version of a reference; `entry` is None where that was removed."""

    reference: int
    version: int
    entry: ListedEntry | None


_RECORDS: Final = sa.select(t.feed_record).where(
    is_one_of(t.feed_record.c.feed_id, "of_feeds"), is_one_of(t.feed_record.c.reference, "refs")
)


async def find_records(
    tx: Tx, feed_ids: Collection[str], references: Collection[int]
) -> dict[str, dict[int, FeedRecord]]:
    """The newest numbered version of each reference that has one, on each of the feeds."""
    found = by_column(await tx.rows(_RECORDS, of_feeds=list(feed_ids), refs=list(references)), "feed_id")
    return {
        feed_id: {row.reference: record_of(tx, row.reference, row.version, row.body) for row in rows}
        for feed_id, rows in ((feed_id, found[feed_id]) for feed_id in feed_ids)
    }


def record_of(tx: Tx, reference: int, version: int, body: bytes | None) -> FeedRecord:
    """What a row says of a reference."""
    entry = None if body is None else ListedEntry.unpack(unseal_entry(tx, body, reference))
    return FeedRecord(reference=reference, version=version, entry=entry)


_REPLACED: Final = sa.delete(t.feed_record).where(
    t.feed_record.c.feed_id == sa.bindparam("of_feed"),
    t.feed_record.c.reference == sa.bindparam("of_reference"),
)


async def remove_records(tx: Tx, former: Collection[tuple[str, int]]) -> None:
    """Others take the place of these, each a reference on a feed."""
    await tx.run_many(_REPLACED, [{"of_feed": feed_id, "of_reference": one} for feed_id, one in former])


async def add_records(tx: Tx, feed_id: str, records: Iterable[FeedRecord]) -> None:
    """The newest numbered versions of references that have none on the feed."""
    rows = [
        {
            "feed_id": feed_id,
            "reference": record.reference,
            "version": record.version,
            "is_listed": record.entry is not None,
            "body": None if record.entry is None else seal_entry(tx, record.entry),
        }
        for record in records
    ]
    await tx.insert_many(t.feed_record, rows)


def seal_entry(tx: Tx, entry: ListedEntry) -> bytes:
    """As it lies in the books."""
    return tx.seal_bytes(entry.pack(), f"feed_record.body:{entry.reference}")


def unseal_entry(tx: Tx, sealed: bytes, reference: int) -> bytes:
    """The packed entry."""
    return tx.unseal_bytes(sealed, f"feed_record.body:{reference}")
