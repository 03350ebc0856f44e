"""The epochs in force: their keys, which the court hands out while the edge runs, and how an old one goes.

What must not break: a list that the court has ended is not asked from the very message on that says so; while
the keys of a new epoch are missing, the old one goes on undisturbed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from adapters.edge.settings import LogAway
from schemas.tokens import EpochKeys, Tokens

if TYPE_CHECKING:
    from adapters.edge.parts import EdgeParts

ASKS_EVERY: Final = timedelta(seconds=15)

_log = structlog.get_logger(__name__)


class Epochs:
    """Keys live in memory only; without any at the start the line is closed. `is_one_missing`: a message has
    told of an epoch whose keys are not here. Every epoch before `in_force_from` has ended.
    """

    def __init__(self, keys: Iterable[EpochKeys]) -> None:
        self._keys: dict[int, EpochKeys] = {}
        self._tokens: dict[int, Tokens] = {}
        self.in_force_from = 0
        self.is_one_missing = False
        self.take(keys)
        self.in_force_from = self.oldest

    @property
    def oldest(self) -> int:
        """Of those whose keys are here: it tells of everybody. 0 without any."""
        return min(self._keys, default=0)

    @property
    def newest(self) -> int:
        return max(self._keys, default=0)

    @property
    def keys(self) -> tuple[EpochKeys, ...]:
        """Of every epoch, the oldest first."""
        return tuple(self._keys[epoch] for epoch in sorted(self._keys))

    @property
    def tokens(self) -> Mapping[int, Tokens]:
        """What makes the tokens of each epoch."""
        return self._tokens

    @property
    def digest_keys(self) -> Mapping[int, bytes]:
        return {epoch: keys.digest_key for epoch, keys in self._keys.items()}

    def has_ended(self, epoch: int) -> bool:
        return epoch < self.in_force_from

    def take(self, keys: Iterable[EpochKeys]) -> None:
        """What the court hands out; of an epoch that has ended meanwhile nothing is taken."""
        for one in keys:
            if one.epoch not in self._keys and not self.has_ended(one.epoch):
                self._keys[one.epoch] = one
                self._tokens[one.epoch] = Tokens(one.token_key)
        self.is_one_missing = False

    def drop_before(self, epoch: int) -> None:
        """The keys of older epochs are here no more."""
        self.in_force_from = max(epoch, self.in_force_from)
        for old in [one for one in self._keys if self.has_ended(one)]:
            del self._keys[old], self._tokens[old]


class EpochKeeper:
    """Fetches the keys of an epoch of which a message has told, and takes an ended one off the disk."""

    def __init__(self, parts: "EdgeParts") -> None:
        self.name: Final = f"epochs.{parts.settings.name}"
        self._parts = parts
        self._resume_at: datetime | None = None
        self._why: str | None = None

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
        return self._resume_at is not None and self._parts.ports.now() < self._resume_at


def drop_ended(parts: "EdgeParts", in_force_from: int) -> None:
    """The court keeps up no epoch before this one: who is withdrawn now is withdrawn from the others only."""
    if in_force_from > parts.epochs.in_force_from:
        parts.epochs.drop_before(in_force_from)
        parts.line.drop_before(in_force_from)
        parts.changes.tell()
        _log.info("epoch-dropped", edge=parts.settings.name, epoch=in_force_from - 1)
