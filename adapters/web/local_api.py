"""The adapter's local HTTP API: an agency's own systems screen card uses and ask before a stop.

What must not break: an answer is given only after what it says is durable; no answer repeats what was sent;
whatever goes wrong, an officer is never told that a stop is in order.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeAlias, assert_never

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from adapters.edge.edge import Edge, EdgeState
from adapters.edge.instruction import Display, DoNotStop, InForce
from adapters.edge.officers import Held, HoldAnswer, HoldRefused, NotHeld, Reported
from adapters.edge.refusals import MEANS
from adapters.station import Station
from adapters.web.answers import (
    MOST_BYTES,
    answered,
    no_store,
    problems_only,
    read,
    read_batch,
    read_card_use,
    screened,
    sifted,
)
from adapters.web.bodies import HandOverBody, HoldBody
from adapters.web.problems import NOTHING_HERE, not_started
from schemas.carryings import Carryings, next_carrying
from schemas.refused import RefusedLately

LARGEST_REFERENCE: Final = 2**63 - 1

STATION: Final = web.AppKey("station", Station)
Ask: TypeAlias = Callable[[Edge, int, web.Request], Awaitable[web.Response]]


def make_local_api(station: Station) -> web.Application:
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[problems_only])
    app[STATION] = station
    app.add_routes(
        [
            web.get("/livez", _livez),
            web.get("/readyz", _readyz),
            web.post("/screen", _screen),
            web.post("/sift", _sift),
            web.get("/instructions/{reference}", _about(_display)),
            web.post("/instructions/{reference}/before-stop", _about(_before_stop)),
            web.post("/instructions/{reference}/hold", _about(_hold)),
            web.post("/instructions/{reference}/hand-over", _about(_hand_over)),
            web.post("/instructions/{reference}/release", _about(_release)),
        ]
    )
    return app


async def _livez(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"alive": True})


async def _readyz(request: web.Request) -> web.StreamResponse:
    station = request.app[STATION]
    with station.asking() as edge:
        state = None if edge is None else await edge.state()
    reasons = station.reasons(state)
    screeners = station.screeners()
    return web.json_response(
        {
            "ready": not reasons,
            "adapter": station.name,
            "reasons": [{"what": reason.what, "detail": reason.detail} for reason in reasons],
            "screeners": None if screeners is None else asdict(screeners),
            "list": None if state is None else _list_of(state),
            "refused": [] if state is None else [_refused(one) for one in state.refused],
            **({} if station.carryings is None else {"carried": _carried(station.carryings())}),
            **({} if station.keeping is None else {"keeps_journeys": asdict(station.keeping)}),
        },
        status=HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK,
    )


def _refused(one: RefusedLately) -> dict[str, Any]:
    """What of the court's messages was refused within a day, and what that means."""
    return {
        "what": one.kind,
        "detail": MEANS.get(one.kind, one.kind),
        "times": one.times,
        "last_at": one.last_at.isoformat(),
    }


def _carried(carryings: Carryings) -> dict[str, Any]:
    """When the gateway last brought something here and there, and when it is expected to, by its rhythm."""
    ways = {"here": carryings.inward, "to_the_court": carryings.outward}
    return {
        way: {"at": moments[-1].isoformat(), "next_about": _text_of(next_carrying(moments))}
        for way, moments in ways.items()
        if moments
    }


def _text_of(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _list_of(state: EdgeState) -> dict[str, Any]:
    return {
        "epoch": state.epoch,
        "sequence": state.sequence,
        "count": state.count,
        "condition": state.condition.value,
        "heard_at": state.heard_at.isoformat() if state.heard_at else None,
        "waiting_hits": state.waiting_hits,
        "waiting_reports": state.waiting_reports,
    }


async def _screen(request: web.Request) -> web.StreamResponse:
    station = request.app[STATION]
    use = await read_card_use(request)
    with station.asking() as edge:
        if edge is None:
            return _nothing_yet(station)
        return screened(await edge.screen(use))


async def _sift(request: web.Request) -> web.StreamResponse:
    station = request.app[STATION]
    batch = await read_batch(request)
    with station.asking() as edge:
        return _nothing_yet(station) if edge is None else sifted(edge.sift(batch))


def _nothing_yet(station: Station) -> web.Response:
    return answered("not-screened", reason=station.silence, phone_24h=station.phone_24h)


def _about(ask: Ask) -> Handler:
    """A handler that asks the edge about the reference in the address."""

    async def handle(request: web.Request) -> web.StreamResponse:
        station = request.app[STATION]
        typed = request.match_info["reference"]
        if not (typed.isascii() and typed.isdigit() and 0 < int(typed[:20]) <= LARGEST_REFERENCE):
            return NOTHING_HERE.answer()
        with station.asking() as edge:
            if edge is None:
                return not_started(station.phone_24h).answer()
            return await ask(edge, int(typed), request)

    return handle


async def _display(edge: Edge, reference: int, _request: web.Request) -> web.Response:
    return no_store(_shown(await edge.display(reference)))


def _shown(display: Display) -> dict[str, Any]:
    return {
        # A reference is larger than the numbers that JavaScript keeps whole.
        "reference": str(display.reference),
        "state": display.state.value,
        "measure": display.measure.value if display.measure else None,
        "confirmation": _plain(display.confirmation),
        "named": _plain(display.named),
        "release_at": display.release_at.isoformat() if display.release_at else None,
        "phone_24h": display.phone_24h,
    }


async def _before_stop(edge: Edge, reference: int, _request: web.Request) -> web.Response:
    answer = await edge.before_stop(reference)
    match answer:
        case InForce(court_heard_s=heard_s, confirmation=confirmation):
            return answered("in-force", court_heard_s=round(heard_s, 1), confirmation=_plain(confirmation))
        case DoNotStop(reason=reason, phone_24h=phone):
            return answered("do-not-stop", reason=reason.value, phone_24h=phone)
        case _:
            assert_never(answer)


async def _hold(edge: Edge, reference: int, request: web.Request) -> web.Response:
    body = await read(request, HoldBody)
    answer: HoldAnswer = await edge.report_hold(reference, place=body.place, unit=body.unit)
    match answer:
        case Held(release_at=release_at):
            return answered("held", release_at=release_at.isoformat())
        case HoldRefused(reason=reason, phone_24h=phone):
            return answered("let-go", reason=reason.value, phone_24h=phone)
        case _:
            assert_never(answer)


async def _hand_over(edge: Edge, reference: int, request: web.Request) -> web.Response:
    body = await read(request, HandOverBody)
    return _reported(
        await edge.report_hand_over(reference, to=body.to, three_point_check=body.three_point_check)
    )


async def _release(edge: Edge, reference: int, _request: web.Request) -> web.Response:
    return _reported(await edge.report_release(reference))


def _reported(answer: Reported | NotHeld) -> web.Response:
    match answer:
        case Reported():
            return answered("reported")
        case NotHeld():
            return answered("not-held")
        case _:
            assert_never(answer)


def _plain(model: BaseModel | None) -> dict[str, Any] | None:
    """The body as JSON; a reference inside it is left to the address, where it is no number."""
    return None if model is None else model.model_dump(mode="json", exclude={"reference"})
