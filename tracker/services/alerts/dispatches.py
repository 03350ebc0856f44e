"""Sending people: the act point, who goes, under whom, where they muster, and whether they have arrived."""

from dataclasses import dataclass, replace
from datetime import datetime

from notifications.ladders import ToWhom
from notifications.texts import TextId
from tracker.domain.alerts import Alert, AlertState, Dispatch, muster_problem
from tracker.domain.authorisation import Action
from tracker.domain.due import DueKind
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor
from tracker.domain.plans import ActPoint, lead_at
from tracker.services import audit
from tracker.services.access import require_on_alert
from tracker.services.alerts.act_points import choose_act_point
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.ladders.circles import people_for
from tracker.services.ladders.rungs import stop_ladder
from tracker.services.notices.telling import BY_TEXT, Telling, tell
from tracker.storage import alert_acts, due_work, people
from tracker.storage.leads import list_leads
from tracker.storage.transaction import Tx
from tracker.storage.waiting_notices import Told, cancel_waiting_by

SAID_BY_DISPATCH = (TextId.ACT_POINT_MOVED, TextId.PLAN_CHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchForm:
    """Who goes where; who leads is sent, be it that the members do not name them. `act_place` None keeps the
    place the system proposed.
    """

    leader_id: PersonId
    member_ids: tuple[PersonId, ...]
    muster_place: str
    muster_at: datetime
    act_place: str | None = None
    act_at: datetime | None = None


async def dispatch_team(tx: Tx, actor: Actor, alert: Alert, form: DispatchForm) -> Alert:
    """Send people to an open alert and tell each of them; nobody is woken at act-from any more. Everyone else
    hears of another act point.
    """
    await require_on_alert(tx, actor, Action.ACT, alert)
    if alert.state is not AlertState.OPEN:
        raise Conflict("该预警已结束，不能派员", "the alert has ended: nobody can be sent")
    if alert.paused:
        raise Conflict(
            "协查已暂停，恢复后方可派员", "the entry is suspended: resume it before you send anyone"
        )
    members = await _members(tx, alert, form)
    form = replace(form, member_ids=members)
    alert = await _choose(tx, actor, alert, form)
    problem = muster_problem(alert.plan, form.muster_at, tx.at)
    if problem is not None:
        raise Invalid([problem])
    dispatch = Dispatch(
        dispatch_id=tx.entropy.new_id(),
        leader_id=form.leader_id,
        member_ids=members,
        muster_place=form.muster_place,
        muster_at=form.muster_at,
        dispatched_at=tx.at,
        arrived_at=None,
    )
    await alert_acts.add_dispatch(tx, alert.alert_id, dispatch)
    await stop_ladder(tx, alert)
    expected = [DueKind.ACT_FROM, DueKind.TAKING_EXPIRES, DueKind.ARRIVAL_EXPECTED]
    await due_work.cancel_due(tx, alert.alert_id, expected)
    await set_due(tx, DueKind.ARRIVAL_EXPECTED, alert.alert_id, dispatch.expected_at(alert.plan.act_at))
    await _tell_members(tx, alert, dispatch)
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "team dispatched", about, members=list(members))
    return alert


async def _choose(tx: Tx, actor: Actor, alert: Alert, form: DispatchForm) -> Alert:
    """Another act point is chosen as ever: everyone hears of it, who is sent from what sends them, which
    says as much as a change of plan that still waits for them.
    """
    known = alert.plan.act_point
    place = form.act_place or known.place
    lead = lead_at(alert.plan, place, await list_leads(tx, alert.court_id))
    point = ActPoint(place=place, at=form.act_at or known.at, lead=lead)
    moved = await choose_act_point(tx, actor, alert, point)
    said = {Told(alert.alert_id, one, channel) for one in form.member_ids for channel in BY_TEXT}
    await cancel_waiting_by(tx, said, SAID_BY_DISPATCH)
    return moved


async def _members(tx: Tx, alert: Alert, form: DispatchForm) -> tuple[PersonId, ...]:
    """Who is sent, each once: people of the alert's own court, the leader among them."""
    if not form.leader_id:
        raise Invalid([Problem(field="leader", zh="请选择带队人员", en="choose who leads")])
    members = tuple(dict.fromkeys((*form.member_ids, form.leader_id)))
    own = {person.person_id for person in await people.list_people(tx, alert.court_id)}
    if not set(members) <= own:
        problem = Problem(
            field="members", zh="请从本院人员中选择", en="choose among the people of this court"
        )
        raise Invalid([problem])
    return members


async def _tell_members(tx: Tx, alert: Alert, dispatch: Dispatch) -> None:
    leader = await people.get_person(tx, dispatch.leader_id)
    extra = {
        "leader": leader.title,
        "muster_at": dispatch.muster_at,
        "muster_place": dispatch.muster_place,
    }
    await tell(tx, alert, Telling(text_id=TextId.DISPATCHED, to=dispatch.member_ids, extra=extra))


async def report_arrival(tx: Tx, actor: Actor, alert: Alert) -> None:
    """One of the dispatched says that the team is there."""
    if alert.state is not AlertState.OPEN:
        raise Conflict("该预警已结束，无需报到", "the alert has ended: there is nowhere to be")
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is None:
        raise Conflict("尚未派员", "nobody has been sent yet: dispatch a team first")
    if actor.person_id not in dispatch.member_ids:
        await require_on_alert(tx, actor, Action.ACT, alert)
    await alert_acts.record_arrived(tx, dispatch.dispatch_id)
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.ARRIVAL_EXPECTED])
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "team arrived", about, dispatch=dispatch.dispatch_id)


async def miss_arrival(tx: Tx, alert: Alert) -> None:
    """The act point's time has come and the team has not reported: the desk takes a look."""
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is None or dispatch.arrived_at is not None:
        return
    leader = await people.get_person(tx, dispatch.leader_id)
    desk = await people_for(tx, alert, ToWhom.DESK)
    extra = {"leader": leader.title}
    await tell(tx, alert, Telling(text_id=TextId.NOT_ARRIVED, to=desk, extra=extra))
