"""One running adapter as its surroundings see it: the edge once it is open, and what is wrong just now."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from adapters.edge.edge import Edge, EdgeState
from adapters.edge.settings import EdgeStage, unmeasured
from adapters.screening import FeedCondition, Trust
from schemas.carryings import Carryings


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the adapter does not give its full service: a stable word, and a plain line."""

    what: str
    detail: str


NO_KEYS: Final = "no-keys"
ANSWERS_END_WITHIN_S: Final = 1.0

_SILENCES: Final = {
    Trust.NO_STOPS: "the court was not heard for 5 minutes or more: no stop is confirmed",
    Trust.NO_HITS: "the court was not heard for 24 hours or more: nothing is screened",
}
_CONDITIONS: Final = {
    FeedCondition.UNPROVEN: ("list-unproven", "no heartbeat has proven the list yet: hits wait, no stops"),
    FeedCondition.FILLING: ("list-unproven", "the list is being fetched: hits wait, no stops"),
    FeedCondition.BEHIND: ("list-behind", "changes of the list are missing: hits count, no stops"),
    FeedCondition.DIVERGED: ("list-in-doubt", "the list is not the court's: nothing is screened"),
    FeedCondition.RAN_BACK: ("list-in-doubt", "the court's list is older than ours: nothing is screened"),
    FeedCondition.CLOSED: ("line-closed", "the court has closed the line: nothing is screened"),
}

_NO_ROOM: Final = (
    "the list cannot be written ({}): make room in ADAPTER_DATA; the former one stays, and it goes on by "
    "itself"
)


class Station:
    """`edge`, `bus_trouble` and `failing` (loops with the kind of their last error) are set as the adapter
    comes up; `waits_for` says what it still lacks. `carryings`: of an adapter that is reached by folder.
    """

    def __init__(self, *, name: str, phone_24h: str) -> None:
        self.name = name
        self.phone_24h = phone_24h
        self.edge: Edge | None = None
        self.bus_trouble: Callable[[], str | None] = lambda: None
        self.failing: Mapping[str, str] = {}
        self.carryings: Callable[[], Carryings] | None = None
        self.timed: Callable[[EdgeStage, float], None] = unmeasured
        self.waits_for = "the keys of the list were not fetched yet"
        self._asked = 0
        self._is_idle = asyncio.Event()

    @contextmanager
    def asking(self) -> Iterator[Edge | None]:
        """The edge, which stays open for as long as somebody asks it; None before there is one."""
        self._asked += 1
        self._is_idle.clear()
        try:
            yield self.edge
        finally:
            self._asked -= 1
            if self._asked == 0:
                self._is_idle.set()

    async def leave_edge(self, why: str) -> None:
        """Nobody asks the edge any more; who does already gets the answer, within a second."""
        self.edge, self.waits_for = None, why
        if self._asked:
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWERS_END_WITHIN_S):
                    await self._is_idle.wait()

    def reasons(self, state: EdgeState | None) -> tuple[Reason, ...]:
        """Everything that is wrong; where nothing is, the adapter gives its full service. `state`: of the
        edge just now, None before there is one.
        """
        if state is None:
            return (Reason(what=NO_KEYS, detail=self.waits_for),)
        trouble = self.bus_trouble()
        away = "broker-away" if self.carryings is None else "folder-away"
        broker = () if trouble is None else (Reason(what=away, detail=trouble),)
        failing = (
            Reason(what="work-failing", detail=f"{loop} fails again and again ({kind})")
            for loop, kind in sorted(self.failing.items())
        )
        return (*broker, *reasons_of(state, is_by_folder=self.carryings is not None), *failing)


def reasons_of(state: EdgeState, *, is_by_folder: bool = False) -> tuple[Reason, ...]:
    """What the state of an edge means for its service: by folder no stop is ever promised."""
    silence = None if is_by_folder and state.trust is Trust.NO_STOPS else _SILENCES.get(state.trust)
    condition = _CONDITIONS.get(state.condition)
    trouble = state.disk_trouble
    return (
        *(() if silence is None else (Reason(what="court-silent", detail=silence),)),
        *(() if condition is None else (Reason(what=condition[0], detail=condition[1] + _way_to_go(state)),)),
        *(() if trouble is None else (Reason(what="disk-refuses", detail=_NO_ROOM.format(trouble)),)),
    )


def _way_to_go(state: EdgeState) -> str:
    if state.snapshot_percent is not None:
        return f" (the whole list is on its way: {state.snapshot_percent} %)"
    if state.newest_sequence <= state.sequence:
        return ""
    return f" (at change {state.sequence:,} of {state.newest_sequence:,})"
