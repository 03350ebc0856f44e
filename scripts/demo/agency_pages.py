"""The page of the agencies: each adapter's state, a form to use a card, the officer's display of each hit."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import web
from pydantic import ValidationError

from schemas.measures import AgencyKind
from schemas.messages import Itinerary, Place, SightingKind
from schemas.text import field_problems
from scripts import cast
from scripts.demo.listed import LISTED, find_listed
from scripts.demo.pages import DEMONSTRATION, Demonstration, own_posts_only, show
from scripts.demo.windows import KINDS, PLACES, Answered, Presented, Window
from tracker.web.words.formats import moment_of

LONGEST_FIELD = 200
DEPARTS_IN = timedelta(hours=3)
ARRIVES_IN = timedelta(hours=11)
TICKETS = frozenset({SightingKind.TICKET_BOUGHT, SightingKind.TICKET_CHANGED, SightingKind.TICKET_REFUNDED})
TEAM_OF_THE_COURT = f"{cast.COURT.name} {cast.TEAM_NAME}"


async def _show(request: web.Request) -> web.StreamResponse:
    demonstration = request.app[DEMONSTRATION]
    kind = _kind(request.query.get("agency", AgencyKind.RAIL.value))
    views = [await window.view() for window in demonstration.windows.values()]
    now = demonstration.registry.now()
    return show(
        request,
        "agencies.html",
        views=views,
        chosen=next(view for view in views if view.partner.kind is kind),
        kinds=KINDS[kind],
        place=PLACES[kind],
        listed=LISTED,
        rate=demonstration.rate,
        departs_at=now + DEPARTS_IN,
        arrives_at=now + ARRIVES_IN,
    )


@own_posts_only
async def _use_card(request: web.Request) -> web.StreamResponse:
    """Somebody's card is used at the agency, now."""
    demonstration = request.app[DEMONSTRATION]
    window = _window(request, demonstration)
    form = await request.post()
    typed = {name: str(value)[:LONGEST_FIELD].strip() for name, value in form.items()}
    at = demonstration.registry.now()
    try:
        presented = _presented(typed)
    except ValidationError as error:
        window.answered = Answered(at=at, typed=typed, problems=field_problems(error))
    else:
        screened = await window.use_card(presented, at=at)
        window.answered = Answered(at=at, typed=typed, screened=screened)
    raise _back(window)


@own_posts_only
async def _act(request: web.Request) -> web.StreamResponse:
    """An officer asks before a stop, holds, hands over or releases."""
    window = _window(request, request.app[DEMONSTRATION])
    reference = int(request.match_info["reference"])
    if not window.has_hit(reference):
        raise web.HTTPNotFound
    match request.match_info["act"]:
        case "check":
            await window.check(reference)
        case "hold":
            await window.hold(reference)
        case "hand-over":
            await window.hand_over(reference, to=TEAM_OF_THE_COURT)
        case _:
            await window.release(reference)
    raise _back(window)


def _kind(named: str) -> AgencyKind:
    try:
        return AgencyKind(named)
    except ValueError:
        raise web.HTTPNotFound from None


def _window(request: web.Request, demonstration: Demonstration) -> Window:
    return demonstration.windows[_kind(request.match_info["agency"])]


def _back(window: Window) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/demo/agencies?agency={window.kind.value}")


def _presented(typed: Mapping[str, str]) -> Presented:
    """The card of the form; raises `ValidationError` naming fields of place and journey that cannot be."""
    number = typed.get("person") or typed.get("number", "")
    listed = find_listed(number)
    kind = SightingKind(typed.get("kind", ""))
    return Presented(
        number=number,
        name=listed.wanted.name if listed else None,
        kind=kind,
        place=Place(name=typed.get("place", ""), city=typed.get("city", "")),
        itinerary=_journey(typed) if kind in TICKETS else None,
    )


def _journey(typed: Mapping[str, str]) -> Itinerary:
    return Itinerary.model_validate(
        {
            "service": typed.get("service", ""),
            "origin": typed.get("origin", ""),
            "destination": typed.get("destination", ""),
            "departs_at": _moment(typed, "departs_at"),
            "arrives_at": _moment(typed, "arrives_at"),
            "coach": typed.get("coach") or None,
            "seat": typed.get("seat") or None,
        }
    )


def _moment(typed: Mapping[str, str], name: str) -> datetime | None:
    return moment_of(typed.get(name, ""))


ROUTES = (
    web.get("/demo/agencies", _show),
    web.post("/demo/agencies/{agency}/card-uses", _use_card),
    web.post(r"/demo/agencies/{agency}/{reference:\d{1,19}}/{act:check|hold|hand-over|release}", _act),
)
