"""How the keys of a new epoch come, which the court hands out while the edge runs, and how an old epoch goes.

What must not break: a list that the court has ended is not asked from the very message on that says so; while
the keys of a new epoch are missing, the old one goes on undisturbed.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.bus.backoff import is_resting
from adapters.edge.parts import EdgeParts
from adapters.edge.settings import LogAway

ASKS_EVERY: Final = timedelta(seconds=15)

_log = structlog.get_logger(__name__)


class EpochKeeper:
    """Fetches the keys of an epoch of which a message has told, and takes an ended one off the disk."""

    def __init__(self, parts: EdgeParts) -> None:
        self.name: Final = f"epochs.{parts.settings.name}"
        self._parts = parts
        self._resume_at: datetime | None = None
        self._why: str | None = None

    @property
    def is_resting(self) -> bool:
        """No keys are missing, and no list that has ended lies on the disk."""
        epochs, replica = self._parts.epochs, self._parts.replica
        return not epochs.is_one_missing and not replica.has_any_before(epochs.in_force_from)

    async def step(self) -> bool:
        """Ask for keys once, or take some rows off; False when there is nothing to do, or the court cannot
        give the keys yet.
        """
        if self._parts.line.is_closed:
            return False
        is_taken = await self._take_keys()
        return await self._parts.replica.drop_some_before(self._parts.epochs.in_force_from) or is_taken

    async def next_due(self) -> datetime | None:
        return self._resume_at if self._parts.epochs.is_one_missing else None

    async def _take_keys(self) -> bool:
        parts = self._parts
        if not parts.epochs.is_one_missing or self._is_resting():
            return False
        self._resume_at = parts.ports.now() + ASKS_EVERY
        try:
            keys = await parts.ports.log.epochs()
        except LogAway as away:
            if str(away) != self._why:
                # Once for each cause: where nothing can be fetched, it stays for days.
                _log.warning("keys-wait", edge=parts.settings.name, why=str(away))
            self._why = str(away)
            return False
        self._why = None
        parts.epochs.take(keys)
        await parts.replica.take_keys(parts.epochs.digest_keys)
        _log.info("keys-taken", edge=parts.settings.name, epochs=len(parts.epochs.tokens))
        return True

    def _is_resting(self) -> bool:
        return is_resting(self._resume_at, self._parts.ports.now(), ASKS_EVERY)


def drop_ended(parts: EdgeParts, in_force_from: int) -> None:
    """The court keeps up no epoch before this one: who is withdrawn now is withdrawn from the others only."""
    if in_force_from > parts.epochs.in_force_from:
        parts.epochs.drop_before(in_force_from)
        parts.line.drop_before(in_force_from)
        parts.changes.tell()
        _log.info("epoch-dropped", edge=parts.settings.name, epoch=in_force_from - 1)
