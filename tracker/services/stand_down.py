"""The order to stop: to the agencies that know the person, and to everyone who was told.

It renders when it is sent: at once when all receipts are in, at the latest two seconds after the commit, and
then it says which receipt is missing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from notifications.channels.port import ChannelKind
from notifications.ladders import Rung, ToWhom, due_at, ladder_for, next_rung
from notifications.ladders import Urgency as LadderUrgency
from notifications.texts import TextId
from notifications.texts.ids import Asks, asks
from schemas.messages import StandDown
from tracker.domain.alerts import Alert, AlertState, Outcome
from tracker.domain.due import DueKind
from tracker.domain.entries import CAUSE_ZH, REASON_FOR_AGENCY, Cause, Entry
from tracker.domain.ids import PersonId, SubjectId
from tracker.domain.measures import HOLD_MEASURES
from tracker.services.alerts import ALL_CLOCKS, move, note, set_due
from tracker.services.circles import people_for
from tracker.services.notices import BY_TEXT, Telling, tell
from tracker.services.posting import post_to_agency
from tracker.storage import agencies, alert_acts, alerts, cases, due_work, instructions, notices, sightings
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

RECEIPTS_WITHIN = timedelta(seconds=2)
STAND_DOWN_TEXTS = (TextId.STAND_DOWN, TextId.STAND_DOWN_RECEIPT_MISSING, TextId.WRONG_PERSON)
AFTER_FIRST = Rung(step=1)


async def retract_alert(tx: Tx, alert: Alert, cause: Cause, stopped: Sequence[Entry]) -> None:
    """No entry stands any more: everyone who was told is stood down, and so is every agency that saw the
    person.
    """
    await due_work.cancel_due(tx, alert.alert_id, ALL_CLOCKS)
    # First cancelled, then counted: what is leased in between belongs to the told, never to neither.
    await notices.cancel_waiting(tx, alert.alert_id)
    told = await notices.list_told(tx, alert.alert_id)
    alert = await move(tx, alert, state=AlertState.RETRACTED, closed_at=tx.at)
    await note(tx, alert, "alert retracted")
    await order_agencies(tx, alert, cause, release_now=True)
    if cause is Cause.WRONG_PERSON:
        await tell(tx, alert, Telling(text_id=TextId.WRONG_PERSON, to=told))
    else:
        extra = {
            "performed_at": tx.at,
            "reason": CAUSE_ZH[cause],
            "may_release": any(entry.measure in HOLD_MEASURES for entry in stopped),
            **await _case_of(tx, stopped),
        }
        await tell(
            tx,
            alert,
            Telling(
                text_id=TextId.STAND_DOWN,
                to=told,
                extra=extra,
                due_at=tx.at + RECEIPTS_WITHIN,
                awaits_receipts=True,
            ),
        )
    await _set_step(tx, alert, tx.at, AFTER_FIRST)
    await release_if_all_gone(tx, alert.subject_id)


async def _case_of(tx: Tx, stopped: Sequence[Entry]) -> dict[str, str]:
    """The case that a text about stopped entries names: theirs, whatever else the alert stood on."""
    number = (await cases.get_case(tx, stopped[0].case_id)).number
    return {"case": number.short, "case_english": number.short_english}


async def order_agencies(tx: Tx, alert: Alert, cause: Cause, *, release_now: bool) -> None:
    """The signed order: an agency that sighted the person hears it by name of its own references."""
    seen_by = {one.sighting.agency_id for one in await sightings.list_sightings_of_alert(tx, alert.alert_id)}
    listed = await instructions.lock_instructions(tx, alert.subject_id)
    for instruction in listed:
        if instruction.agency_id not in seen_by or not instruction.listings:
            continue
        first, *also = instruction.references
        order = StandDown(
            reference=first,
            also=tuple(also),
            version=instruction.version,
            reason=REASON_FOR_AGENCY[cause],
            release_now=release_now,
        )
        await post_to_agency(tx, instruction.agency_id, order)


async def _set_step(tx: Tx, alert: Alert, started_at: datetime, rung: Rung) -> None:
    ladder = ladder_for(LadderUrgency.STAND_DOWN)
    await set_due(
        tx,
        DueKind.STAND_DOWN_STEP,
        alert.alert_id,
        due_at(ladder, rung.step, rung.repeat, started_at),
        started_at=started_at.isoformat(),
        step=rung.step,
        repeat=rung.repeat,
    )


async def climb_stand_down(tx: Tx, alert: Alert, started_at: datetime, rung: Rung) -> None:
    """Ring those who must answer and have not; when somebody still has not, or an agency still holds the
    person, the desk calls and ticks.
    """
    silent = await list_unanswered(tx, alert)
    holds = [one for one in await alert_acts.list_holds(tx, alert.alert_id) if one.ended_at is None]
    if not silent and not holds:
        return
    ladder = ladder_for(LadderUrgency.STAND_DOWN)
    step = ladder.steps[rung.step]
    to: tuple[PersonId, ...] = ()
    for to_whom in step.to_whom:
        to += silent if to_whom is ToWhom.TOLD else await people_for(tx, alert, to_whom)
    sent = [one for one in await notices.list_notices(tx, alert.alert_id) if one.text_id in STAND_DOWN_TEXTS]
    extra = _same_facts(sent[0])
    await tell(tx, alert, Telling(text_id=sent[0].text_id, to=to, extra=extra, channels=step.channels))
    following = next_rung(ladder, rung)
    if following is not None:
        await _set_step(tx, alert, started_at, following)


def _same_facts(sent: Notice) -> dict[str, Any]:
    """What a repeated order says again."""
    names = ("performed_at", "reason", "may_release", "case", "case_english")
    return {name: getattr(sent.facts, name) for name in names}


async def list_unanswered(tx: Tx, alert: Alert) -> tuple[PersonId, ...]:
    """Who was dispatched, or had taken it, and has not answered the stand-down."""
    ordered = [
        one for one in await notices.list_notices(tx, alert.alert_id) if one.text_id in STAND_DOWN_TEXTS
    ]
    answered = {one.person_id for one in ordered if one.answered_at is not None}
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    must = [*(dispatch.member_ids if dispatch else ()), *(taking.person_id for taking in takings)]
    asked = {one.person_id for one in ordered}
    return tuple(one for one in dict.fromkeys(must) if one in asked and one not in answered)


async def answer_order(tx: Tx, person_id: PersonId, alert: Alert) -> bool:
    """The person says that the latest order (stop, pause, dispatch) was understood.

    False when what the person was asked last is to take the alert, or nothing.
    """
    sent = [one for one in await notices.list_notices(tx, alert.alert_id) if one.person_id == person_id]
    asking = [one.text_id for one in sent if asks(one.text_id) is not Asks.NOTHING]
    if not asking or asks(asking[-1]) is not Asks.CONFIRM:
        return False
    orders = [text_id for text_id in TextId if asks(text_id) is Asks.CONFIRM]
    await notices.record_answered(tx, alert.alert_id, person_id, orders)
    return True


async def tell_after_outcome(tx: Tx, subject_id: SubjectId, stopped: Sequence[Entry]) -> None:
    """The debt was performed after the alert had its outcome: tell everyone who was told, once, to stop
    looking.
    """
    ended = {entry.entry_id for entry in stopped}
    for alert in await alerts.list_alerts_of_subject(tx, subject_id):
        closed = alert.state is AlertState.CLOSED and alert.outcome is not Outcome.WRONG_PERSON
        if not closed or not ended & set(alert.entry_ids):
            continue
        told = await notices.list_told(tx, alert.alert_id)
        telling = Telling(
            text_id=TextId.AFTER_OUTCOME,
            to=told,
            extra={
                "performed_at": tx.at,
                "reason": CAUSE_ZH[Cause.PERFORMED],
                **await _case_of(tx, stopped),
            },
            due_at=tx.at + RECEIPTS_WITHIN,
            awaits_receipts=True,
        )
        await tell(tx, alert, telling)
        return


async def release_if_all_gone(tx: Tx, subject_id: SubjectId) -> None:
    """Once every agency has said that the subject is gone, what waited for that goes out."""
    if not await instructions.list_missing_receipts(tx, subject_id):
        await notices.release_awaiting_receipts(tx, subject_id)


async def missing_agency(tx: Tx, subject_id: SubjectId) -> str | None:
    """The name of an agency whose receipt of a withdrawal is missing."""
    missing = await instructions.list_missing_receipts(tx, subject_id)
    return (await agencies.get_agency(tx, missing[0])).name if missing else None


async def repeat_stand_down(tx: Tx, alert: Alert, person_id: PersonId, channel: ChannelKind) -> None:
    """A page of a retracted alert has just arrived: the order to stop must come after it."""
    ordered = [
        one for one in await notices.list_notices(tx, alert.alert_id) if one.text_id in STAND_DOWN_TEXTS
    ]
    if not ordered:
        return
    extra = _same_facts(ordered[0])
    channels = (channel,) if channel in BY_TEXT else BY_TEXT
    telling = Telling(text_id=ordered[0].text_id, to=(person_id,), extra=extra, channels=channels)
    await tell(tx, alert, telling)
