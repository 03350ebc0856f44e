"""What a further sighting, or the court, does to the plan of an open alert."""

from dataclasses import replace
from datetime import timedelta

from notifications.texts import TextId
from tracker.domain.alerts import Alert
from tracker.domain.due import DueKind
from tracker.domain.ids import PersonId
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
)
from tracker.services.alerts.leads import with_court_lead
from tracker.services.alerts.moves import ALL_CLOCKS, DISPATCH_WITHIN, move, set_clocks
from tracker.services.due_rows import set_due
from tracker.services.ladders.circles import still_missing
from tracker.services.ladders.rungs import AFTER_FIRST, may_ring_at, snapshot, start_ladder, tell_first_people
from tracker.services.notices.telling import Telling, tell
from tracker.storage import alert_acts, due_work, notices, sightings, waiting_notices
from tracker.storage.transaction import Tx

RETAKE_WITHIN = timedelta(minutes=3)


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
            return await _change_plan(tx, alert, await with_court_lead(tx, alert.court_id, plan_of(seen)))


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
    await set_clocks(tx, alert)
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
        await start_ladder(tx, alert, may_ring_at(alert, tx.at), AFTER_FIRST)


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
    moved = await go_on_to_next_journey(tx, alert)
    if moved is not None:
        return moved
    told = await notices.list_told(tx, alert.alert_id)
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    await tell(tx, alert, Telling(text_id=TextId.PLAN_ENDED, to=told))
    await due_work.cancel_due(tx, alert.alert_id, ALL_CLOCKS)
    ended = replace(alert.plan, useful_until=tx.at)
    return await move(tx, alert, plan=ended, plan_version=alert.plan_version + 1, urgency=Urgency.TRACE)


async def go_on_to_next_journey(tx: Tx, alert: Alert) -> Alert | None:
    """Change to the earliest journey among the sightings that was neither given up nor is over; None where
    there is none.
    """
    listed = await sightings.list_sightings_of_alert(tx, alert.alert_id)
    following = next_journey(alert.plan, [(one.sighting.seen, one.effect) for one in listed], tx.at)
    if following is None:
        return None
    return await _change_plan(tx, alert, await with_court_lead(tx, alert.court_id, following))
