"""Moves letters between this end's store and its two folders, and hears from the other end what has come.

What must not break: a letter leaves the incoming folder only after its message is committed, and leaves this
end's store only after the other end has said that it came.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.bus.backoff import is_resting
from adapters.bus.embedded import EmbeddedBus
from adapters.bus.folder import spool
from adapters.bus.folder.arrivals import SETTLED_AFTER, Arrivals, Whole
from adapters.bus.folder.progress import Progress
from adapters.bus.folder.settings import FolderSettings
from adapters.bus.port import Delivery
from adapters.sqlite import SqliteDatabase, Tx
from schemas.carryings import Carryings
from schemas.letters import MOST_CARRYINGS, NOTE, LetterHead, LetterName, Taken, pack_letter, unpack_letter

LOOKS_EVERY: Final = timedelta(seconds=1)
RESTS_FOR: Final = timedelta(seconds=5)
TELLS_AFTER: Final = 2 * SETTLED_AFTER
"""After letters have come: that they have, if nothing else is written meanwhile that says so."""
AT_ONCE: Final = 100
MOST_BYTES_AT_ONCE: Final = 16 * 2**20
IN_ORDER_ONLY: Final = "feed."
"""Queues whose messages are of use in their order only."""

_log = structlog.get_logger(__name__)


class Carrier:
    """The loop of one end. `trouble`: why its folders cannot be used, None while they can."""

    is_periodic = True

    def __init__(
        self,
        database: SqliteDatabase,
        settings: FolderSettings,
        inner: EmbeddedBus,
        now: Callable[[], datetime],
        draw: Callable[[int], bytes],
    ) -> None:
        self.name: Final = f"letters.{settings.name}"
        self.carryings = Carryings()
        self.trouble: str | None = None
        self._database = database
        self._folders = settings.folders
        self._peer = settings.peer
        self._inner = inner
        self._now = now
        self._draw = draw
        self._arrivals = Arrivals(folders=settings.folders)
        self._stream = ""
        self._progress: dict[str, Progress] = {}
        self._heard_of: datetime | None = None
        self._untold_since: datetime | None = None
        self._is_clean = False
        self._resume_at: datetime | None = None

    async def open(self) -> None:
        """Take up what the store keeps."""
        await self._inner.make_tables()
        async with self._database.transaction() as tx:
            await spool.make_tables(tx)
            self._stream = await spool.load_or_keep_stream(tx, self._new_stream())
            self._progress = await spool.load_progress(tx)
            self.carryings = Carryings(
                inward=await spool.load_moments(tx, "inward"),
                outward=await spool.load_moments(tx, "outward"),
            )

    async def step(self) -> bool:
        """Take in what has come whole, write what is to go; False when there is neither."""
        if is_resting(self._resume_at, self._now(), RESTS_FOR):
            return False
        try:
            came = await self._take_in()
            went = await self._write_out()
        except OSError as error:
            self._rest(f"a folder of the line cannot be used: {error.strerror}")
            return False
        self._resume_at, self.trouble = None, self._arrivals.unreadable
        return came or went

    async def next_due(self) -> datetime | None:
        return self._resume_at or self._now() + LOOKS_EVERY

    def _new_stream(self) -> str:
        return f"{self._now():%Y%m%d%H%M%S}-{self._draw(4).hex()}"

    def _rest(self, why: str) -> None:
        if self.trouble != why:
            _log.error("folder-away", why=why)
        self.trouble, self._resume_at = why, self._now() + RESTS_FOR

    async def _take_in(self) -> bool:
        at = self._now()
        look = await asyncio.to_thread(self._arrivals.look, self._progress, at)
        if look.doubles:
            await asyncio.to_thread(self._folders.remove_incoming, look.doubles)
        if look.fresh:
            await self._note_carrying(at)
            await self._hear(max((one.head for one in look.fresh.values()), key=lambda head: head.written_at))
            if any(one.head.queue != NOTE for one in look.fresh.values()):
                self._untold_since = self._untold_since or at
        names = self._next_letters(at)
        if names:
            await self._commit(names)
            await asyncio.to_thread(self._arrivals.taken, names)
        return bool(names)

    async def _note_carrying(self, at: datetime) -> None:
        *before, last = self.carryings.inward or (at,)
        goes_on = at - last < SETTLED_AFTER
        inward = (*before, at) if goes_on else (*before, last, at)
        self.carryings = replace(self.carryings, inward=inward[-MOST_CARRYINGS:])
        async with self._database.transaction() as tx:
            await spool.record_moments(tx, "inward", self.carryings.inward)

    async def _hear(self, head: LetterHead) -> None:
        """Note what the other end says of ours, unless it has said something later by now."""
        self._progress[head.stream] = self._progress.get(head.stream, Progress()).begun_at(head.begins)
        if self._heard_of is not None and head.written_at < self._heard_of:
            return
        self._heard_of = head.written_at
        self.carryings = replace(self.carryings, outward=head.carryings)
        async with self._database.transaction() as tx:
            await spool.record_moments(tx, "outward", self.carryings.outward)
            has_come = await self._hear_of_ours(tx, head)
        if has_come and head.taken is not None:
            await asyncio.to_thread(self._folders.remove_outgoing, self._stream, head.taken.up_to)

    async def _hear_of_ours(self, tx: Tx, head: LetterHead) -> bool:
        """Let go what has come at the other end; whether anything has."""
        taken = head.taken
        if taken is None or taken.stream != self._stream:
            return False
        if taken.up_to > await spool.newest_number(tx):
            # An older copy of our store was put back: under its numbers the other end would take nothing.
            self._stream = self._new_stream()
            await spool.begin_anew(tx, self._stream)
            _log.error("letters-begun-anew", why="the store is older than what the other end has had of it")
            return False
        if head.carryings and taken.lacking:
            # What was written since its last carrying cannot have come yet.
            lost = await spool.write_again(tx, taken.lacking, head.carryings[-1])
            if lost:
                _log.warning("letters-lost", messages=lost, effect="written again")
        return await spool.drop_come(tx, taken.up_to)

    def _next_letters(self, at: datetime) -> list[LetterName]:
        """What may be taken now, each after what it must not overtake."""
        progress = dict(self._progress)
        names: list[LetterName] = []
        length = 0
        for name in sorted(self._arrivals.whole):
            own = progress.get(name.stream, Progress())
            if not _may_be_taken(name, self._arrivals.whole[name], own, at):
                continue
            if names and (len(names) == AT_ONCE or length + name.length > MOST_BYTES_AT_ONCE):
                break
            progress[name.stream] = own.with_letter(name.number)
            length += name.length
            names.append(name)
        return names

    async def _commit(self, names: Sequence[LetterName]) -> None:
        contents = await asyncio.to_thread(lambda: [self._folders.read(name) for name in names])
        progress = dict(self._progress)
        async with self._database.transaction() as tx:
            for name, content in zip(names, contents, strict=True):
                head, body = unpack_letter(content)
                progress[name.stream] = progress.get(name.stream, Progress()).with_letter(name.number)
                if head.queue != NOTE:
                    await self._inner.put(tx, self._delivery(head, body))
            await spool.record_progress(tx, progress)
        self._progress = progress
        _log.info("letters-taken", messages=len(names), sequence=names[-1].number)

    def _delivery(self, head: LetterHead, body: bytes) -> Delivery:
        return Delivery(
            queue=head.queue, message_id=head.message_id, sender=self._peer, body=body, redeliveries=0
        )

    async def _write_out(self) -> bool:
        at = self._now()
        tells = self._untold_since is not None and at - self._untold_since >= TELLS_AFTER
        async with self._database.reading() as tx:
            letters = await spool.list_unwritten(tx, AT_ONCE)
        if not letters and tells:
            async with self._database.transaction() as tx:
                await spool.add_letter(tx, NOTE, "", b"")
                letters = await spool.list_unwritten(tx, AT_ONCE)
        if not letters:
            return False
        async with self._database.reading() as tx:
            begins = await spool.oldest_number(tx)
        packed = [self._packed(letter, begins, at) for letter in letters]
        if not self._is_clean:
            await asyncio.to_thread(self._folders.clear_unfinished)
            self._is_clean = True
        await asyncio.to_thread(self._folders.write, packed)
        async with self._database.transaction() as tx:
            await spool.record_written(tx, [letter.number for letter in letters], at)
        if tells:
            self._untold_since = None
        return True

    def _packed(self, letter: spool.Letter, begins: int, at: datetime) -> tuple[LetterName, bytes]:
        head = LetterHead(
            stream=self._stream,
            number=letter.number,
            begins=begins,
            queue=letter.queue,
            message_id=letter.message_id,
            written_at=at,
            taken=self._taken(at),
            carryings=self.carryings.inward,
        )
        return pack_letter(head, letter.body, letter.copies + 1)

    def _taken(self, at: datetime) -> Taken | None:
        """Of the other end's newest stream; a former one belongs to a store that is gone."""
        stream = max(self._progress, default=None)
        if stream is None:
            return None
        progress = self._progress[stream]
        here = self._arrivals.numbers(stream, at)
        settled = max(self._arrivals.numbers(stream, at, settled=True), default=0)
        lacking = [one for one in progress.lacking(here) if one < max(settled, *progress.ahead, 0)]
        return Taken(stream=stream, up_to=progress.up_to, lacking=tuple(lacking))


def _may_be_taken(name: LetterName, letter: Whole, progress: Progress, at: datetime) -> bool:
    if name.number == progress.up_to + 1:
        return True
    return letter.is_settled(at) and not letter.head.queue.startswith(IN_ORDER_ONLY)
