"""Climbs the ladder: who is rung first, and who next while nobody has taken the alert.

The next rung is due at the former due time plus its gap, so that a slow worker delays one step, not those
after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifications import ladders
from notifications.ladders import Ladder, Rung, ToWhom
from notifications.texts import TextId
from schemas.messages import SightingKind
from tracker.domain.alerts import Alert
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import PersonId
from tracker.domain.people import Duty
from tracker.domain.plans import Urgency
from tracker.services.drill_scope import people_in_drill
from tracker.services.facts import cases_of
from tracker.services.notices import Telling, tell, tell_all
from tracker.services.rosters import answering_for
from tracker.storage import due_work, notices, people
from tracker.storage.transaction import Tx

FIRST = Rung(step=0)
CONFIRM_WITHIN = timedelta(minutes=10)

Call = tuple[Alert, Telling]


def snapshot(urgency: Urgency) -> str:
    """The ladder an alert keeps from its opening on, as JSON."""
    return ladders.ladder_to_json(ladders.ladder_for(ladders.Urgency(urgency.value)))


async def start_ladder(tx: Tx, alert: Alert, started_at: datetime, rung: Rung = FIRST) -> None:
    """Begin an alert's ladder anew; what was waiting of a former start is dropped."""
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.LADDER_STEP])
    if rung.step < len(ladders.ladder_from_json(alert.ladder).steps):
        await tell_all(tx, await _schedule(tx, alert, started_at, rung))


async def begin_ladders(tx: Tx, opened: Sequence[Alert]) -> None:
    """Begin the ladders of alerts that were opened just now."""
    calls = [call for alert in opened for call in await _schedule(tx, alert, tx.at, FIRST)]
    await tell_all(tx, calls)


async def stop_ladder(tx: Tx, alert: Alert) -> None:
    """Nobody further is rung."""
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.LADDER_STEP])


async def _schedule(tx: Tx, alert: Alert, started_at: datetime, rung: Rung) -> list[Call]:
    """Set a rung due; whom to ring at once."""
    ladder = ladders.ladder_from_json(alert.ladder)
    planned_at = ladders.due_at(ladder, rung.step, rung.repeat, started_at)
    due_at = ladders.after_quiet_hours(planned_at, alert.plan.act_from, ladder)
    # What the night postpones moves the whole ladder, or the morning would ring every rung at once.
    started_at += due_at - planned_at
    if due_at <= tx.at:
        return await _climb(tx, alert, started_at, rung)
    due = DueWork(
        due_id=tx.entropy.new_id(),
        kind=DueKind.LADDER_STEP,
        about=alert.alert_id,
        due_at=due_at,
        detail={"started_at": started_at.isoformat(), "step": rung.step, "repeat": rung.repeat},
    )
    await due_work.add_due(tx, due)
    return []


def may_ring_at(alert: Alert, at: datetime) -> datetime:
    """`at`, or the end of the night when the alert can wait that long."""
    return ladders.after_quiet_hours(at, alert.plan.act_from, ladders.ladder_from_json(alert.ladder))


async def climb(tx: Tx, alert: Alert, started_at: datetime, rung: Rung) -> None:
    """Ring the people of one rung and set the next one due."""
    await tell_all(tx, await _climb(tx, alert, started_at, rung))


async def _climb(tx: Tx, alert: Alert, started_at: datetime, rung: Rung) -> list[Call]:
    ladder = ladders.ladder_from_json(alert.ladder)
    place = Place(ladder=ladder, rung=rung, started_at=started_at)
    tellings = [await _telling(tx, alert, place, to_whom) for to_whom in ladder.steps[rung.step].to_whom]
    calls = [(alert, telling) for telling in tellings]
    following = ladders.next_rung(ladder, rung)
    return calls if following is None else calls + await _schedule(tx, alert, started_at, following)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on its ladder an alert stands."""

    ladder: Ladder
    rung: Rung
    started_at: datetime


async def tell_first_people(tx: Tx, alert: Alert) -> None:
    """Judge and duty officer of now who were never written to: what the first rung would have told them."""
    addressed = set(await notices.list_addressed(tx, alert.alert_id))
    for to_whom in (ToWhom.JUDGE, ToWhom.DUTY_OFFICER):
        fresh = tuple(one for one in await people_for(tx, alert, to_whom) if one not in addressed)
        if not fresh or (alert.urgency is Urgency.TRACE and to_whom is not ToWhom.JUDGE):
            continue
        ladder = ladders.ladder_from_json(alert.ladder)
        start = Place(ladder=ladder, rung=FIRST, started_at=tx.at)
        extra = _extra(tx, start)
        due_at = may_ring_at(alert, tx.at)
        await tell(tx, alert, Telling(text_id=text_for(alert, to_whom), to=fresh, extra=extra, due_at=due_at))


def _extra(tx: Tx, place: Place) -> dict[str, Any]:
    """The facts of a page: when the ladder goes on, and until when the border wants an answer."""
    return {
        "escalates_at": place.started_at + timedelta(seconds=_team_after_s(place.ladder)),
        "confirm_by": tx.at + CONFIRM_WITHIN,
    }


async def _telling(tx: Tx, alert: Alert, place: Place, to_whom: ToWhom) -> Telling:
    rung = place.rung
    # Only the team skips who was told: desk and leader may know of it, but not yet that nobody goes.
    is_new = to_whom is ToWhom.TEAM and rung.repeat == 0
    told = set(await notices.list_told(tx, alert.alert_id)) if is_new else set()
    to = tuple(one for one in await people_for(tx, alert, to_whom) if not is_new or one not in told)
    return Telling(
        text_id=text_for(alert, to_whom),
        to=to,
        channels=place.ladder.steps[rung.step].channels,
        extra=_extra(tx, place),
    )


def _team_after_s(ladder: Ladder) -> int:
    """When the ladder goes beyond those told first."""
    beyond = [step.after_s for step in ladder.steps if ToWhom.TEAM in step.to_whom]
    return beyond[0] if beyond else 0


def text_for(alert: Alert, to_whom: ToWhom) -> TextId:
    """Which text a rung sends: the first told learn what was seen, the others that nobody has it."""
    if alert.urgency is Urgency.TRACE:
        return TextId.TRACE
    if to_whom not in (ToWhom.JUDGE, ToWhom.DUTY_OFFICER):
        return TextId.LADDER
    if alert.urgency is Urgency.IMMINENT:
        at_border = alert.plan.kind is SightingKind.BORDER_CROSSING
        return TextId.BORDER_COUNTER if at_border else TextId.IMMINENT
    return TextId.PLANNED_JUDGE if to_whom is ToWhom.JUDGE else TextId.PLANNED_DUTY


async def people_for(tx: Tx, alert: Alert, to_whom: ToWhom) -> tuple[PersonId, ...]:
    """The people a word of the ladder stands for, at this moment."""
    if alert.is_drill:
        return await people_in_drill(tx, alert, to_whom)
    return await _people_of_cases(tx, alert, to_whom)


async def _people_of_cases(tx: Tx, alert: Alert, to_whom: ToWhom) -> tuple[PersonId, ...]:
    known = await cases_of(tx, alert)
    match to_whom:
        case ToWhom.JUDGE:
            return await answering_for(tx, alert.court_id, [case.judge_id for case in known])
        case ToWhom.TEAM:
            members: list[PersonId] = []
            for case in known:
                members += await people.list_on_duty(tx, alert.court_id, Duty.TEAM, tx.at, case.team_id)
            return tuple(dict.fromkeys(members))
        case ToWhom.DUTY_OFFICER:
            return await people.list_on_duty(tx, alert.court_id, Duty.DUTY_OFFICER, tx.at)
        case ToWhom.DESK:
            return await people.list_on_duty(tx, alert.court_id, Duty.DESK, tx.at)
        case ToWhom.LEADER_ON_DUTY:
            return await people.list_on_duty(tx, alert.court_id, Duty.LEADER, tx.at)
        case ToWhom.TOLD:
            return await notices.list_told(tx, alert.alert_id)
