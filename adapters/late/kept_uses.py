"""Keeps the journeys of people whom nobody seeks, for a few days, where an agency may: whoever is listed
meanwhile is found on a ticket bought before. Off unless the agency names its legal basis.

What must not break: a row tells nothing without the key of its epoch, which lives in memory only; it goes
when its journey or the window is over; of a closed line, or where no more is kept, no file is left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import structlog

from adapters.disk import DiskRefuses
from adapters.edge.card_use import CardUse
from adapters.edge.disk import Disk, Written
from adapters.edge.epoch_keys import Epochs
from adapters.edge.settings import EdgePorts
from adapters.late.journeys import counts_until
from adapters.late.seals import UseSeal, hour_of
from adapters.sqlite import SqliteDatabase
from adapters.store.disk import in_the_store
from adapters.store.kept import (
    KeptRow,
    keep_uses,
    list_kept,
    list_kept_after,
    list_kept_epochs,
    make_kept_tables,
    remove_ended,
    remove_epoch,
)
from adapters.together import Together
from schemas.documents import DocumentRefused, IdentityDocument, normalise_document
from schemas.sealing import NONCE_BYTES, UnsealFailed

FILE: Final = "kept.sqlite"
AT_ONCE: Final = 500

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where uses are kept, and what the edge lends for it."""

    folder: Path
    epochs: Epochs
    ports: EdgePorts
    disk: Disk


class KeptUses:
    """Made by `open`; each use is kept for so many days at most."""

    def __init__(self, window: Window, days: int, database: SqliteDatabase) -> None:
        self._window = window
        self._days = days
        self._database = database
        self._together = Together(self._keep_all)
        self._seals: dict[int, UseSeal] = {}
        self._carried: set[int] = set()
        self._carried_to: dict[int, KeptRow] = {}
        self._unreadable: set[int] = set()
        self._is_closed = False

    @classmethod
    async def open(cls, window: Window, days: int) -> "KeptUses":
        database = await SqliteDatabase.open(window.folder / FILE)
        async with database.transaction() as tx:
            await make_kept_tables(tx)
        kept = cls(window, days, database)
        kept._take_keys()
        await kept._find_unreadable()
        return kept

    async def close(self) -> None:
        self._is_closed = True
        await self._together.close()
        await self._database.close()

    async def remove(self) -> None:
        """Nothing is kept any more, and nothing is left. Raises OSError."""
        await self.close()
        remove_kept(self._window.folder)

    async def keep(self, use: CardUse) -> bool:
        """Durable when it returns True; False: there is nothing to keep of it, or the disk refuses."""
        document = normalise_document(use.document_kind, use.number, issuing_state=use.issuing_state)
        if self._is_closed or isinstance(document, DocumentRefused) or not self._counts(use):
            return False
        try:
            with in_the_store():
                await self._together.do(self._rows(use, document))
        except DiskRefuses as refused:
            self._window.disk.refuse(Written.JOURNEYS, str(refused))
            return False
        self._window.disk.take(Written.JOURNEYS)
        return True

    async def is_empty(self) -> bool:
        async with self._database.reading() as tx:
            return not await list_kept_epochs(tx)

    async def find(self, epoch: int, tokens: Sequence[bytes]) -> Sequence[Sequence[CardUse]]:
        """What still counts of what is kept under the tokens of an epoch, document by document."""
        seal = self._seals.get(epoch)
        if seal is None or self._is_closed:
            return []
        async with self._database.reading() as tx:
            rows = await list_kept(tx, epoch, tokens)
        return [self._open(seal, list(some)) for _, some in groupby(rows, key=lambda row: row.token)]

    async def sweep(self) -> bool:
        """Remove some of what is over; False when nothing was."""
        hour = hour_of(self._window.ports.now().timestamp())
        async with self._database.transaction() as tx:
            return await remove_ended(tx, hour, AT_ONCE) > 0

    async def carry_some(self) -> bool:
        """Keep some of what was kept under an older epoch under the newest as well, since whoever is listed
        next is listed under that one; False when nothing is left to carry.
        """
        self._take_keys()
        newest, *older = sorted(self._seals, reverse=True) or [0]
        for epoch in older:
            if epoch not in self._carried:
                await self._carry(self._seals[epoch], self._seals[newest])
                return True
        return False

    async def drop_some(self) -> bool:
        """Remove some of an epoch that has ended and was carried over, or whose keys are gone; False when
        there was none.
        """
        ended = {epoch for epoch in self._carried if self._window.epochs.has_ended(epoch)}
        for epoch in self._unreadable | ended:
            async with self._database.transaction() as tx:
                is_any_left = await remove_epoch(tx, epoch, AT_ONCE) > 0
            if not is_any_left:
                self._forget(epoch)
            return True
        return False

    async def _keep_all(self, take: Callable[[], Sequence[Sequence[KeptRow]]]) -> Sequence[None]:
        """One commit for all who wait for it at the same time."""
        async with self._database.transaction() as tx:
            asked = take()
            await keep_uses(tx, [row for rows in asked for row in rows])
        return [None] * len(asked)

    def _rows(self, use: CardUse, document: IdentityDocument) -> Sequence[KeptRow]:
        self._take_keys()
        in_force = [seal for epoch, seal in self._seals.items() if not self._window.epochs.has_ended(epoch)]
        return [self._row(seal, use, document) for seal in in_force]

    def _row(self, seal: UseSeal, use: CardUse, document: IdentityDocument) -> KeptRow:
        nonce = self._window.ports.entropy.random_bytes(NONCE_BYTES)
        return seal.row(use, document, self._days, nonce)

    def _counts(self, use: CardUse) -> bool:
        until = counts_until(use, self._days)
        return until is not None and until > self._window.ports.now()

    def _open(self, seal: UseSeal, rows: Sequence[KeptRow]) -> list[CardUse]:
        opened: list[CardUse] = []
        for row in rows:
            try:
                opened.append(seal.open(row))
            except UnsealFailed:
                _log.error("kept-use-unreadable", epoch=row.epoch)
        return [use for use in opened if self._counts(use)]

    def _take_keys(self) -> None:
        for keys in self._window.epochs.keys:
            if keys.epoch not in self._seals:
                self._seals[keys.epoch] = UseSeal(keys)

    async def _carry(self, old: UseSeal, new: UseSeal) -> None:
        async with self._database.reading() as tx:
            rows = await list_kept_after(tx, old.epoch, self._carried_to.get(old.epoch), AT_ONCE)
        carried: list[KeptRow] = []
        for use in self._open(old, rows):
            document = normalise_document(use.document_kind, use.number, issuing_state=use.issuing_state)
            if not isinstance(document, DocumentRefused):
                carried.append(self._row(new, use, document))
        if carried:
            async with self._database.transaction() as tx:
                await keep_uses(tx, carried)
        if rows:
            self._carried_to[old.epoch] = rows[-1]
        else:
            self._carried.add(old.epoch)

    async def _find_unreadable(self) -> None:
        async with self._database.reading() as tx:
            self._unreadable = set(await list_kept_epochs(tx) - self._seals.keys())
        for epoch in sorted(self._unreadable):
            _log.warning("kept-uses-dropped", epoch=epoch)

    def _forget(self, epoch: int) -> None:
        self._unreadable.discard(epoch)
        self._carried.discard(epoch)
        self._carried_to.pop(epoch, None)
        self._seals.pop(epoch, None)


def remove_kept(folder: Path) -> None:
    """Leave no file of what was kept. Raises OSError."""
    for ending in ("", "-wal", "-shm"):
        (folder / f"{FILE}{ending}").unlink(missing_ok=True)
