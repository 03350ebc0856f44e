"""All that is listed on a feed in one reading, in the order of the references: millions of entries.

What must not break: it is what one snapshot of the books shows, and memory does not grow with the list.
PostgreSQL sorts it, since its index leads to another page of the table for each entry, and sends it by COPY:
together that takes a quarter of the time that pages of rows took.
"""

from collections.abc import Awaitable, Callable, Sequence
from struct import Struct
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx

RECORDS_AT_ONCE: Final = 8_192
COPY_S: Final = 3600.0
"""Of waiting for the database, in all: a long list on a slow disk is sorted for minutes."""
SealedEntry: TypeAlias = tuple[int, bytes]
"""A reference, and what is sealed under it."""
Take: TypeAlias = Callable[[Sequence[SealedEntry]], Awaitable[None]]

_LISTED: Final = (
    sa.select(t.feed_record.c.reference, t.feed_record.c.body)
    .where(
        t.feed_record.c.feed_id == sa.bindparam("of_feed"),
        t.feed_record.c.reference > sa.bindparam("after"),
        t.feed_record.c.is_listed,
    )
    .order_by(t.feed_record.c.reference)
    .limit(sa.bindparam("at_once"))
)
_COPIED: Final = "SELECT reference, body FROM feed_record WHERE feed_id = $1 AND is_listed ORDER BY reference"
_SORTED: Final = "SET LOCAL enable_indexscan = off"
_HEADER_BYTES: Final = 19
_ROW: Final = Struct(">hiqi")
"""As COPY sends it: number of fields, length of the first, the reference, length of what is sealed."""
_TRAILER: Final = b"\xff\xff"


class CutShort(Exception):
    """The database has ended a list in the middle of a row."""


async def read_listed(tx: Tx, feed_id: str, take: Take) -> None:
    """Give all that is listed to `take`, some thousands at a time. Raises what that raises."""
    if tx.db.dialect.name == "postgresql":
        await _copy(tx, feed_id, take)
    else:
        await _page(tx, feed_id, take)


def open_listed(tx: Tx, rows: Sequence[SealedEntry]) -> list[bytes]:
    """The packed entries."""
    return tx.keys.at_rest.unseal_column("feed_record.body", rows)


async def _page(tx: Tx, feed_id: str, take: Take) -> None:
    rows = await _page_after(tx, feed_id, -1)
    while rows:
        await take(rows)
        rows = await _page_after(tx, feed_id, rows[-1][0])


async def _page_after(tx: Tx, feed_id: str, reference: int) -> list[SealedEntry]:
    found = await tx.rows(_LISTED, of_feed=feed_id, after=reference, at_once=RECORDS_AT_ONCE)
    return [(row.reference, row.body) for row in found]


async def _copy(tx: Tx, feed_id: str, take: Take) -> None:
    # Through the engine, which begins the transaction with its first statement.
    await tx.db.exec_driver_sql(_SORTED)
    driver: Any = (await tx.db.get_raw_connection()).driver_connection
    parser = CopiedRows()

    async def parse(data: bytes) -> None:
        if rows := parser.take(data):
            await take(rows)

    await driver.copy_from_query(_COPIED, feed_id, output=parse, format="binary", timeout=COPY_S)
    parser.end()


class CopiedRows:
    """Reads rows of a reference and bytes as PostgreSQL's binary COPY sends them, wherever they are cut."""

    def __init__(self) -> None:
        self._left = b""
        self._begins_at = _HEADER_BYTES

    def take(self, data: bytes) -> list[SealedEntry]:
        """The rows that are whole now."""
        data, at = self._left + data, self._begins_at
        length, rows = len(data), []
        while at + _ROW.size <= length:
            _fields, _eight, reference, sealed = _ROW.unpack_from(data, at)
            begin, end = at + _ROW.size, at + _ROW.size + sealed
            if end > length:
                break
            rows.append((reference, data[begin:end]))
            at = end
        self._left, self._begins_at = data[at:], max(0, at - length)
        return rows

    def end(self) -> None:
        """Raises CutShort."""
        if self._left != _TRAILER:
            raise CutShort("a list ended in the middle of a row: look at the database's own log")
