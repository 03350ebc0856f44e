"""The adapter's local HTTP API: an agency's own systems screen card uses and ask before a stop.

What must not break: an answer is given only after what it says is durable; no answer repeats what was sent;
whatever goes wrong, an officer is never told that a stop is in order.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeAlias, TypeVar, assert_never

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from adapters.edge.card_use import Clear, Hit, Invalid, NotScreened, Screened
from adapters.edge.edge import Edge, EdgeState
from adapters.edge.instruction import Display, DoNotStop, InForce
from adapters.edge.officers import Held, HoldAnswer, HoldRefused, NotHeld, Reported
from adapters.edge.sieve import Sifted
from adapters.station import NO_KEYS, Station
from adapters.web.bodies import CardUseBody, HandOverBody, HoldBody, SiftBody
from adapters.web.problems import (
    NOT_JSON,
    NOTHING_HERE,
    OUR_FAULT,
    TOO_LARGE,
    WRONG_METHOD,
    Refusal,
    not_started,
)
from schemas.carryings import Carryings, next_carrying
from schemas.settings import Address
from schemas.text import FieldProblem, field_problems

MOST_BYTES: Final = 64 * 1024
LONGEST_ANSWER_S: Final = 1.0
"""How long a request that is under way may still take when the adapter is ended."""
LARGEST_REFERENCE: Final = 2**63 - 1

STATION: Final = web.AppKey("station", Station)
M = TypeVar("M", bound=BaseModel)
Ask: TypeAlias = Callable[[Edge, int, web.Request], Awaitable[web.Response]]

log = structlog.get_logger(__name__)


class _Refused(Exception):
    """Ends a handler with a problem."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.kind)
        self.refusal = refusal


def make_local_api(station: Station) -> web.Application:
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[_problems_only])
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


@asynccontextmanager
async def serving(app: web.Application, listen: Address) -> AsyncIterator[int]:
    """Serve inside the block; gives the port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LONGEST_ANSWER_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, listen.host, listen.port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _livez(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"alive": True})


async def _readyz(request: web.Request) -> web.StreamResponse:
    station = request.app[STATION]
    with station.asking() as edge:
        state = None if edge is None else await edge.state()
    reasons = station.reasons(state)
    return web.json_response(
        {
            "ready": not reasons,
            "adapter": station.name,
            "reasons": [{"what": reason.what, "detail": reason.detail} for reason in reasons],
            "list": None if state is None else _list_of(state),
            **({} if station.carryings is None else {"carried": _carried(station.carryings())}),
        },
        status=HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK,
    )


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
    body = await _read(request, CardUseBody)
    try:
        use = body.card_use()
    except ValueError:
        problem = FieldProblem(field="event_id", message="give 1 to 200 visible ASCII characters")
        return Refusal.wrong_fields([problem]).answer()
    with station.asking() as edge:
        if edge is None:
            return _answer("not-screened", reason=NO_KEYS, phone_24h=station.phone_24h)
        return _screened(await edge.screen(use))


async def _sift(request: web.Request) -> web.StreamResponse:
    station = request.app[STATION]
    batch = (await _read(request, SiftBody)).batch()
    with station.asking() as edge:
        sifted = None if edge is None else edge.sift(batch)
    match sifted:
        case None:
            return _answer("not-screened", reason=NO_KEYS, phone_24h=station.phone_24h)
        case NotScreened():
            return _screened(sifted)
        case Sifted(to_screen=to_screen, invalid=invalid, gap=gap):
            faults = {str(position): refused.fault.value for position, refused in invalid.items()}
            others = {"answer": "clear"} if gap is None else _silence(gap)
            return _answer("sifted", screen=to_screen, invalid=faults, others=others)
        case _:
            assert_never(sifted)


def _screened(screened: Screened) -> web.Response:
    match screened:
        case Clear():
            return _answer("clear")
        case Hit(references=references, is_proven=is_proven):
            return _answer("hit", references=[str(one) for one in references], proven=is_proven)
        case Invalid(refused=refused):
            remedies = {"zh": refused.remedy("zh"), "en": refused.remedy("en")}
            return _answer("invalid", fault=refused.fault.value, remedy=remedies)
        case NotScreened():
            return _no_store(web.json_response(_silence(screened)))
        case _:
            assert_never(screened)


def _silence(not_screened: NotScreened) -> dict[str, Any]:
    return {
        "answer": "not-screened",
        "reason": not_screened.reason.value,
        "phone_24h": not_screened.phone_24h,
    }


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
    return _no_store(web.json_response(_shown(await edge.display(reference))))


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
            return _answer("in-force", court_heard_s=round(heard_s, 1), confirmation=_plain(confirmation))
        case DoNotStop(reason=reason, phone_24h=phone):
            return _answer("do-not-stop", reason=reason.value, phone_24h=phone)
        case _:
            assert_never(answer)


async def _hold(edge: Edge, reference: int, request: web.Request) -> web.Response:
    body = await _read(request, HoldBody)
    answer: HoldAnswer = await edge.report_hold(reference, place=body.place, unit=body.unit)
    match answer:
        case Held(release_at=release_at):
            return _answer("held", release_at=release_at.isoformat())
        case HoldRefused(reason=reason, phone_24h=phone):
            return _answer("let-go", reason=reason.value, phone_24h=phone)
        case _:
            assert_never(answer)


async def _hand_over(edge: Edge, reference: int, request: web.Request) -> web.Response:
    body = await _read(request, HandOverBody)
    return _reported(
        await edge.report_hand_over(reference, to=body.to, three_point_check=body.three_point_check)
    )


async def _release(edge: Edge, reference: int, _request: web.Request) -> web.Response:
    return _reported(await edge.report_release(reference))


def _reported(answer: Reported | NotHeld) -> web.Response:
    match answer:
        case Reported():
            return _answer("reported")
        case NotHeld():
            return _answer("not-held")
        case _:
            assert_never(answer)


def _answer(answer: str, **facts: Any) -> web.Response:
    return _no_store(web.json_response({"answer": answer, **facts}))


def _no_store(response: web.Response) -> web.Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _plain(model: BaseModel | None) -> dict[str, Any] | None:
    """The body as JSON; a reference inside it is left to the address, where it is no number."""
    return None if model is None else model.model_dump(mode="json", exclude={"reference"})


async def _read(request: web.Request, model: type[M]) -> M:
    # Announced as JSON: what a web page could post without being asked is refused.
    if request.content_type != "application/json":
        raise _Refused(NOT_JSON)
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        raise _Refused(Refusal.wrong_fields(field_problems(error))) from None


@web.middleware
async def _problems_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except _Refused as refused:
        return refused.refusal.answer()
    except web.HTTPRequestEntityTooLarge:
        return TOO_LARGE.answer()
    except web.HTTPMethodNotAllowed:
        return WRONG_METHOD.answer()
    except web.HTTPException:
        return NOTHING_HERE.answer()
    except Exception as error:
        # The kind only: the error's own text may repeat what was sent of a person.
        log.error("request-failed", error=type(error).__name__, method=request.method)
        return OUR_FAULT.answer()
