"""The ladders of the court: what stands, what stood before, and the form that tries a new one before it is
saved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.channels.port import ChannelKind
from notifications.ladders import Ladder, Rung, TakingsNeeded, Urgency, place_on
from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, NotFound, Problem
from tracker.domain.ids import PersonId
from tracker.domain.ladder_rules import called_by, faults_of
from tracker.domain.people import Role
from tracker.services.access import require_in_court
from tracker.services.ladders.circles import Charge, Circle
from tracker.services.ladders.editing import LONGEST_REASON, save_ladder
from tracker.services.ladders.preview import Preview, preview_ladder
from tracker.storage import ladders, people
from tracker.storage.ladders import SavedLadder
from tracker.storage.people import Person
from tracker.storage.transaction import Tx
from tracker.storage.unreached import list_unreached
from tracker.web.fields import Fields, fields_of
from tracker.web.ladders.form import ROWS, UNITS, fill_form, read_ladder
from tracker.web.reading import is_allowed
from tracker.web.settings import EDGE
from tracker.web.titles import title
from tracker.web.visits import Visit, back_to, is_shown_again, page, signed_in

EDITED: Final = tuple(Urgency)


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderLine:
    """One urgency: the ladder in force, and all that the court has saved, newest first."""

    ladder: Ladder
    saved: tuple[SavedLadder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """For which alert a ladder is tried: whose case, opened when, to act from when."""

    judge: Person | None
    at: datetime
    act_from: datetime | None


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        lines = [await _line(tx, visit, urgency) for urgency in EDITED]
        names = await _titles(tx, visit)
        edits = await is_allowed(require_in_court(tx, visit.actor, Action.EDIT_LADDERS))
        lost = [one for one in await list_unreached(tx) if one.court_id == visit.actor.court_id]
    return page(request, visit, "ladders.html", lines=lines, titles=names, edits=edits, lost=lost)


async def _line(tx: Tx, visit: Visit, urgency: Urgency) -> LadderLine:
    court_id = visit.actor.court_id
    return LadderLine(
        ladder=await ladders.get_ladder(tx, court_id, urgency),
        saved=await ladders.list_versions(tx, court_id, urgency),
    )


async def _titles(tx: Tx, visit: Visit) -> dict[PersonId, str]:
    staff = await people.list_people(tx, visit.actor.court_id)
    return {person.person_id: title(person, visit.language) for person in staff}


async def _edit(request: web.Request, visit: Visit) -> web.StreamResponse:
    urgency = _urgency_of(request)
    async with request.app[EDGE].registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.EDIT_LADDERS)
        ladder = await ladders.get_ladder(tx, visit.actor.court_id, urgency)
    return await _show(request, visit, ladder, Fields(fill_form(ladder)))


async def _send(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Try what was typed, or save it."""
    fields = await fields_of(request)
    version = fields.raw("version")
    ladder = read_ladder(fields, _urgency_of(request), int(version) if version.isdecimal() else 0)
    if fields.raw("act") != "save" or is_shown_again(request):
        return await _show(request, visit, ladder, fields)
    reason = fields.needed_text("reason", LONGEST_REASON)
    if fields.problems:
        return await _show(request, visit, ladder, fields)
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            await save_ladder(tx, visit.actor, ladder, reason)
    except Invalid:
        return await _show(request, visit, ladder, fields)
    raise back_to("/ladders")


def _urgency_of(request: web.Request) -> Urgency:
    asked = request.match_info["urgency"]
    urgency = next((one for one in EDITED if one == asked), None)
    if urgency is None:
        raise NotFound("ladder")
    return urgency


async def _show(request: web.Request, visit: Visit, ladder: Ladder, fields: Fields) -> web.Response:
    async with request.app[EDGE].registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.EDIT_LADDERS)
        staff = await people.list_people(tx, visit.actor.court_id)
        judges = [one for one in staff if one.role is Role.JUDGE and one.team_id is not None]
        trial = _trial(fields, judges, tx.at)
        problems = _problems(fields, ladder)
        # Whom an order to stop is for is known once there is one.
        is_tried = not problems and ladder.urgency is not Urgency.STAND_DOWN
        rungs = await _try(tx, visit, ladder, trial) if is_tried else ()
    return page(
        request,
        visit,
        "ladder.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        ladder=ladder,
        fields=fields,
        problems=problems,
        rungs=rungs,
        trial=trial,
        judges=judges,
        titles={person.person_id: title(person, visit.language) for person in staff},
        choices={
            "rows": range(1, ROWS + 1),
            "units": tuple(UNITS),
            "whom": called_by(ladder.urgency),
            "channels": tuple(ChannelKind),
            "takings": tuple(TakingsNeeded),
        },
    )


def _problems(fields: Fields, ladder: Ladder) -> tuple[Problem, ...]:
    """What could not be read is blamed for nothing else."""
    unread = {problem.field for problem in fields.problems}
    return (*fields.problems, *(fault for fault in faults_of(ladder) if fault.field not in unread))


def _trial(fields: Fields, judges: Sequence[Person], now: datetime) -> Trial:
    asked = next((one for one in judges if one.person_id == fields.raw("trial.judge")), None)
    has_act_from = bool(fields.raw("trial.act_from").strip())
    return Trial(
        judge=asked or (judges[0] if judges else None),
        at=fields.moment("trial.at", now) if fields.raw("trial.at").strip() else now,
        act_from=fields.moment("trial.act_from", now) if has_act_from else None,
    )


async def _try(tx: Tx, visit: Visit, ladder: Ladder, trial: Trial) -> tuple[Preview, ...]:
    charges: tuple[Charge, ...] = ()
    if trial.judge is not None and trial.judge.team_id is not None:
        charges = (Charge(judge_id=trial.judge.person_id, team_id=trial.judge.team_id),)
    circle = Circle(court_id=visit.actor.court_id, charges=charges)
    start = place_on(ladder, Rung(step=0), trial.at, trial.act_from)
    return await preview_ladder(tx, circle, start, trial.act_from)


ROUTES = (
    web.get("/ladders", signed_in(_list)),
    web.get("/ladders/{urgency}", signed_in(_edit)),
    web.post("/ladders/{urgency}", signed_in(_send)),
)
