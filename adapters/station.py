"""One running adapter as its surroundings see it: the edge once it is open, and what is wrong just now."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from adapters.edge.card_use import Silence
from adapters.edge.edge import Edge, EdgeState
from adapters.edge.settings import EdgeStage, Keeping, unmeasured
from adapters.screening import CLOCKS_DIFFER_S, FeedCondition, Trust
from schemas.carryings import Carryings


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the adapter does not give its full service: a stable word, and a plain line."""

    what: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screeners:
    """Processes that only screen: how many there are to be, and how many screen just now."""

    wanted: int
    screening: int


NO_KEYS: Final = "no-keys"
ANSWERS_END_WITHIN_S: Final = 1.0

_SILENCES: Final = {
    Trust.NO_STOPS: "the court was not heard for 5 minutes or more: no stop is confirmed",
    Trust.NO_HITS: "the court was not heard for 24 hours or more: nothing is screened",
}
_CLOCK_BEHIND: Final = (
    "the court's word comes from {:.0f} s or more in the future: this machine's clock is behind; set it (NTP)"
)
_CLOCK_AHEAD: Final = (
    "the court's word is {:.0f} s old when it comes: this machine's clock is ahead, set it (NTP), or the "
    "broker delivers late; no stop is confirmed"
)
_CONDITIONS: Final = {
    FeedCondition.UNPROVEN: ("list-unproven", "no heartbeat has proven the list yet: hits wait, no stops"),
    FeedCondition.FILLING: ("list-unproven", "the list is being fetched: hits wait, no stops"),
    FeedCondition.BEHIND: ("list-behind", "changes of the list are missing: hits count, no stops"),
    FeedCondition.DIVERGED: ("list-in-doubt", "the list is not the court's: nothing is screened"),
    FeedCondition.RAN_BACK: ("list-in-doubt", "the court's list is older than ours: nothing is screened"),
    FeedCondition.CLOSED: ("line-closed", "the court has closed the line: nothing is screened"),
}
_KEYS_WAIT: Final = (
    "the court has begun a list under new keys: they are asked for every 15 s; it waits for us"
)
_KEYS_TO_BE_BROUGHT: Final = (
    "the court has begun a list under new keys, which never come by folder: run `adapter keep-keys` where "
    "the court can be reached, bring keys.sealed here, and start the adapter again"
)
_JOURNEYS: Final = (
    "your own system did not answer for open journeys ({}): it is asked again; until then nobody who was "
    "listed since is found on a ticket bought before"
)
_PUT_BACK: Final = (
    "list-put-back",
    "the list in ADAPTER_DATA is older than what the court was told of it: an old copy was put back; hits "
    "wait, no stops, until the changes since are here",
)


class Station:
    """`edge`, `bus_trouble` and `failing` (loops with the kind of their last error) are set as the adapter
    comes up; `waits_for` says what it still lacks, `disk_trouble` why what lies on the disk cannot be opened.
    `screeners`: None where this process screens by itself; `on_change` is called whenever they may have to be
    told something. `openings` counts the edges so far. `carryings`: of an adapter that is reached by folder.
    `keeping`: of an agency that keeps journeys.
    """

    def __init__(self, *, name: str, phone_24h: str) -> None:
        self.name = name
        self.phone_24h = phone_24h
        self.edge: Edge | None = None
        self.openings = 0
        self.bus_trouble: Callable[[], str | None] = lambda: None
        self.failing: Mapping[str, str] = {}
        self.screeners: Callable[[], Screeners | None] = lambda: None
        self.on_change: Callable[[], None] = lambda: None
        self.carryings: Callable[[], Carryings] | None = None
        self.keeping: Keeping | None = None
        self.timed: Callable[[EdgeStage, float], None] = unmeasured
        self.waits_for = "the keys of the list were not fetched yet"
        self.disk_trouble: str | None = None
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

    @property
    def silence(self) -> str:
        """Why nothing can be said before there is an edge."""
        return NO_KEYS if self.disk_trouble is None else Silence.DISK_REFUSES.value

    def open_edge(self, edge: Edge) -> None:
        """Whoever asks is answered by it from now on."""
        self.edge, self.disk_trouble = edge, None
        self.openings += 1
        self.on_change()
        edge.on_change(self.on_change)

    async def leave_edge(self, why: str) -> None:
        """Nobody asks the edge any more; who does already gets the answer, within a second."""
        self.edge, self.waits_for = None, why
        self.on_change()
        if self._asked:
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWERS_END_WITHIN_S):
                    await self._is_idle.wait()

    def reasons(self, state: EdgeState | None) -> tuple[Reason, ...]:
        """Everything that is wrong; where nothing is, the adapter gives its full service. `state`: of the
        edge just now, None before there is one.
        """
        missing = _missing(self.screeners())
        if state is None:
            return (Reason(what=self.silence, detail=self.disk_trouble or self.waits_for), *missing)
        trouble = self.bus_trouble()
        away = "broker-away" if self.carryings is None else "folder-away"
        broker = () if trouble is None else (Reason(what=away, detail=trouble),)
        failing = (
            Reason(what="work-failing", detail=f"{loop} fails again and again ({kind})")
            for loop, kind in sorted(self.failing.items())
        )
        is_by_folder = self.carryings is not None
        return (*broker, *reasons_of(state, is_by_folder=is_by_folder), *failing, *missing)


def _missing(screeners: Screeners | None) -> tuple[Reason, ...]:
    if screeners is None or screeners.screening == screeners.wanted:
        return ()
    detail = f"{screeners.screening} of {screeners.wanted} screen: the others are started again"
    return (Reason(what="screeners-away", detail=detail),)


def reasons_of(state: EdgeState, *, is_by_folder: bool = False) -> tuple[Reason, ...]:
    """What the state of an edge means for its service: by folder no stop is ever promised."""
    silence = _silence(state, is_by_folder=is_by_folder)
    condition = _PUT_BACK if state.is_put_back else _CONDITIONS.get(state.condition)
    trouble, journeys = state.disk_trouble, state.journeys_trouble
    keys = _KEYS_TO_BE_BROUGHT if is_by_folder else _KEYS_WAIT
    return (
        *(() if silence is None else (silence,)),
        *(() if condition is None else (Reason(what=condition[0], detail=condition[1] + _way_to_go(state)),)),
        *(() if trouble is None else (Reason(what="disk-refuses", detail=trouble),)),
        *((Reason(what="keys-wait", detail=keys),) if state.waits_for_keys else ()),
        *(() if journeys is None else (_unanswered(journeys),)),
    )


def _unanswered(why: str) -> Reason:
    return Reason(what="journeys-unanswered", detail=_JOURNEYS.format(why))


def _silence(state: EdgeState, *, is_by_folder: bool) -> Reason | None:
    """A court that is heard, but from another time, is no silent court: one of the two clocks is wrong. By
    folder its word is as old as the carrying that brought it.
    """
    age_s = state.heartbeat_age_s
    if age_s is not None and age_s < -CLOCKS_DIFFER_S:
        return Reason(what="clock-differs", detail=_CLOCK_BEHIND.format(-age_s))
    silence = None if is_by_folder and state.trust is Trust.NO_STOPS else _SILENCES.get(state.trust)
    if silence is None:
        return None
    if not is_by_folder and age_s is not None and age_s > CLOCKS_DIFFER_S:
        return Reason(what="clock-differs", detail=_CLOCK_AHEAD.format(age_s))
    return Reason(what="court-silent", detail=silence)


def _way_to_go(state: EdgeState) -> str:
    if state.snapshot_percent is not None:
        return f" (the whole list is on its way: {state.snapshot_percent} %)"
    if state.newest_sequence <= state.sequence:
        return ""
    return f" (at change {state.sequence:,} of {state.newest_sequence:,})"
