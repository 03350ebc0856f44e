"""Writes what channels answered. Nobody waits for it, so that whoever asks the channels goes on asking.

What must not break: an answer that came is written, whatever becomes of whoever asked for it. What cannot be
written, or dies before, is looked up once its lease has run out.
"""

import asyncio
from typing import Final

import structlog

from tracker.domain.metering import Happening
from tracker.services.delivery.results import Answered, record_sent
from tracker.storage.registry import Registry

GATHER_S: Final = 0.02
"""Each record is a handful of statements, for one answer as for many."""
_log = structlog.get_logger(__name__)


class Answers:
    """A lone one is written at once; what comes meanwhile, or shortly after, is written together.

    `name`: of the loop that asks the channels.
    """

    def __init__(self, registry: Registry, name: str) -> None:
        self._registry = registry
        self._name = name
        self._waiting: list[Answered] = []
        self._were_taken = asyncio.Event()
        self._rounds: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many wait to be written."""
        return len(self._waiting)

    def add(self, answered: Answered) -> None:
        """From within the running loop."""
        self._waiting.append(answered)
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._keep_writing())

    async def until_at_most(self, count: int) -> None:
        """Return once no more than so many wait."""
        while len(self) > count:
            self._were_taken.clear()
            await self._were_taken.wait()

    async def settle(self) -> None:
        """Return once nothing waits any more."""
        if self._rounds is not None:
            await asyncio.wait({self._rounds})

    async def _keep_writing(self) -> None:
        while self._waiting:
            await self._write()
            if self._waiting:
                await asyncio.sleep(GATHER_S)

    async def _write(self) -> None:
        taken: list[Answered] = []
        try:
            async with self._registry.transaction() as tx:
                taken = self._take()
                await record_sent(tx, taken)
        except Exception as error:
            # Those too that came while the transaction was not to be had.
            for one in taken or self._take():
                self._tell_failed(one, error)

    def _take(self) -> list[Answered]:
        taken, self._waiting = self._waiting, []
        self._were_taken.set()
        return taken

    def _tell_failed(self, answered: Answered, error: Exception) -> None:
        notice_id = answered.sending.notice.notice_id
        _log.error("sending-failed", notice=notice_id, error=type(error).__name__)
        self._registry.meter.counted(Happening.LOOP_FAILURES, self._name)
