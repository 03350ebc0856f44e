"""`/livez` and `/readyz`: whether this process answers, and whether it can do its work, with the reasons if
not.

What must not break: both answer within two seconds whatever is away, a flood of questions asks the database
once at a time, no reason names a person or a secret, and a process that serves the others stays ready while
one agency cannot be served.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.health import Circuit
from notifications.providers import Standing
from tracker.services.lines.reports import AHEAD_OF_THE_COURT, list_ahead
from tracker.services.proof.lateness import Late, list_late
from tracker.storage.lines import Line, list_silent
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx
from tracker.storage.unreached import Unreached, list_unreached
from tracker.web.words.formats import moment

ANSWER_WITHIN_S: Final = 1.5
CLOCKS_DIFFER_S: Final = 2.0
SCHEMA_OLD: Final = "the database has another schema than this program: run `tracker migrate`"
SILENT: Final = f"the database has not answered within {ANSWER_WITHIN_S:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a process is judged by. `has_schema`: whether the database has the schema this program works on;
    `database_seconds`: what time it is there, in seconds, where that is to be compared with ours;
    `troubles`: what else is wrong just now, in plain words; `lesser_troubles`: with what leaves the rest
    alone, such as one agency.
    """

    registry: Registry
    has_schema: Callable[[Tx], Awaitable[bool]]
    troubles: Callable[[], Sequence[str]]
    lesser_troubles: Callable[[], Sequence[str]] = tuple
    database_seconds: Callable[[Tx], Awaitable[float]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`hindrances` keep the process from its work; `troubles` from a part of it, such as one agency."""

    hindrances: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        return not self.hindrances

    @property
    def reasons(self) -> tuple[str, ...]:
        """All that is wrong, the worst first."""
        return self.hindrances + self.troubles


def judge_loops(failing: Mapping[str, str], of_one_agency: Collection[str]) -> Judgement:
    """By the kind of error of each loop whose last round failed; `of_one_agency`: the loops that serve one
    agency each. When all of these fail, nobody is served.
    """
    said = {loop: f"{loop} fails ({kind})" for loop, kind in sorted(failing.items())}
    is_common = set(of_one_agency) <= failing.keys()
    troubles = () if is_common else tuple(text for loop, text in said.items() if loop in of_one_agency)
    hindrances = tuple(text for text in said.values() if text not in troubles)
    return Judgement(hindrances=hindrances, troubles=troubles)


def judge_books(late: Sequence[Late], silent: Sequence[Line], unheard: Sequence[Unreached] = ()) -> Judgement:
    """By what is late in the database, by the lines that are silent, and by the alerts that reached nobody,
    in court time.
    """
    said = [(one, f"{one.what}: late by {one.by_s} s") for one in late]
    return Judgement(
        hindrances=tuple(text for one, text in said if not one.leaves_the_rest_alone),
        troubles=(
            *(f"alert {one.alert_id} reaches nobody since {moment(one.since)}" for one in unheard),
            *(text for one, text in said if one.leaves_the_rest_alone),
            *(
                f"the line to {one.agency_id}.{one.instance} is silent since {moment(one.silent_since)}"
                for one in silent
                if one.silent_since is not None
            ),
        ),
    )


def judge_clock(ahead_s: float) -> tuple[str, ...]:
    """By how many seconds this machine's clock, by which work falls due, is ahead of the database's."""
    if abs(ahead_s) <= CLOCKS_DIFFER_S:
        return ()
    side = "ahead of" if ahead_s > 0 else "behind"
    return (f"this machine's clock is {abs(ahead_s):.0f} s {side} the database's: set it (NTP)",)


def list_failing(standings: Iterable[Standing]) -> tuple[str, ...]:
    """The providers that fail just now, and who stands in for each."""
    known = tuple(standings)
    working = [one for one in known if one.circuit is Circuit.CLOSED]

    def said(failing: Standing) -> str:
        others = ", ".join(one.provider for one in working if one.kind is failing.kind)
        stands_in = f"{others} stands in" if others else "no other is set up: it is tried all the same"
        return f"{failing.kind.value} by {failing.provider} fails: {stands_in}"

    return tuple(said(one) for one in known if one.circuit is not Circuit.CLOSED)


class Readiness:
    """Judges the process when it is asked."""

    def __init__(self, signs: Signs) -> None:
        self._signs = signs
        self._asking: asyncio.Task[Judgement] | None = None

    async def judge(self) -> Judgement:
        """Whether the process can do its work, and all that is wrong."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_database())
        # A question that hangs is left to itself: the next reader waits for the same one.
        await asyncio.wait({self._asking}, timeout=ANSWER_WITHIN_S)
        database = self._asking.result() if self._asking.done() else Judgement(hindrances=(SILENT,))
        return Judgement(
            hindrances=(*database.hindrances, *self._signs.troubles()),
            troubles=(*database.troubles, *self._signs.lesser_troubles()),
        )

    async def _ask_database(self) -> Judgement:
        try:
            async with self._signs.registry.reading() as tx:
                if not await self._signs.has_schema(tx):
                    return Judgement(hindrances=(SCHEMA_OLD,))
                judged = judge_books(await list_late(tx), await list_silent(tx), await list_unreached(tx))
                ahead = tuple(f"{agency_id}: {AHEAD_OF_THE_COURT}" for agency_id in await list_ahead(tx))
                clock = await self._judge_clock(tx)
                return replace(judged, troubles=(*clock, *ahead, *judged.troubles))
        except Exception as error:
            return Judgement(hindrances=(f"the database cannot be reached ({type(error).__name__})",))

    async def _judge_clock(self, tx: Tx) -> tuple[str, ...]:
        if self._signs.database_seconds is None:
            return ()
        there_s = await self._signs.database_seconds(tx)
        return judge_clock(self._signs.registry.now().timestamp() - there_s)


async def _live(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"live": True})


READINESS: Final = web.AppKey("readiness", Readiness)


async def _ready(request: web.Request) -> web.StreamResponse:
    judged = await request.app[READINESS].judge()
    status = HTTPStatus.OK if judged.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return web.json_response({"ready": judged.is_ready, "reasons": list(judged.reasons)}, status=status)


def add_health(app: web.Application, readiness: Readiness) -> None:
    """Both addresses, for whoever watches the process; neither asks who is there."""
    app[READINESS] = readiness
    app.add_routes([web.get("/livez", _live), web.get("/readyz", _ready)])
