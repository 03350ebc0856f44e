"""Opening a case: its number, debtor, judge, team and amount."""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from tracker.domain.authorisation import Action, Relation, is_granted
from tracker.domain.errors import Invalid, NotAllowed, Problem
from tracker.domain.ids import PersonId, TeamId
from tracker.domain.people import Actor, Role
from tracker.services.entries.cases import CaseForm, open_case
from tracker.storage import people
from tracker.web.fields import Fields, fields_of
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, is_shown_again, page, signed_in

DEBTOR_KINDS = ("person", "organisation")


def may_open_case(actor: Actor) -> bool:
    return is_granted(Action.OPEN_CASE, {(role, Relation.OWN_TEAM) for role in actor.roles})


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    if not may_open_case(visit.actor):
        raise NotAllowed(Action.OPEN_CASE.value, "your roles do not cover this, ask somebody who may")
    return await _form(request, visit, Fields({}))


async def _form(
    request: web.Request, visit: Visit, fields: Fields, problems: Sequence[Problem] = ()
) -> web.Response:
    async with request.app[EDGE].registry.reading() as tx:
        staff = await people.list_people(tx, visit.actor.court_id)
        teams = await people.list_teams(tx, visit.actor.court_id)
    return page(
        request,
        visit,
        "open_case.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        fields=fields,
        judges=[person for person in staff if person.role is Role.JUDGE],
        teams=[team for team in teams if visit.actor.is_in_team(team[0])],
        problems=problems,
    )


async def _open(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    if is_shown_again(request):
        return await _form(request, visit, fields)
    try:
        form = _read(fields)
        async with request.app[EDGE].registry.transaction() as tx:
            case_id = await open_case(tx, visit.actor, form)
    except Invalid as invalid:
        return await _form(request, visit, fields, invalid.problems)
    raise back_to(f"/entries/new?case={case_id}")


def _read(fields: Fields) -> CaseForm:
    debtor_kind = fields.raw("debtor_kind")
    form = CaseForm(
        number=fields.raw("number"),
        debtor_name=fields.needed_text("debtor_name", 200),
        debtor_kind=debtor_kind if debtor_kind in DEBTOR_KINDS else DEBTOR_KINDS[0],
        judge_id=PersonId(fields.needed_text("judge")),
        team_id=TeamId(fields.needed_text("team")),
        amount_fen=fields.fen("amount"),
        collected_fen=fields.fen("collected"),
    )
    fields.require()
    return form


ROUTES = (web.get("/cases/new", signed_in(_show)), web.post("/cases", signed_in(_open)))
