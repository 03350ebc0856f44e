"""Opens alerts and moves them: what a sighting, the clock or a change of plan does to the one open alert."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from notifications.ladders import Rung
from notifications.texts import TextId
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.due import ENTRY_CLOCKS, DueKind
from tracker.domain.entries import Entry
from tracker.domain.errors import Conflict
from tracker.domain.ids import AlertId, CourtId, PersonId
from tracker.domain.people import system_actor
from tracker.domain.plans import (
    ActPoint,
    Effect,
    Plan,
    Seen,
    Urgency,
    next_journey,
    plan_of,
    reseated,
    same_train,
    seat_is_known_since,
    team_still_reaches,
    urgency_of,
    with_act_point,
    with_lead,
)
from tracker.services import audit
from tracker.services.alerts.missed import list_if_nobody_acted
from tracker.services.audit import About
from tracker.services.due_rows import due_row, set_due
from tracker.services.ladders.circles import remember_first_called, still_missing
from tracker.services.ladders.rungs import (
    begin_ladders,
    may_ring_at,
    snapshot,
    start_ladder,
    tell_first_people,
)
from tracker.services.notices.telling import Telling, Writing, tell, write_as_due
from tracker.storage import alert_acts, alerts, due_work, notices, sightings, unreached, waiting_notices
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.leads import list_leads
from tracker.storage.leases import remember_database_seconds
from tracker.storage.texts import list_texts
from tracker.storage.transaction import Tx

RETAKE_WITHIN = timedelta(minutes=3)
AFTER_FIRST_TOLD = Rung(step=1)
DISPATCH_WITHIN = timedelta(minutes=10)
CLOCKS = (DueKind.ACT_FROM, DueKind.PAGING_ENDS)
ALL_CLOCKS = tuple(kind for kind in DueKind if kind not in (*ENTRY_CLOCKS, DueKind.STAND_DOWN_STEP))
ENDED_WITH_USE = tuple(kind for kind in ALL_CLOCKS if kind is not DueKind.HOLD_HALF_GONE)
STOPPED_BY_PAUSE = tuple(
    kind for kind in ALL_CLOCKS if kind not in (DueKind.PAGING_ENDS, DueKind.HOLD_HALF_GONE)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Why an alert is opened: what was seen of a subject with these entries in force."""

    standing: Sequence[Entry]
    seen: Seen
    correlation: str | None = None

    @property
    def court_id(self) -> CourtId:
        return self.standing[0].court_id


async def open_alerts(
    tx: Tx, openings: Sequence[Opening], write: Writing = write_as_due
) -> tuple[Alert, ...]:
    """Open an alert each, tell the first people, start the clocks. `write`: puts the first notices into the
    books.
    """
    opened = tuple([await _opened(tx, opening) for opening in openings])
    for alert in opened:
        await alerts.add_alert(tx, alert)
        await _start_clocks(tx, alert)
    await begin_ladders(tx, opened, write)
    return opened


async def remember_what_openings_ask(tx: Tx, openings: Sequence[Opening]) -> None:
    """Read at once the ladders that will be climbed, whom they call first, and what whoever sends to them
    asks, for `open_alerts`.
    """
    plans = [(one.court_id, await _proposed(tx, one.court_id, plan_of(one.seen))) for one in openings]
    ladders = {(court_id, urgency_of(plan, tx.at)) for court_id, plan in plans}
    await in_one_trip(
        tx,
        remember_first_called(tx, [one.standing for one in openings]),
        remember_database_seconds(tx),
        *(list_texts(tx, court_id) for court_id in {court_id for court_id, _ in plans}),
        *(snapshot(tx, court_id, urgency, tx.at) for court_id, urgency in ladders),
    )


async def _opened(tx: Tx, opening: Opening) -> Alert:
    court_id = opening.court_id
    plan = await _proposed(tx, court_id, plan_of(opening.seen))
    urgency = urgency_of(plan, tx.at)
    return Alert(
        alert_id=AlertId(tx.entropy.new_id()),
        court_id=court_id,
        subject_id=opening.standing[0].subject_id,
        state=AlertState.OPEN,
        paused=False,
        plan=plan,
        plan_version=1,
        urgency=urgency,
        ladder=await snapshot(tx, court_id, urgency, tx.at),
        raised_at=tx.at,
        closed_at=None,
        outcome=None,
        entry_ids=tuple(entry.entry_id for entry in opening.standing),
        version=1,
        correlation=opening.correlation,
    )


async def _proposed(tx: Tx, court_id: CourtId, plan: Plan) -> Plan:
    """With the lead that the court keeps for its place now."""
    return with_lead(plan, await list_leads(tx, court_id))


async def move(tx: Tx, alert: Alert, **changes: Any) -> Alert:
    """Write a change of an alert; refused when somebody else moved it meanwhile."""
    moved = replace(alert, version=alert.version + 1, **changes)
    if not await alerts.record_alert(tx, moved):
        raise Conflict(
            "该预警刚刚有变化，请刷新后再操作", "the alert has just changed: reload and look again"
        )
    return moved


async def note(tx: Tx, alert: Alert, action: str) -> None:
    """What happened to an alert by itself, for the audit log."""
    await audit.record(tx, system_actor(alert.court_id), action, About(kind="alert", key=alert.alert_id))


async def _set_clocks(tx: Tx, alert: Alert) -> None:
    """The due rows that follow from the plan alone."""
    await due_work.cancel_due(tx, alert.alert_id, CLOCKS)
    await _start_clocks(tx, alert)


async def _start_clocks(tx: Tx, alert: Alert) -> None:
    clocks = []
    if alert.urgency is Urgency.PLANNED:
        clocks.append(due_row(tx, DueKind.ACT_FROM, alert.alert_id, alert.plan.act_from))
    if alert.urgency is not Urgency.TRACE:
        clocks.append(due_row(tx, DueKind.PAGING_ENDS, alert.alert_id, alert.plan.useful_until))
    await due_work.add_due(tx, *clocks)


async def join_alert(tx: Tx, alert: Alert, seen: Seen, effect: Effect) -> Alert:
    """What a further sighting does, by its effect."""
    match effect:
        case Effect.JOINS:
            return await _reseat(tx, alert, seen)
        case Effect.CONFIRMS | Effect.AT_ACT_POINT:
            alert = await _reseat(tx, alert, seen)
            await _tell_quietly(tx, alert, seen, effect)
            return alert
        case Effect.CONTRADICTS:
            return alert
        case Effect.ENDS_PLAN:
            return await _end_plan(tx, alert)
        case Effect.CHANGES:
            return await _change_plan(tx, alert, await _proposed(tx, alert.court_id, plan_of(seen)))


async def _reseat(tx: Tx, alert: Alert, seen: Seen) -> Alert:
    """The newest coach and seat of the same journey, also in what has not been sent yet."""
    if not same_train(alert.plan.itinerary, seen.itinerary):
        return alert
    plan = reseated(alert.plan, seen)
    if plan == alert.plan or plan.itinerary is None:
        return alert
    known = await sightings.list_sightings_of_alert(tx, alert.alert_id)
    if seat_is_known_since(alert.plan, seen, [one.sighting.seen for one in known]):
        return alert
    await waiting_notices.reseat_waiting(tx, alert.alert_id, plan.itinerary.coach, plan.itinerary.seat)
    return await move(tx, alert, plan=plan)


async def _tell_quietly(tx: Tx, alert: Alert, seen: Seen, effect: Effect) -> None:
    """To those who have it: takers and dispatched, without voice, ladder or reply."""
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    takers = tuple(taking.person_id for taking in takings)
    members = dispatch.member_ids if dispatch else ()
    text_id = TextId.PLAN_CONFIRMED if effect is Effect.CONFIRMS else TextId.AT_ACT_POINT
    extra = {
        "sighted_at": seen.occurred_at,
        "sighted_place": seen.place.name,
        "sighted_detail": seen.place.detail,
    }
    await tell(tx, alert, Telling(text_id=text_id, to=(*takers, *members), extra=extra))


async def _change_plan(tx: Tx, alert: Alert, plan: Plan) -> Alert:
    """Tell everyone who was told; a taking that can no longer reach the person lapses."""
    previous = alert.plan
    alert = await _adopt_plan(tx, alert, plan)
    await _tell_change(tx, alert, previous)
    if not await _keep_team(tx, alert, previous):
        await _begin_anew(tx, alert)
    return alert


async def _tell_change(tx: Tx, alert: Alert, previous: Plan, by: PersonId | None = None) -> None:
    """One text with the latest state. `by`: who moved the act point, and so need not be told."""
    told = await notices.list_addressed(tx, alert.alert_id)
    waiting = await notices.list_waiting(tx, alert.alert_id, TextId.PLAN_CHANGED)
    # Who has not been sent the old plan yet gets the new one in its stead.
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    is_trace = alert.urgency is Urgency.TRACE
    # A change that still waited was told to nobody: what people know is the plan before it.
    known_until = waiting[0].facts.previous_act_at if waiting else previous.act_at
    text_id = TextId.PLAN_CHANGED if by is None or waiting else TextId.ACT_POINT_MOVED
    telling = Telling(
        text_id=TextId.TRACE if is_trace else text_id,
        to=tuple(one for one in told if one != by),
        extra={"previous_act_at": known_until},
        # A trace can wait for the morning: the person can no longer be met.
        due_at=may_ring_at(alert, tx.at) if is_trace else None,
    )
    await tell(tx, alert, telling)


async def _adopt_plan(tx: Tx, alert: Alert, plan: Plan) -> Alert:
    urgency = urgency_of(plan, tx.at)
    ladder = await snapshot(tx, alert.court_id, urgency, alert.raised_at)
    version = alert.plan_version + 1
    alert = await move(tx, alert, plan=plan, plan_version=version, urgency=urgency, ladder=ladder)
    await _set_clocks(tx, alert)
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.ARRIVAL_EXPECTED])
    return alert


async def _keep_team(tx: Tx, alert: Alert, previous: Plan) -> bool:
    """Whether a team is out that still reaches the new act point; else nobody is out any more."""
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is not None and team_still_reaches(previous, alert.plan, tx.at):
        await due_work.cancel_due(tx, alert.alert_id, [DueKind.ACT_FROM])
        expected_at = dispatch.expected_at(alert.plan.act_at)
        await set_due(tx, DueKind.ARRIVAL_EXPECTED, alert.alert_id, expected_at)
        return True
    await alert_acts.record_dispatch_ended(tx, alert.alert_id)
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.TAKING_EXPIRES])
    return False


async def _begin_anew(tx: Tx, alert: Alert) -> None:
    """Whoever had it has to take it again, before others are rung."""
    if await alert_acts.record_taking_lapsed(tx, alert.alert_id, "plan-changed"):
        await start_ladder(tx, alert, tx.at + RETAKE_WITHIN)
    else:
        await tell_first_people(tx, alert)
        await start_ladder(tx, alert, may_ring_at(alert, tx.at), AFTER_FIRST_TOLD)


async def move_act_point(tx: Tx, alert: Alert, point: ActPoint, by: PersonId) -> Alert:
    """The court acts elsewhere. As after a change of plan, but that whoever moved it knows: their own taking
    stands.
    """
    previous = alert.plan
    alert = await _adopt_plan(tx, alert, with_act_point(previous, point))
    await _tell_change(tx, alert, previous, by)
    if await _keep_team(tx, alert, previous):
        return alert
    takers = {one.person_id for one in await alert_acts.list_standing_takings(tx, alert.alert_id)}
    if by not in takers:
        await _begin_anew(tx, alert)
        return alert
    for other in takers - {by}:
        await alert_acts.record_taking_lapsed(tx, alert.alert_id, "plan-changed", other)
    if await still_missing(tx, alert):
        await start_ladder(tx, alert, tx.at + RETAKE_WITHIN)
    if alert.urgency is Urgency.IMMINENT:
        await set_due(tx, DueKind.TAKING_EXPIRES, alert.alert_id, tx.at + DISPATCH_WITHIN)
    return alert


async def _end_plan(tx: Tx, alert: Alert) -> Alert:
    """The journey was given up: nobody sets out, unless another is known; the person is still wanted."""
    following = await _next_journey(tx, alert)
    if following is not None:
        return await _change_plan(tx, alert, following)
    told = await notices.list_told(tx, alert.alert_id)
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    await tell(tx, alert, Telling(text_id=TextId.PLAN_ENDED, to=told))
    await due_work.cancel_due(tx, alert.alert_id, ALL_CLOCKS)
    ended = replace(alert.plan, useful_until=tx.at)
    return await move(tx, alert, plan=ended, plan_version=alert.plan_version + 1, urgency=Urgency.TRACE)


async def _next_journey(tx: Tx, alert: Alert) -> Plan | None:
    """The earliest further journey among the sightings that was neither given up nor is over."""
    listed = await sightings.list_sightings_of_alert(tx, alert.alert_id)
    following = next_journey(alert.plan, [(one.sighting.seen, one.effect) for one in listed], tx.at)
    return None if following is None else await _proposed(tx, alert.court_id, following)


async def reach_act_from(tx: Tx, alert: Alert) -> None:
    """Act-from has come and nobody is dispatched: a taking lapses and the imminent ladder begins."""
    if await alert_acts.find_standing_dispatch(tx, alert.alert_id) is not None:
        return
    ladder = await snapshot(tx, alert.court_id, Urgency.IMMINENT, alert.raised_at)
    alert = await move(tx, alert, urgency=Urgency.IMMINENT, ladder=ladder)
    await lapse_for_want_of_dispatch(tx, alert)


async def lapse_for_want_of_dispatch(tx: Tx, alert: Alert) -> None:
    """Tell everyone that nobody has been sent, and ring on from there."""
    if alert.paused or alert.plan.is_over(tx.at):
        return
    await note(tx, alert, "taking lapsed")
    await alert_acts.record_taking_lapsed(tx, alert.alert_id, "not-dispatched")
    told = await notices.list_told(tx, alert.alert_id)
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    await tell(tx, alert, Telling(text_id=TextId.NOBODY_DISPATCHED, to=told, extra={"act_from": tx.at}))
    await start_ladder(tx, alert, tx.at, AFTER_FIRST_TOLD)


async def end_paging(tx: Tx, alert: Alert) -> None:
    """The person can no longer be met: nobody is rung further; the outcome stays to be recorded."""
    await due_work.cancel_due(tx, alert.alert_id, ENDED_WITH_USE)
    await unreached.forget_unreached(tx, [alert.alert_id])
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    await note(tx, alert, "paging ended")
    if await alert_acts.find_standing_dispatch(tx, alert.alert_id) is not None:
        return
    following = await _next_journey(tx, alert)
    if following is not None:
        await _change_plan(tx, alert, following)
    else:
        await list_if_nobody_acted(tx, alert)
        await move(tx, alert, urgency=Urgency.TRACE)


async def pause_alert(tx: Tx, alert: Alert) -> Alert:
    """The person must not be stopped for now: nobody is called out until the alert goes on."""
    await due_work.cancel_due(tx, alert.alert_id, STOPPED_BY_PAUSE)
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    await note(tx, alert, "alert paused")
    return await move(tx, alert, paused=True)


async def resume_alert(tx: Tx, alert: Alert) -> Alert:
    """The alert goes on from where time has brought it: people on their way, a taking, or nobody yet."""
    urgency = urgency_of(alert.plan, tx.at)
    version = alert.plan_version + 1
    ladder = await snapshot(tx, alert.court_id, urgency, alert.raised_at)
    alert = await move(tx, alert, paused=False, plan_version=version, urgency=urgency, ladder=ladder)
    await note(tx, alert, "alert resumed")
    await _set_clocks(tx, alert)
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is not None:
        await set_due(tx, DueKind.ARRIVAL_EXPECTED, alert.alert_id, dispatch.expected_at(alert.plan.act_at))
    elif await still_missing(tx, alert):
        await start_ladder(tx, alert, tx.at, AFTER_FIRST_TOLD)
    elif urgency is Urgency.IMMINENT:
        await set_due(tx, DueKind.TAKING_EXPIRES, alert.alert_id, tx.at + DISPATCH_WITHIN)
    return alert


async def settle_alert(tx: Tx, alert: Alert) -> None:
    """Nothing more will happen to the alert by itself."""
    await due_work.cancel_due(tx, alert.alert_id, ALL_CLOCKS)
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
