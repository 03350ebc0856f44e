"""Climbs the ladder: who is rung first, and who next while nobody has taken the alert.

The next rung is due at the former due time plus its gap, so that a slow worker delays one step, not those
after it. After a standstill the people of all rungs that were missed are rung at once, each once. A rung that
finds nobody is passed over at once; an alert that finds nobody at all goes to the last resort.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from notifications import ladders
from notifications.ladders import (
    Place,
    Rung,
    ToWhom,
    goes_beyond_after_s,
    place_after,
    place_on,
)
from notifications.texts import TextId
from schemas.messages import SightingKind
from tracker.domain.alerts import Alert
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import CourtId, PersonId
from tracker.domain.plans import Urgency
from tracker.services.ladders.circles import Circle, circle_to_call, find_groups, people_for
from tracker.services.ladders.last_resort import call_last_resort
from tracker.services.notices.facts import entries_of
from tracker.services.notices.superseded import drop_superseded
from tracker.services.notices.telling import Telling, Writing, tell, tell_all, write_as_due
from tracker.storage import alert_acts, cases, due_work, notices, people, replies, subjects, unreached
from tracker.storage import ladders as saved_ladders
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.transaction import Tx

FIRST = Rung(step=0)
AFTER_FIRST = Rung(step=1)
CONFIRM_WITHIN = timedelta(minutes=10)
CALLED_AGAIN_AFTER_S = 900
"""So long after it reached nobody a ladder begins anew, where its last step says nothing of it."""

Call = tuple[Alert, Telling]


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """An alert whose ladder began at a moment, and the rung whose time has come."""

    alert: Alert
    started_at: datetime
    rung: Rung


async def snapshot(tx: Tx, court_id: CourtId, urgency: Urgency, opened_at: datetime) -> str:
    """The ladder of an alert, as JSON: whatever it becomes, the version in force when it opened counts."""
    ladder = await saved_ladders.get_ladder(tx, court_id, ladders.Urgency(urgency.value), opened_at)
    return ladders.ladder_to_json(ladder)


async def start_ladder(tx: Tx, alert: Alert, started_at: datetime, rung: Rung = FIRST) -> None:
    """Begin an alert's ladder anew; what was waiting of a former start is dropped."""
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.LADDER_STEP])
    first = ladders.beginning_at(ladders.ladder_from_json(alert.ladder), rung)
    if first is not None:
        await climb_all(tx, [Climb(alert=alert, started_at=started_at, rung=first)])


async def begin_ladders(tx: Tx, opened: Sequence[Alert], write: Writing = write_as_due) -> None:
    """Begin the ladders of alerts that were opened just now. `write`: puts their first notices into the
    books.
    """
    replies.remember_without_codes(tx, [alert.alert_id for alert in opened])
    calls = [call for alert in opened for call in await _go_on(tx, alert, _place(alert, FIRST, tx.at))]
    await tell_all(tx, calls, write)


async def stop_ladder(tx: Tx, alert: Alert) -> None:
    """Nobody further is rung."""
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.LADDER_STEP])
    await unreached.forget_unreached(tx, [alert.alert_id])


async def climb_all(tx: Tx, climbs: Sequence[Climb]) -> None:
    """Ring the people of the rungs whose time has come and set the next ones due. What is read of several
    alerts is read together.
    """
    if len(climbs) > 1:
        await _read_together(tx, [one.alert for one in climbs])
    calls: list[Call] = []
    for one in climbs:
        calls += await _go_on(tx, one.alert, _place(one.alert, one.rung, one.started_at))
    if calls:
        await unreached.forget_unreached(tx, {alert.alert_id for alert, _ in calls})
        await drop_superseded(tx, calls)
    await tell_all(tx, calls)


async def _read_together(tx: Tx, climbing: Sequence[Alert]) -> None:
    """What each of the alerts is asked for."""
    real = [alert for alert in climbing if not alert.is_drill]
    await subjects.remember_subjects(tx, {alert.subject_id for alert in real})
    listed = [entry for alert in real for entry in await entries_of(tx, alert)]
    await cases.remember_cases(tx, {entry.case_id for entry in listed})
    judges = [(await cases.get_case(tx, entry.case_id)).judge_id for entry in listed]
    await people.remember_people(tx, set(judges))
    alert_ids = [alert.alert_id for alert in climbing]
    await in_one_trip(tx, notices.remember_told(tx, alert_ids), alert_acts.remember_declined(tx, alert_ids))


def _place(alert: Alert, rung: Rung, started_at: datetime) -> Place:
    return place_on(ladders.ladder_from_json(alert.ladder), rung, started_at, alert.plan.act_from)


def may_ring_at(alert: Alert, at: datetime) -> datetime:
    """`at`, or the end of the night when the alert can wait that long."""
    return ladders.after_quiet_hours(at, alert.plan.act_from, ladders.ladder_from_json(alert.ladder))


async def _go_on(tx: Tx, alert: Alert, place: Place) -> list[Call]:
    """Whom to ring now, each once; the next rung is set due."""
    if alert.urgency is not Urgency.TRACE and alert.plan.is_over(tx.at):
        return []
    ringing = Ringing(alert=alert, circle=await circle_to_call(tx, alert))
    following: Place | None = place
    while following is not None and following.due_at <= tx.at:
        place = following
        found = await ringing.ring(tx, place)
        following = place_after(place, alert.plan.act_from, found=found)
    is_at_its_end = place.is_last and place.due_at <= tx.at
    if is_at_its_end and not ringing.tellings and await call_last_resort(tx, alert):
        # By then somebody of any rung may have come on shift.
        again_at = tx.at + timedelta(seconds=place.step.repeat_every_s or CALLED_AGAIN_AFTER_S)
        following = _place(alert, FIRST, again_at)
    if following is not None:
        await _set_due(tx, alert, following)
    return [(alert, telling) for telling in ringing.tellings.values()]


async def _set_due(tx: Tx, alert: Alert, place: Place) -> None:
    due = DueWork(
        due_id=tx.entropy.new_id(),
        kind=DueKind.LADDER_STEP,
        about=alert.alert_id,
        due_at=place.due_at,
        detail={
            "started_at": place.started_at.isoformat(),
            "step": place.rung.step,
            "repeat": place.rung.repeat,
        },
    )
    await due_work.add_due(tx, due)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """Gathers whom the rungs of one climb call. Who is called by several gets the text of the latest, by the
    channels of all of them.
    """

    alert: Alert
    circle: Circle
    tellings: dict[PersonId, Telling] = field(default_factory=dict)

    async def ring(self, tx: Tx, place: Place) -> bool:
        """Whether the rung finds anybody."""
        told = set(self.tellings)
        if ToWhom.TEAM in place.step.to_whom:
            told.update(await notices.list_told(tx, self.alert.alert_id))
        found: dict[PersonId, ToWhom] = {}
        for group in await find_groups(tx, self.circle, place, told, tx.at):
            for person_id in group.person_ids:
                found.setdefault(person_id, group.to_whom)
        for person_id, to_whom in found.items():
            former = self.tellings.get(person_id)
            telling = Telling(
                text_id=text_for(self.alert, to_whom),
                to=(person_id,),
                channels=place.step.channels,
                extra=_extra(tx, place),
            )
            if former is not None:
                telling = replace(
                    telling, channels=tuple(dict.fromkeys((*former.channels, *telling.channels)))
                )
            self.tellings[person_id] = telling
        return bool(found)


async def tell_first_people(tx: Tx, alert: Alert) -> None:
    """Whom the first rung would find now and nobody ever wrote to: what it would have told them."""
    addressed = set(await notices.list_addressed(tx, alert.alert_id))
    start = Place(ladder=ladders.ladder_from_json(alert.ladder), rung=FIRST, started_at=tx.at)
    for to_whom in start.step.to_whom:
        fresh = tuple(one for one in await people_for(tx, alert, to_whom) if one not in addressed)
        telling = Telling(
            text_id=text_for(alert, to_whom),
            to=fresh,
            extra=_extra(tx, start),
            due_at=may_ring_at(alert, tx.at),
        )
        await tell(tx, alert, telling)


def _extra(tx: Tx, place: Place) -> dict[str, Any]:
    """The facts of a page: when the ladder goes on, and until when the border wants an answer."""
    beyond_s = goes_beyond_after_s(place.ladder)
    return {
        "escalates_at": None if beyond_s is None else place.started_at + timedelta(seconds=beyond_s),
        "confirm_by": tx.at + CONFIRM_WITHIN,
    }


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
