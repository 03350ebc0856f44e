"""Drills on the screen: what the latest have shown, who has the one that is under way, and how to start one.

What must not break: a drill stands here and nowhere among the alerts; only who may start one sees the forms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from tracker.domain.alerts import AlertState
from tracker.domain.authorisation import Action, is_granted
from tracker.domain.drills import URGENCIES, DrillPlan, Hours, Scope
from tracker.domain.errors import Invalid, NotFound, Problem
from tracker.domain.ids import AgencyId, DrillId, DrillPlanId, TeamId
from tracker.domain.people import Duty
from tracker.domain.plans import Urgency
from tracker.services.access import alert_standings, require_in_court
from tracker.services.proof.drill_plans import end_plan, plan_drills
from tracker.services.proof.drill_results import DrillResult, list_results, result_of
from tracker.services.proof.drills import call_off_drill, start_drill
from tracker.storage import agencies, drills, people
from tracker.storage.transaction import Tx
from tracker.web.fields import Fields, fields_of
from tracker.web.reading import is_allowed
from tracker.web.settings import EDGE
from tracker.web.titles import title_of
from tracker.web.visits import Visit, back_to, page, signed_in

SHOWN: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillLine:
    """A drill with the words for whom and what it names."""

    result: DrillResult
    agency: str
    team: str | None
    started_by: str
    titles: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    plan: DrillPlan
    agency: str
    team: str | None


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _show_list(request, visit, Fields({}), ())


async def _show_list(
    request: web.Request, visit: Visit, fields: Fields, problems: Sequence[Problem]
) -> web.Response:
    async with request.app[EDGE].registry.reading() as tx:
        results = await list_results(tx, visit.actor.court_id, SHOWN)
        shown = {
            "lines": [await line_of(tx, visit, one) for one in results],
            "plans": [await _plan_line(tx, visit, one) for one in await _plans(tx, visit)],
            "may_start": await is_allowed(require_in_court(tx, visit.actor, Action.DRILL)),
            "agencies": await agencies.list_agencies(tx, visit.actor.court_id),
            "teams": await people.list_teams(tx, visit.actor.court_id),
        }
    return page(
        request,
        visit,
        "drills.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        fields=fields,
        problems=problems,
        choices={"duties": tuple(Duty), "urgencies": URGENCIES, "hours": tuple(Hours)},
        **shown,
    )


async def _plans(tx: Tx, visit: Visit) -> Sequence[DrillPlan]:
    return await drills.list_plans(tx, visit.actor.court_id)


async def line_of(tx: Tx, visit: Visit, result: DrillResult) -> DrillLine:
    scope = result.drill.scope
    return DrillLine(
        result=result,
        agency=await _agency_name(tx, visit, scope.agency_id),
        team=await _team_name(tx, visit, scope.team_id),
        started_by=await title_of(tx, result.drill.started_by, visit.language),
        titles={one.person_id: await title_of(tx, one.person_id, visit.language) for one in result.people},
    )


async def _plan_line(tx: Tx, visit: Visit, plan: DrillPlan) -> PlanLine:
    return PlanLine(
        plan=plan,
        agency=await _agency_name(tx, visit, plan.scope.agency_id),
        team=await _team_name(tx, visit, plan.scope.team_id),
    )


async def _agency_name(tx: Tx, visit: Visit, agency_id: AgencyId) -> str:
    agency = await agencies.get_agency(tx, agency_id)
    return visit.says(agency.name, agency.name_en)


async def _team_name(tx: Tx, visit: Visit, team_id: TeamId | None) -> str | None:
    return dict(await people.list_teams(tx, visit.actor.court_id)).get(team_id) if team_id else None


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        drill = await drills.get_drill(tx, DrillId(request.match_info["drill_id"]))
        if drill.court_id != visit.actor.court_id:
            raise NotFound("drill")
        result = await result_of(tx, drill)
        line = await line_of(tx, visit, result)
        acts = await _acts(tx, visit, result)
    return page(request, visit, "drill.html", line=line, acts=acts)


async def _acts(tx: Tx, visit: Visit, result: DrillResult) -> dict[str, bool]:
    """Which buttons the reader gets."""
    alert, is_over = result.alert, result.drill.ended_at is not None
    standings = await alert_standings(tx, visit.actor, alert) if alert is not None else set()
    is_open = alert is not None and alert.state is AlertState.OPEN
    return {
        "take": is_open and is_granted(Action.TAKE, standings),
        "call_off": not is_over and await is_allowed(require_in_court(tx, visit.actor, Action.DRILL)),
        "prove": is_granted(Action.READ_PROOF, standings),
    }


async def _start(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    try:
        scope = _scope_of(fields)
        async with request.app[EDGE].registry.transaction() as tx:
            drill = await start_drill(tx, visit.actor, scope, at_once=fields.raw("at_once") == "yes")
    except Invalid as invalid:
        return await _show_list(request, visit, fields, invalid.problems)
    raise back_to(f"/drills/{drill.drill_id}")


async def _plan(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    try:
        scope = _scope_of(fields)
        hours = fields.choice("hours", tuple(Hours))
        fields.require()
        async with request.app[EDGE].registry.transaction() as tx:
            await plan_drills(tx, visit.actor, scope, hours)
    except Invalid as invalid:
        return await _show_list(request, visit, fields, invalid.problems)
    raise back_to("/drills")


def _scope_of(fields: Fields) -> Scope:
    duty = fields.choice("duty", tuple(Duty))
    urgency = fields.choice("urgency", tuple(Urgency))
    fields.require()
    return Scope(
        agency_id=AgencyId(fields.raw("agency")),
        duty=duty,
        team_id=TeamId(fields.raw("team")) if duty is Duty.TEAM else None,
        urgency=urgency,
    )


async def _call_off(request: web.Request, visit: Visit) -> web.StreamResponse:
    drill_id = DrillId(request.match_info["drill_id"])
    async with request.app[EDGE].registry.transaction() as tx:
        await call_off_drill(tx, visit.actor, drill_id)
    raise back_to(f"/drills/{drill_id}")


async def _end_plan(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.transaction() as tx:
        await end_plan(tx, visit.actor, DrillPlanId(request.match_info["plan_id"]))
    raise back_to("/drills")


ROUTES = (
    web.get("/drills", signed_in(_list)),
    web.post("/drills", signed_in(_start)),
    web.post("/drills/plans", signed_in(_plan)),
    web.post("/drills/plans/{plan_id}/end", signed_in(_end_plan)),
    web.get("/drills/{drill_id}", signed_in(_show)),
    web.post("/drills/{drill_id}/call-off", signed_in(_call_off)),
)
