"""Takes an uploaded file into a batch: read in a thread, kept sealed row by row, then checked by itself.

What must not break: a file that is refused as a whole leaves nothing behind.
"""

import asyncio
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import IO, Final

from tracker.domain.court_time import court_day
from tracker.domain.ids import BatchId
from tracker.domain.imports import ImportRow
from tracker.domain.people import Actor
from tracker.services.entries.imports import add_read_rows, begin_import, discard_import, start_check
from tracker.storage.registry import Registry
from tracker.web.entries.imports.files import read_file
from tracker.web.entries.imports.rows import Vocabulary, read_row, vocabulary_of

ROWS_AT_ONCE: Final = 200


async def take_file(registry: Registry, actor: Actor, file: IO[bytes]) -> BatchId:
    """Read a file to its end and let it be checked. Raises Invalid about the file as a whole."""
    async with registry.reading() as tx:
        words = await vocabulary_of(tx, actor.court_id)
        today = court_day(tx.at)
    rows = _rows(file, words, today)
    # The first rows are read before there is a batch: mostly a wrong file shows there.
    chunk = await _next_rows(rows)
    async with registry.transaction() as tx:
        batch_id = (await begin_import(tx, actor)).batch_id
    try:
        while chunk:
            async with registry.transaction() as tx:
                await add_read_rows(tx, batch_id, chunk)
            chunk = await _next_rows(rows)
    except (Exception, asyncio.CancelledError):
        # A server that is stopped cancels it as well: half a file is of no use to anybody.
        async with registry.transaction() as tx:
            await discard_import(tx, actor, batch_id)
        raise
    async with registry.transaction() as tx:
        await start_check(tx, actor, batch_id)
    return batch_id


def _rows(file: IO[bytes], words: Vocabulary, today: date) -> Iterator[ImportRow]:
    return (read_row(row, words, today) for row in read_file(file))


async def _next_rows(rows: Iterator[ImportRow]) -> list[ImportRow]:
    return await asyncio.to_thread(lambda: list(islice(rows, ROWS_AT_ONCE)))
