"""Alerts: the list, the page a judge opens on the phone, and what is done there.

A GET never takes: previews of links open pages. A form about a plan names the plan it was filled in for, so
that nobody is sent to where the person no longer goes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from aiohttp import web

from schemas.messages import Answer, Discretion
from tracker.domain.alerts import Alert, Outcome
from tracker.domain.authorisation import Action
from tracker.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from tracker.domain.ids import AgencyId, AlertId, PersonId
from tracker.services.alerts.act_points import choose_act_point
from tracker.services.alerts.confirmations import AnswerForm, confirm
from tracker.services.alerts.dispatches import DispatchForm, dispatch_team, report_arrival
from tracker.services.alerts.missed import LONGEST_REASON
from tracker.services.answers.offers import offer_taking
from tracker.services.answers.outcomes import set_outcome
from tracker.services.answers.replies import confirm_order
from tracker.services.answers.takings import Way, decline_alert, take_alert
from tracker.services.audit import About
from tracker.services.notices.facts import cases_of
from tracker.storage import alerts, drills, notices
from tracker.storage.leads import list_leads
from tracker.storage.transaction import Tx
from tracker.web.alerts.act_point_form import offer_act_points, read_act_point
from tracker.web.alerts.acts import may_read, owes_answer
from tracker.web.alerts.idle_view import gather_idle
from tracker.web.alerts.lines import count_missed, list_alert_lines, stage
from tracker.web.alerts.stand_down_views import count_to_call
from tracker.web.alerts.views import gather_alert
from tracker.web.fields import Fields, fields_of
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, VisitHandler, back_to, page, signed_in
from tracker.web.words.formats import field_moment

LONGEST_PLACE: Final = 200

Act = Callable[[Tx, Visit, Alert, Fields], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form of the page as it was sent, and what is wrong with it. `act`: the end of its address."""

    act: str
    fields: Fields
    problems: Sequence[Problem]


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        lines = await list_alert_lines(tx, visit)
        idle = await gather_idle(tx, visit)
        missed = await count_missed(tx, visit)
        to_call = await count_to_call(tx, visit)
    shown = tuple(line.alert.alert_id for line in lines)
    if lines:
        look = Look(about=About(kind="list", key="alerts"), purpose="alert list", shown=shown)
        await record_look(registry, visit.actor, look)
    return page(request, visit, "alerts.html", lines=lines, missed=missed, to_call=to_call, idle=idle)


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _show_alert(request, visit, None)


async def _show_alert(request: web.Request, visit: Visit, sent: Sent | None) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        alert = await _get_own_alert(tx, visit, request)
        if alert.is_drill:
            raise back_to(f"/drills/{(await drills.get_drill_of(tx, alert.alert_id)).drill_id}")
        if not await may_read(tx, visit.actor, alert):
            return await _show_ended(request, visit, tx, alert)
        shown = await gather_alert(tx, visit, alert)
        leads = await list_leads(tx, alert.court_id)
    look = Look(about=About(kind="alert", key=alert.alert_id), purpose="alert page")
    await record_look(registry, visit.actor, look)
    choices = {"outcomes": tuple(Outcome), "answers": tuple(Answer), "discretions": tuple(Discretion)}
    act_points = offer_act_points(alert.plan, registry.now(), leads)
    return page(
        request,
        visit,
        "alert.html",
        status=HTTPStatus.OK if sent is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        shown=shown,
        choices=choices,
        act_points=act_points,
        sent=sent,
    )


async def _show_ended(request: web.Request, visit: Visit, tx: Tx, alert: Alert) -> web.Response:
    """Whoever was told learns that it is over, though the person's data are no longer theirs to see."""
    if visit.person_id not in await notices.list_addressed(tx, alert.alert_id):
        raise NotAllowed(Action.READ_PERSONAL_DATA.value, "you were not told of this alert")
    return page(
        request,
        visit,
        "ended.html",
        alert=alert,
        stage=await stage(tx, alert),
        cases=await cases_of(tx, alert),
        owes_answer=await owes_answer(tx, visit.person_id, alert),
    )


async def _get_own_alert(tx: Tx, visit: Visit, request: web.Request) -> Alert:
    return _own(visit, await alerts.get_alert(tx, AlertId(request.match_info["alert_id"])))


def _own(visit: Visit, alert: Alert) -> Alert:
    if alert.court_id != visit.actor.court_id:
        raise NotFound("alert")
    return alert


def _acting(act: Act) -> VisitHandler:
    """One act on the alert of the address, in one transaction."""

    async def handle(request: web.Request, visit: Visit) -> web.StreamResponse:
        fields = await fields_of(request)
        async with request.app[EDGE].registry.transaction() as tx:
            locked = await alerts.lock_alert(tx, AlertId(request.match_info["alert_id"]))
            alert = _own(visit, locked)
            await act(tx, visit, alert, fields)
        raise back_to(f"/alerts/{alert.alert_id}")

    return handle


def _filled_in(act: Act) -> VisitHandler:
    """The same of an act with a form: what is wrong with it is told beside it, with what was typed."""
    once = _acting(act)

    async def handle(request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            return await once(request, visit)
        except Invalid as invalid:
            sent = Sent(
                act=request.path.rpartition("/")[2],
                fields=await fields_of(request),
                problems=invalid.problems,
            )
            return await _show_alert(request, visit, sent)

    return handle


async def _take(tx: Tx, visit: Visit, alert: Alert, fields: Fields) -> None:
    _require_same_plan(alert, fields)
    await take_alert(tx, visit.actor, alert, Way.CONSOLE)


async def _decline(tx: Tx, visit: Visit, alert: Alert, _fields: Fields) -> None:
    await decline_alert(tx, visit.actor, alert)


async def _offer(tx: Tx, visit: Visit, alert: Alert, fields: Fields) -> None:
    await offer_taking(tx, visit.actor, alert, PersonId(fields.raw("colleague")))


async def _dispatch(tx: Tx, visit: Visit, alert: Alert, fields: Fields) -> None:
    _require_same_plan(alert, fields)
    plan = alert.plan
    act_at = fields.moment("act_at", plan.act_at)
    form = DispatchForm(
        leader_id=PersonId(fields.raw("leader")),
        member_ids=tuple(PersonId(one) for one in fields.all("members")),
        muster_place=fields.needed_text("muster_place", LONGEST_PLACE),
        muster_at=fields.moment("muster_at", plan.act_from),
        act_place=fields.text("act_place", LONGEST_PLACE) or None,
        # The form shows whole minutes: only a changed minute is a change.
        act_at=None if field_moment(act_at) == field_moment(plan.act_at) else act_at,
    )
    fields.require()
    await dispatch_team(tx, visit.actor, alert, form)


async def _choose_act_point(tx: Tx, visit: Visit, alert: Alert, fields: Fields) -> None:
    _require_same_plan(alert, fields)
    point = read_act_point(alert.plan, fields, await list_leads(tx, alert.court_id))
    fields.require()
    await choose_act_point(tx, visit.actor, alert, point)


async def _confirm(tx: Tx, visit: Visit, alert: Alert, fields: Fields) -> None:
    _require_same_plan(alert, fields)
    form = AnswerForm(
        agency_id=AgencyId(fields.raw("agency")),
        answer=fields.choice("answer", tuple(Answer)),
        discretion=fields.choice("discretion", tuple(Discretion)),
        report_only_until=fields.text("report_only_until", LONGEST_PLACE) or None,
    )
    fields.require()
    await confirm(tx, visit.actor, alert, _only_where_meant(form))


def _only_where_meant(form: AnswerForm) -> AnswerForm:
    """The place goes with its own discretion only."""
    if form.discretion is Discretion.REPORT_ONLY_UNTIL:
        return form
    return replace(form, report_only_until=None)


async def _arrive(tx: Tx, visit: Visit, alert: Alert, _fields: Fields) -> None:
    await report_arrival(tx, visit.actor, alert)


async def _outcome(tx: Tx, visit: Visit, alert: Alert, fields: Fields) -> None:
    outcome = fields.choice("outcome", tuple(Outcome))
    reason = fields.text("reason", LONGEST_REASON)
    fields.require()
    await set_outcome(tx, visit.actor, alert, outcome, reason)


async def _answer(tx: Tx, visit: Visit, alert: Alert, _fields: Fields) -> None:
    """Received: the latest order was read. Touches the reader's own notices only."""
    await confirm_order(tx, visit.actor, alert, Way.CONSOLE)


def _require_same_plan(alert: Alert, fields: Fields) -> None:
    if fields.raw("plan_version") != str(alert.plan_version):
        raise Conflict("行程刚刚有变，请刷新后按新行程操作", "the plan has just changed: reload and look")


ROUTES = (
    web.get("/alerts", signed_in(_list)),
    web.get("/alerts/{alert_id}", signed_in(_show)),
    web.post("/alerts/{alert_id}/take", signed_in(_acting(_take))),
    web.post("/alerts/{alert_id}/decline", signed_in(_acting(_decline))),
    web.post("/alerts/{alert_id}/offer", signed_in(_acting(_offer))),
    web.post("/alerts/{alert_id}/act-point", signed_in(_filled_in(_choose_act_point))),
    web.post("/alerts/{alert_id}/dispatch", signed_in(_filled_in(_dispatch))),
    web.post("/alerts/{alert_id}/confirm", signed_in(_filled_in(_confirm))),
    web.post("/alerts/{alert_id}/arrive", signed_in(_acting(_arrive))),
    web.post("/alerts/{alert_id}/outcome", signed_in(_filled_in(_outcome))),
    web.post("/alerts/{alert_id}/answer", signed_in(_acting(_answer))),
)
