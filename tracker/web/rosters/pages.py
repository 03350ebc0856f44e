"""The page of the roster: who is on duty now, next and for two weeks; swaps for everybody, and the forms of
whoever may edit it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeAlias

from aiohttp import web

from tracker.domain.court_time import court_day
from tracker.domain.errors import Invalid, Problem
from tracker.domain.ids import PersonId, TeamId
from tracker.domain.people import Days, Duty
from tracker.domain.rosters import Leave, Post, RosterRule, RuleId, Shift, StandIn, StandInId, Turn
from tracker.domain.swaps import SwapId, SwapState
from tracker.services.rosters import changes
from tracker.services.rosters.swaps import ShiftChoice, answer_swap, ask_swap, withdraw_swap
from tracker.services.rosters.taking_over import take_over
from tracker.web.fields import Fields, fields_of
from tracker.web.rosters.views import gather_roster, post_name
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, VisitHandler, back_to, is_shown_again, page, signed_in

ROSTER: Final = "/roster"
IN_A_ROTATION: Final = 6
"""So many people the form offers; the court's file takes more."""

Receive: TypeAlias = Callable[[web.Request, Visit], Awaitable[None]]


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _page(request, visit, (), {})


async def _page(
    request: web.Request, visit: Visit, problems: Sequence[Problem], typed: Mapping[str, str]
) -> web.Response:
    async with request.app[EDGE].registry.reading() as tx:
        shown = await gather_roster(tx, visit)
    return page(
        request,
        visit,
        "roster.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        roster=shown,
        problems=problems,
        typed=typed,
        today=court_day(request.app[EDGE].registry.now()),
        duties=tuple(Duty),
        days_of=tuple(Days),
        turns=tuple(Turn),
        places=range(1, IN_A_ROTATION + 1),
        post_name=lambda post: post_name(post, shown.teams, visit.language),
        choice_of=choice_of,
    )


def _form(name: str, receive: Receive) -> VisitHandler:
    """What is wrong is shown beside the fields of this form, with what was typed."""

    async def handle(request: web.Request, visit: Visit) -> web.StreamResponse:
        if is_shown_again(request):
            return await _page(request, visit, (), _typed(name, await fields_of(request)))
        try:
            await receive(request, visit)
        except Invalid as refused:
            problems = [
                Problem(field=f"{name}.{one.field}", zh=one.zh, en=one.en) for one in refused.problems
            ]
            return await _page(request, visit, problems, _typed(name, await fields_of(request)))
        raise back_to(ROSTER)

    return handle


def _typed(name: str, fields: Fields) -> Mapping[str, str]:
    """By form and field; people of a rotation by their place."""
    single = {f"{name}.{field}": value for field, value in fields.single_values().items()}
    people = enumerate(fields.all("people"), start=1)
    return single | {f"{name}.people.{place}": value for place, value in people}


async def _add_rule(request: web.Request, visit: Visit) -> None:
    fields = await fields_of(request)
    post = _post(fields)
    turn = fields.choice("turn", tuple(Turn))
    now = request.app[EDGE].registry.now()
    rule = RosterRule(
        court_id=visit.actor.court_id,
        duty=post.duty,
        team_id=post.team_id,
        people=tuple(PersonId(one) for one in fields.all("people") if one),
        days=fields.choice("days", tuple(Days)),
        first_day=fields.day("first_day", court_day(now)),
        last_day=fields.day("last_day", court_day(now)),
        begins=fields.time_of_day("begins"),
        ends=fields.time_of_day("ends"),
        turn=turn,
        turns_from=None if not fields.raw("turns_from").strip() else fields.moment("turns_from", now),
    )
    fields.require()
    async with request.app[EDGE].registry.transaction() as tx:
        await changes.add_rule(tx, visit.actor, rule)


async def _end_rule(request: web.Request, visit: Visit) -> None:
    fields = await fields_of(request)
    last_day = fields.day("last_day", court_day(request.app[EDGE].registry.now()))
    fields.require()
    async with request.app[EDGE].registry.transaction() as tx:
        await changes.end_rule(tx, visit.actor, RuleId(request.match_info["rule_id"]), last_day)


async def _add_stand_in(request: web.Request, visit: Visit) -> None:
    fields = await fields_of(request)
    begins_at, ends_at = _span(request, fields)
    new = StandIn(
        post=_post(fields),
        person_id=PersonId(fields.needed_text("people")),
        instead_of=PersonId(fields.raw("instead_of")) if fields.raw("instead_of") else None,
        begins_at=begins_at,
        ends_at=ends_at,
    )
    fields.require()
    async with request.app[EDGE].registry.transaction() as tx:
        await changes.add_stand_in(tx, visit.actor, new)


async def _add_leave(request: web.Request, visit: Visit) -> None:
    fields = await fields_of(request)
    begins_at, ends_at = _span(request, fields)
    new = Leave(
        person_id=PersonId(fields.needed_text("people")),
        substitute_id=PersonId(fields.raw("substitute")) if fields.raw("substitute") else None,
        begins_at=begins_at,
        ends_at=ends_at,
    )
    fields.require()
    async with request.app[EDGE].registry.transaction() as tx:
        await changes.add_leave(tx, visit.actor, new)


async def _end_stand_in(request: web.Request, visit: Visit) -> None:
    async with request.app[EDGE].registry.transaction() as tx:
        await changes.end_stand_in(tx, visit.actor, StandInId(request.match_info["stand_in_id"]))


async def _ask_swap(request: web.Request, visit: Visit) -> None:
    fields = await fields_of(request)
    offered, wanted = (_shift_of(fields, name) for name in ("offered", "wanted"))
    async with request.app[EDGE].registry.transaction() as tx:
        await ask_swap(tx, visit.actor, offered, wanted)


async def _agree(request: web.Request, visit: Visit) -> None:
    async with request.app[EDGE].registry.transaction() as tx:
        await answer_swap(tx, visit.actor, SwapId(request.match_info["swap_id"]), SwapState.AGREED)


async def _refuse(request: web.Request, visit: Visit) -> None:
    async with request.app[EDGE].registry.transaction() as tx:
        await answer_swap(tx, visit.actor, SwapId(request.match_info["swap_id"]), SwapState.REFUSED)


async def _withdraw(request: web.Request, visit: Visit) -> None:
    async with request.app[EDGE].registry.transaction() as tx:
        await withdraw_swap(tx, visit.actor, SwapId(request.match_info["swap_id"]))


async def _take_over(request: web.Request, visit: Visit) -> None:
    async with request.app[EDGE].registry.transaction() as tx:
        await take_over(tx, visit.actor)


def choice_of(shift: Shift, person_id: PersonId) -> str:
    """A person's shift as the value of a form field."""
    post = shift.post
    return "|".join((person_id, post.duty, post.team_id or "", shift.begins_at.isoformat()))


def _shift_of(fields: Fields, name: str) -> ShiftChoice:
    try:
        person_id, duty, team_id, begins_at = fields.raw(name).split("|")
        return ShiftChoice(
            person_id=PersonId(person_id),
            post=Post(duty=Duty(duty), team_id=TeamId(team_id) if team_id else None),
            begins_at=datetime.fromisoformat(begins_at),
        )
    except ValueError:
        raise Invalid([Problem(field=name, zh="请选择班次", en="choose a shift")]) from None


def _post(fields: Fields) -> Post:
    team = fields.raw("team")
    return Post(duty=fields.choice("duty", tuple(Duty)), team_id=TeamId(team) if team else None)


def _span(request: web.Request, fields: Fields) -> tuple[datetime, datetime]:
    now = request.app[EDGE].registry.now()
    return fields.moment("begins_at", now), fields.moment("ends_at", now)


ROUTES = (
    web.get(ROSTER, signed_in(_show)),
    web.post("/roster/taken-over", signed_in(_form("taken-over", _take_over))),
    web.post("/roster/rules", signed_in(_form("rule", _add_rule))),
    web.post("/roster/rules/{rule_id}/end", signed_in(_form("end", _end_rule))),
    web.post("/roster/stand-ins", signed_in(_form("stand-in", _add_stand_in))),
    web.post("/roster/leaves", signed_in(_form("leave", _add_leave))),
    web.post("/roster/stand-ins/{stand_in_id}/end", signed_in(_form("ended", _end_stand_in))),
    web.post("/roster/swaps", signed_in(_form("swap", _ask_swap))),
    web.post("/roster/swaps/{swap_id}/agree", signed_in(_form("answer", _agree))),
    web.post("/roster/swaps/{swap_id}/refuse", signed_in(_form("answer", _refuse))),
    web.post("/roster/swaps/{swap_id}/withdraw", signed_in(_form("answer", _withdraw))),
)
