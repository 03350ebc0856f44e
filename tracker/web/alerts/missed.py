"""The desk's list of alerts that nobody acted on in time: each leaves it with an outcome and a reason."""

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from tracker.domain.alerts import Outcome
from tracker.domain.errors import NotFound
from tracker.domain.ids import AlertId
from tracker.services.alerts.missed import LONGEST_REASON
from tracker.services.answers.outcomes import set_outcome
from tracker.services.audit import About
from tracker.storage import alerts, missed
from tracker.storage.missed import Missed
from tracker.storage.transaction import Tx
from tracker.web.alerts.acts import may_read
from tracker.web.alerts.lines import AlertLine, alert_line
from tracker.web.fields import Fields, fields_of
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, page, signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedLine:
    """One line of the list."""

    line: AlertLine
    missed: Missed


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _show(request, visit, Fields({}))


async def _show(request: web.Request, visit: Visit, fields: Fields) -> web.Response:
    """`fields`: what was sent for one of the lines, with what is wrong in it."""
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        lines = await _lines(tx, visit)
    if lines:
        shown = tuple(one.missed.alert_id for one in lines)
        look = Look(about=About(kind="list", key="alerts"), purpose="missed list", shown=shown)
        await record_look(registry, visit.actor, look)
    return page(
        request,
        visit,
        "missed.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fields.problems else HTTPStatus.OK,
        lines=lines,
        sent_for=request.match_info.get("alert_id"),
        fields=fields,
        problems=fields.problems,
        outcomes=tuple(Outcome),
    )


async def _lines(tx: Tx, visit: Visit) -> tuple[MissedLine, ...]:
    lines = []
    for one in await missed.list_missed(tx, visit.actor.court_id):
        alert = await alerts.get_alert(tx, one.alert_id)
        if await may_read(tx, visit.actor, alert):
            lines.append(MissedLine(line=await alert_line(tx, visit, alert), missed=one))
    return tuple(lines)


async def _settle(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    outcome = fields.choice("outcome", tuple(Outcome))
    reason = fields.needed_text("reason", LONGEST_REASON)
    if fields.problems:
        return await _show(request, visit, fields)
    async with request.app[EDGE].registry.transaction() as tx:
        alert = await alerts.lock_alert(tx, AlertId(request.match_info["alert_id"]))
        if alert.court_id != visit.actor.court_id:
            raise NotFound("alert")
        await set_outcome(tx, visit.actor, alert, outcome, reason)
    raise back_to("/missed")


ROUTES = (
    web.get("/missed", signed_in(_list)),
    web.post("/missed/{alert_id}", signed_in(_settle)),
)
