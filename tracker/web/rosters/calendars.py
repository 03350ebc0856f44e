"""The page of the court's calendar: its own days, and the yearly announcement taken over as a table."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from aiohttp import web

from tracker.domain.announcements import LONGEST_NAME, read_announcement
from tracker.domain.authorisation import Action
from tracker.domain.calendar import NamedDay
from tracker.domain.court_time import court_day
from tracker.domain.errors import Invalid, Problem
from tracker.services.access import require_in_court
from tracker.services.rosters.calendars import put_announcement, put_day, remove_day
from tracker.services.rosters.outlook import missing_year
from tracker.storage.calendars import list_days
from tracker.web.fields import fields_of
from tracker.web.reading import is_allowed
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, is_shown_again, page, signed_in
from tracker.web.words.formats import day_of

CALENDAR: Final = "/calendar"
LONGEST_TABLE: Final = 20_000
NO_YEAR: Final = Problem(field="table", zh="请填写年份，例如 2027", en="enter the year, such as 2027")


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _page(request, visit)


async def _page(
    request: web.Request,
    visit: Visit,
    problems: Sequence[Problem] = (),
    warnings: Sequence[Problem] = (),
    table: str = "",
) -> web.Response:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        days = await list_days(tx, visit.actor.court_id)
        missing = await missing_year(tx, visit.actor.court_id)
        may_edit = await is_allowed(require_in_court(tx, visit.actor, Action.EDIT_ROSTER))
    return page(
        request,
        visit,
        "calendar.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        days=days,
        missing_year=missing,
        year=missing or court_day(registry.now()).year,
        may_edit=may_edit,
        problems=problems,
        warnings=warnings,
        table=table,
    )


async def _put_year(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    table, typed_year = fields.raw("table")[:LONGEST_TABLE], fields.raw("year").strip()
    if is_shown_again(request):
        return await _page(request, visit, table=table)
    try:
        if not (typed_year.isascii() and typed_year.isdigit() and len(typed_year) == len("2027")):
            raise Invalid([NO_YEAR])
        async with request.app[EDGE].registry.transaction() as tx:
            warnings = await put_announcement(tx, visit.actor, int(typed_year), read_announcement(table))
    except Invalid as refused:
        return await _page(request, visit, problems=refused.problems, table=table)
    return await _page(request, visit, warnings=warnings)


async def _put_day(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    day = fields.day("day", court_day(request.app[EDGE].registry.now()))
    name = fields.text("name", LONGEST_NAME)
    if fields.problems:
        return await _page(request, visit, problems=fields.problems)
    one = NamedDay(day=day, is_workday=fields.raw("kind") == "work", name=name)
    async with request.app[EDGE].registry.transaction() as tx:
        warnings = await put_day(tx, visit.actor, one)
    return await _page(request, visit, warnings=warnings)


async def _remove_day(request: web.Request, visit: Visit) -> web.StreamResponse:
    day = day_of(request.match_info["day"])
    if day is None:
        raise web.HTTPNotFound
    async with request.app[EDGE].registry.transaction() as tx:
        await remove_day(tx, visit.actor, day)
    raise back_to(CALENDAR)


ROUTES = (
    web.get(CALENDAR, signed_in(_show)),
    web.post("/calendar/year", signed_in(_put_year)),
    web.post("/calendar/days", signed_in(_put_day)),
    web.post("/calendar/days/{day}/remove", signed_in(_remove_day)),
)
