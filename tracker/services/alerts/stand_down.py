"""The order to stop: to the agencies that know the person, and to everyone who was told.

It renders when it is sent: at once when all receipts are in, at the latest two seconds after the commit, and
then it says which receipt is missing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from notifications.channels.port import ChannelKind
from notifications.ladders import Ladder, Rung, Step, ToWhom, due_at, next_rung
from notifications.ladders import Urgency as LadderUrgency
from notifications.texts import TextId
from notifications.texts.ids import Asks, asks
from schemas.messages import StandDown, StandDownAnswer
from tracker.domain.alerts import Alert, AlertState, Outcome
from tracker.domain.due import DueKind
from tracker.domain.entries import CAUSE_ZH, REASON_FOR_AGENCY, Cause, Entry
from tracker.domain.ids import AgencyId, PersonId, SubjectId
from tracker.domain.measures import HOLD_MEASURES
from tracker.services.agencies.posting import post_to_agency
from tracker.services.alerts.moves import ALL_CLOCKS, move, note
from tracker.services.alerts.stand_down_board import (
    STAND_DOWN_TEXTS,
    find_board,
    list_orders_to_people,
    list_who_must_answer,
)
from tracker.services.due_rows import set_due
from tracker.services.ladders.circles import people_for
from tracker.services.ladders.rungs import AFTER_FIRST
from tracker.services.notices.facts import entries_of
from tracker.services.notices.telling import Telling, tell, tell_all
from tracker.storage import (
    agencies,
    alerts,
    cases,
    due_work,
    instructions,
    kept_notices,
    ladders,
    notices,
    sightings,
    stand_downs,
    waiting_notices,
)
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

RECEIPTS_WITHIN = timedelta(seconds=2)


async def retract_alert(tx: Tx, alert: Alert, cause: Cause, stopped: Sequence[Entry]) -> None:
    """No entry stands any more: everyone who was told is stood down, and so is every agency that saw the
    person.
    """
    await due_work.cancel_due(tx, alert.alert_id, ALL_CLOCKS)
    # First cancelled, then counted: what is leased in between belongs to the told, never to neither.
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    alert = await move(tx, alert, state=AlertState.RETRACTED, closed_at=tx.at)
    await note(tx, alert, "alert retracted")
    await order_agencies(tx, alert, cause, release_now=True)
    await _order_people(tx, alert, await _order(tx, cause, stopped, tx.at))
    await _set_step(tx, alert, tx.at, AFTER_FIRST)
    await release_if_all_gone(tx, alert.subject_id)


async def _order(tx: Tx, cause: Cause, stopped: Sequence[Entry], stopped_at: datetime) -> Telling:
    """What everybody is told, whoever it is."""
    if cause is Cause.WRONG_PERSON:
        return Telling(text_id=TextId.WRONG_PERSON, to=())
    extra = {
        "performed_at": stopped_at,
        "reason": CAUSE_ZH[cause],
        "may_release": any(entry.measure in HOLD_MEASURES for entry in stopped),
        **await _case_of(tx, stopped),
    }
    due_at = tx.at + RECEIPTS_WITHIN
    return Telling(text_id=TextId.STAND_DOWN, to=(), extra=extra, due_at=due_at, awaits_receipts=True)


async def _order_people(tx: Tx, alert: Alert, order: Telling) -> None:
    """Everyone who was told, by text and by every other channel that told them; and whoever was sent, though
    no message came through: somebody may have told them by word of mouth.
    """
    ways = await notices.list_told_ways(tx, alert.alert_id)
    must = await list_who_must_answer(tx, alert)
    called = tuple(one for one, channels in ways.items() if ChannelKind.VOICE in channels)
    everybody = replace(order, to=(*ways, *must))
    await tell_all(
        tx, [(alert, everybody), (alert, replace(order, to=called, channels=(ChannelKind.VOICE,)))]
    )


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
        await order_agency(tx, alert, instruction.agency_id, order)


async def order_agency(tx: Tx, alert: Alert | None, agency_id: AgencyId, order: StandDown) -> None:
    """Post an order; what the agency answers to it is kept with the alert, where there is one."""
    posted = await post_to_agency(tx, agency_id, order)
    if alert is not None:
        await stand_downs.add_orders(tx, alert.alert_id, agency_id, posted)


async def _ladder(tx: Tx, alert: Alert, started_at: datetime) -> Ladder:
    """The version in force when the order went out: nobody's next call moves when somebody saves a form."""
    return await ladders.get_ladder(tx, alert.court_id, LadderUrgency.STAND_DOWN, started_at)


async def _set_step(tx: Tx, alert: Alert, started_at: datetime, rung: Rung) -> None:
    ladder = await _ladder(tx, alert, started_at)
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
    """Ring those who must answer and have not; when somebody still has not, an agency still holds the person,
    or its receipt is missing, the desk calls and ticks. After a standstill the people of all rungs that were
    missed are rung at once, each once.
    """
    board = await find_board(tx, alert)
    if board is None or board.is_answered:
        return
    ladder = await _ladder(tx, alert, started_at)
    steps, following = _climbed(ladder, rung, started_at, tx.at)
    called: dict[PersonId, tuple[ChannelKind, ...]] = {}
    for step in steps:
        for to_whom in step.to_whom:
            is_told = to_whom is ToWhom.TOLD
            for one in board.silent_people if is_told else await people_for(tx, alert, to_whom):
                called[one] = tuple(dict.fromkeys((*called.get(one, ()), *step.channels)))
    order = await _order_again(tx, alert)
    await tell_all(tx, [(alert, replace(order, to=(one,), channels=by)) for one, by in called.items()])
    if following is not None:
        await _set_step(tx, alert, started_at, following)


def _climbed(
    ladder: Ladder, rung: Rung, started_at: datetime, at: datetime
) -> tuple[Sequence[Step], Rung | None]:
    """The step of a rung and those whose time has come since, each once; and the rung after them."""
    climbed = {rung.step: ladder.steps[rung.step]}
    following = next_rung(ladder, rung)
    while following is not None and due_at(ladder, following.step, following.repeat, started_at) <= at:
        climbed[following.step] = ladder.steps[following.step]
        following = next_rung(ladder, following)
    return tuple(climbed.values()), following


async def _order_again(tx: Tx, alert: Alert) -> Telling:
    """What everybody was ordered, to be said at once to whoever it is. Where no order can be read, or nobody
    had been told, it is made of what has become of the alert.
    """
    ordered = await list_orders_to_people(tx, alert)
    if ordered:
        return Telling(text_id=ordered[0].text_id, to=(), extra=_same_facts(ordered[0]))
    stopped = await entries_of(tx, alert)
    causes = [entry.cause for entry in stopped if entry.cause is not None]
    cause = Cause.WRONG_PERSON if alert.outcome is Outcome.WRONG_PERSON else [*causes, Cause.WITHDRAWN][0]
    order = await _order(tx, cause, stopped, alert.closed_at or tx.at)
    return replace(order, due_at=None, awaits_receipts=False)


def _same_facts(sent: Notice) -> dict[str, Any]:
    """What a repeated order says again."""
    names = ("performed_at", "reason", "may_release", "case", "case_english")
    return {name: getattr(sent.facts, name) for name in names}


async def hear_answer(tx: Tx, agency_id: AgencyId, answer: StandDownAnswer) -> None:
    """An agency has read the order to stop. One that says late that it holds the person starts the ladder
    anew, since the desk has been told already whom to call.
    """
    if answer.order is None:
        return
    alert_id = await stand_downs.record_answer(tx, agency_id, answer.order, answer.at, holding=answer.holding)
    if alert_id is None or not answer.holding:
        return
    alert = await alerts.get_alert(tx, alert_id)
    if alert.closed_at is None:
        return
    ladder = await _ladder(tx, alert, alert.closed_at)
    last = len(ladder.steps) - 1
    if tx.at >= due_at(ladder, last, 0, alert.closed_at):
        await _set_step(tx, alert, tx.at, AFTER_FIRST)


async def answer_order(tx: Tx, person_id: PersonId, alert: Alert) -> bool:
    """The person says that the latest order (stop, pause, dispatch) was understood: of those that may have
    come, since nobody answers what is still to go out.

    False when what the person was asked last is to take the alert, or nothing.
    """
    sent = await notices.list_sent(tx, alert.alert_id, person_id)
    asking = [one for one in sent if asks(one.text_id) is not Asks.NOTHING]
    if not asking or asks(asking[-1].text_id) is not Asks.CONFIRM:
        return False
    orders = [one.notice_id for one in asking if asks(one.text_id) is Asks.CONFIRM]
    await notices.record_answered(tx, orders)
    return True


async def tell_after_outcome(tx: Tx, subject_id: SubjectId, stopped: Sequence[Entry]) -> None:
    """The debt was performed after the alert had its outcome: tell everyone who was told, once, to stop
    looking.
    """
    ended = {entry.entry_id for entry in stopped}
    for alert in await alerts.list_alerts_of_subject(tx, subject_id):
        # An entry that led to the wrong person has no way back into force, to end from there.
        if alert.state is not AlertState.CLOSED or not ended & set(alert.entry_ids):
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
        await waiting_notices.release_awaiting_receipts(tx, subject_id)


async def missing_agency(tx: Tx, subject_id: SubjectId) -> str | None:
    """The name of an agency that has not said that the subject is gone. One at which the subject is listed
    again has not either, whatever it said before.
    """
    missing = await instructions.list_not_gone(tx, subject_id)
    return (await agencies.get_agency(tx, missing[0])).name if missing else None


async def repeat_stand_down(tx: Tx, alert: Alert, person_id: PersonId, channel: ChannelKind) -> None:
    """A page of a retracted alert has just arrived: the order to stop must come after it, on that channel.

    An order that is still to go out comes after it anyway.
    """
    if alert.was_stood_down and not await _is_to_come(tx, alert, person_id, channel, STAND_DOWN_TEXTS):
        order = await _order_again(tx, alert)
        await tell(tx, alert, replace(order, to=(person_id,), channels=(channel,)))


async def repeat_pause(tx: Tx, alert: Alert, page: Notice) -> None:
    """A page from before the pause has just arrived: the order must come after it, on that channel."""
    paused_at = await notices.last_written_at(tx, alert.alert_id, TextId.PAUSED)
    is_overtaken = paused_at is not None and page.created_at <= paused_at
    if page.person_id is None or page.text_id is TextId.PAUSED or not is_overtaken:
        return
    if not await _is_to_come(tx, alert, page.person_id, page.channel, (TextId.PAUSED,)):
        order = Telling(text_id=TextId.PAUSED, to=(page.person_id,), channels=(page.channel,))
        await tell(tx, alert, order)


async def _is_to_come(
    tx: Tx, alert: Alert, person_id: PersonId, channel: ChannelKind, texts: Sequence[TextId]
) -> bool:
    """Whether the person is about to get one of these texts by a channel."""
    return any(
        (one.person_id, one.channel) == (person_id, channel) and one.text_id in texts
        for one in await kept_notices.list_to_come(tx, alert.alert_id)
    )
