"""Ends every hold at its time, without a word from the court and whatever became of the line to it.

Two clocks watch each hold and the earlier one wins: a business clock that is set back must not prolong a
hold, and neither must a restart, which the elapsed clock does not survive.
"""

from datetime import datetime
from typing import Final

from adapters.edge.parts import EdgeParts
from adapters.store.holds import Hold, find_open_hold, list_running_holds, record_hold_state
from schemas.messages import ReleaseReason, ReleaseReport


class HoldTimer:
    def __init__(self, parts: EdgeParts) -> None:
        self.name: Final = f"holds.{parts.settings.name}"
        self._parts = parts
        self._running: tuple[Hold, ...] = ()
        self._ends_s: dict[int, float] = {}
        self._seen = 0

    @property
    def is_resting(self) -> bool:
        """No hold has changed since the last look."""
        return self._parts.changes.of("holds") == self._seen

    async def step(self) -> bool:
        await self._look_again()
        due = [hold for hold in self._running if self._is_over(hold)]
        for hold in due:
            await self._end(hold)
        return bool(due)

    async def next_due(self) -> datetime | None:
        await self._look_again()
        return min((hold.release_at for hold in self._running), default=None)

    async def _look_again(self) -> None:
        version = self._parts.changes.of("holds")
        if version == self._seen:
            return
        async with self._parts.database.reading() as tx:
            self._running = tuple(await list_running_holds(tx))
        self._ends_s = {hold.hold_id: self._end_s(hold) for hold in self._running}
        self._seen = version

    def _end_s(self, hold: Hold) -> float:
        """The hold's end by the elapsed clock, fixed when the hold is first seen."""
        left_s = (hold.release_at - self._parts.ports.now()).total_seconds()
        return self._ends_s.get(hold.hold_id, self._parts.ports.elapsed() + left_s)

    def _is_over(self, hold: Hold) -> bool:
        ports = self._parts.ports
        return ports.now() >= hold.release_at or ports.elapsed() >= self._ends_s[hold.hold_id]

    async def _end(self, hold: Hold) -> None:
        async with self._parts.database.transaction() as tx:
            current = await find_open_hold(tx, hold.reference)
            if current == hold:
                await record_hold_state(tx, hold.to_release(ReleaseReason.HOLD_ENDED))
                report = ReleaseReport(
                    reference=hold.reference, at=self._parts.ports.now(), reason=ReleaseReason.HOLD_ENDED
                )
                await self._parts.envelopes.report(tx, report)
