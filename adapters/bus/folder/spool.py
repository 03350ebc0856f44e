"""What one end of a line by folder keeps: its letters until they have come, and how far the other's have.

What must not break: a number is never given twice, and a letter leaves only after the other end has it.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, column, func, select, table

from adapters.bus.folder.progress import Progress
from adapters.sqlite import Tx

STREAMS_KEPT: Final = 8

_metadata = MetaData()
_letter = Table(
    "letter",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("copies", Integer, nullable=False),
    # Empty: it is to be written, for the first time or again.
    Column("written_at", Text),
    sqlite_autoincrement=True,
)
_known = Table(
    "known", _metadata, Column("what", Text, primary_key=True), Column("value", Text, nullable=False)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One to be written; `copies` were written of it before."""

    number: int
    queue: str
    message_id: str
    body: bytes = field(repr=False)
    copies: int


async def make_tables(tx: Tx) -> None:
    await tx.run_sync(_metadata.create_all)


async def load_or_keep_stream(tx: Tx, stream_if_new: str) -> str:
    """The numbering of this end's own letters."""
    known = await _load(tx, "stream")
    if known is None:
        await _keep(tx, "stream", stream_if_new)
    return str(known or stream_if_new)


async def load_progress(tx: Tx) -> dict[str, Progress]:
    """Of the other end's streams."""
    known: Mapping[str, Any] = await _load(tx, "progress") or {}
    return {
        stream: Progress(up_to=one["up_to"], ahead=frozenset(one["ahead"])) for stream, one in known.items()
    }


async def record_progress(tx: Tx, progress: Mapping[str, Progress]) -> None:
    """The newest streams; of a former one nothing comes any more."""
    newest = sorted(progress)[-STREAMS_KEPT:]
    known = {one: {"up_to": progress[one].up_to, "ahead": sorted(progress[one].ahead)} for one in newest}
    await _keep(tx, "progress", known)


async def load_moments(tx: Tx, what: str) -> tuple[datetime, ...]:
    return tuple(map(datetime.fromisoformat, await _load(tx, what) or ()))


async def record_moments(tx: Tx, what: str, moments: Sequence[datetime]) -> None:
    await _keep(tx, what, [moment.isoformat() for moment in moments])


async def add_letter(tx: Tx, queue: str, message_id: str, body: bytes) -> None:
    """Under the next number."""
    await tx.execute(_letter.insert().values(queue=queue, message_id=message_id, body=body, copies=0))


async def list_unwritten(tx: Tx, limit: int) -> list[Letter]:
    """In their order."""
    unwritten = select(_letter).where(_letter.c.written_at.is_(None)).order_by(_letter.c.number).limit(limit)
    return [
        Letter(
            number=row.number,
            queue=row.queue,
            message_id=row.message_id,
            body=row.body,
            copies=row.copies,
        )
        for row in await tx.execute(unwritten)
    ]


async def oldest_number(tx: Tx) -> int:
    """Of the letters that are kept; 0 for none."""
    return (await tx.execute(select(func.min(_letter.c.number)))).scalar_one() or 0


async def newest_number(tx: Tx) -> int:
    """That was ever given; 0 for none."""
    numbers = table("sqlite_sequence", column("name", Text), column("seq", Integer))
    given = select(numbers.c.seq).where(numbers.c.name == _letter.name)
    return (await tx.execute(given)).scalar_one_or_none() or 0


async def begin_anew(tx: Tx, stream: str) -> None:
    """What is kept goes again, under another stream."""
    await _keep(tx, "stream", stream)
    await tx.execute(_letter.update().values(written_at=None))


async def record_written(tx: Tx, numbers: Collection[int], at: datetime) -> None:
    written = _letter.update().where(_letter.c.number.in_(numbers))
    await tx.execute(written.values(written_at=at.isoformat(), copies=_letter.c.copies + 1))


async def write_again(tx: Tx, numbers: Collection[int], before: datetime) -> int:
    """Those that were written before a moment are to be written again; how many."""
    lost = _letter.c.number.in_(numbers) & (_letter.c.written_at < before.isoformat())
    return (await tx.execute(_letter.update().where(lost).values(written_at=None))).rowcount


async def drop_come(tx: Tx, up_to: int) -> bool:
    """The other end has all up to this number; whether any was still kept."""
    return (await tx.execute(_letter.delete().where(_letter.c.number <= up_to))).rowcount > 0


async def _load(tx: Tx, what: str) -> Any:
    row = (await tx.execute(select(_known.c.value).where(_known.c.what == what))).one_or_none()
    return None if row is None else json.loads(row.value)


async def _keep(tx: Tx, what: str, value: Any) -> None:
    await tx.execute(_known.delete().where(_known.c.what == what))
    await tx.execute(_known.insert().values(what=what, value=json.dumps(value)))
