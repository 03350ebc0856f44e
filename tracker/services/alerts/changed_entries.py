"""What a change of the entries in force does to the open alert of their subject: which cases it stands on,
whether it is paused, what its people are told, and which agencies must be answered anew.
"""

from collections.abc import Sequence

from notifications.ladders import ToWhom
from notifications.texts import TextId
from schemas.measures import weight
from tracker.domain.alerts import Alert
from tracker.domain.entries import Cause, Entry, EntryState, in_force, is_paused
from tracker.domain.ids import SubjectId
from tracker.domain.measures import MEASURE_ZH, is_stopping
from tracker.services.alerts.confirmations import ask_again
from tracker.services.alerts.moves import move, note
from tracker.services.alerts.paging import pause_alert, resume_alert
from tracker.services.alerts.stand_down import order_agencies, retract_alert, tell_after_outcome
from tracker.services.feeds.instructions import resolve_instructions, resolve_together
from tracker.services.ladders.circles import people_for
from tracker.services.ladders.rungs import tell_first_people
from tracker.services.notices.telling import Telling, tell
from tracker.storage import alerts, cases, entries, entry_locks, notices
from tracker.storage.feeds import Lane
from tracker.storage.transaction import Tx


async def follow_start(tx: Tx, subject_id: SubjectId, lane: Lane) -> None:
    """Entries came into force (approved or resumed): agencies are asked, the open alert lists them."""
    await follow_starts(tx, [subject_id], lane)


async def follow_starts(tx: Tx, subject_ids: Sequence[SubjectId], lane: Lane) -> None:
    """The same of several subjects."""
    changed = await resolve_together(tx, subject_ids, lane)
    for subject_id, alert in (await alerts.lock_open_alerts(tx, subject_ids)).items():
        await _stand_on_more(tx, alert, is_asked_otherwise=bool(changed[subject_id]))


async def _stand_on_more(tx: Tx, alert: Alert, *, is_asked_otherwise: bool) -> None:
    standing = in_force(await entry_locks.lock_entries_of_subject(tx, alert.subject_id), tx.at)
    added = tuple(entry.entry_id for entry in standing if entry.entry_id not in alert.entry_ids)
    await alerts.add_entries(tx, alert.alert_id, added)
    alert = await alerts.get_alert(tx, alert.alert_id)
    was_paused = alert.paused
    if was_paused or is_asked_otherwise:
        alert = await _go_on(tx, alert)
    if was_paused or not added:
        told = await notices.list_addressed(tx, alert.alert_id)
        await tell(tx, alert, Telling(text_id=TextId.RESUMED, to=told))
    if not alert.paused:
        await tell_first_people(tx, alert)
    if was_paused or is_asked_otherwise:
        await ask_again(tx, alert)


async def follow_amendment(tx: Tx, subject_id: SubjectId) -> None:
    """An entry in force got other terms: agencies get their next version, and whoever has seen the person is
    answered anew, by what is asked now.
    """
    changed = await resolve_instructions(tx, subject_id, Lane.NORMAL)
    alert = await alerts.lock_open_alert(tx, subject_id)
    if alert is None or alert.paused or not changed:
        return
    alert = await _go_on(tx, alert)
    await note(tx, alert, "alert stands on other terms")
    await ask_again(tx, alert)


async def _go_on(tx: Tx, alert: Alert) -> Alert:
    """Another version of the instruction stands: what was answered about the former one no longer counts."""
    if alert.paused:
        return await resume_alert(tx, alert)
    return await move(tx, alert, plan_version=alert.plan_version + 1)


async def follow_stop(tx: Tx, subject_id: SubjectId, stopped: Sequence[Entry], cause: Cause) -> None:
    """Entries went out of force: agencies drop them, the alert stands on what is left, or is retracted."""
    await resolve_instructions(tx, subject_id, Lane.WITHDRAWAL)
    alert = await alerts.lock_open_alert(tx, subject_id)
    listed = await entry_locks.lock_entries_of_subject(tx, subject_id)
    standing = in_force(listed, tx.at)
    if alert is None:
        if cause is Cause.PERFORMED and not standing:
            await tell_after_outcome(tx, subject_id, stopped)
    elif standing:
        await _tell_other_case(tx, alert, stopped, standing)
    elif any(is_paused(entry) for entry in listed):
        await _pause(tx, alert)
    else:
        await retract_alert(tx, alert, cause, stopped)


async def _pause(tx: Tx, alert: Alert) -> None:
    """Do not stop the person, stay near: judge and desk are paged, the team keeps its place."""
    told = await notices.list_addressed(tx, alert.alert_id)
    alert = await pause_alert(tx, alert)
    await order_agencies(tx, alert, Cause.SUSPENDED_BY_PERSON, release_now=False)
    judges = await people_for(tx, alert, ToWhom.JUDGE)
    desk = await people_for(tx, alert, ToWhom.DESK)
    await tell(tx, alert, Telling(text_id=TextId.PAUSED, to=(*told, *judges, *desk)))


async def _tell_other_case(tx: Tx, alert: Alert, stopped: Sequence[Entry], standing: Sequence[Entry]) -> None:
    """Another entry still stands: nobody is stood down, everyone hears which case it is now."""
    if not {entry.entry_id for entry in stopped} & set(alert.entry_ids):
        return
    heaviest = max(standing, key=lambda entry: weight(entry.measure))
    case = await cases.get_case(tx, heaviest.case_id)
    ended = await cases.get_case(tx, stopped[0].case_id)
    state = (await entries.get_entry(tx, stopped[0].entry_id)).state
    extra = {
        "case": ended.number.short,
        "case_english": ended.number.short_english,
        "case_state": "已终止" if state is EntryState.ENDED else "已暂停",
        "other_case": case.number.short,
        "other_measure_phrase": _measure_phrase(heaviest),
    }
    told = await notices.list_told(tx, alert.alert_id)
    alert = await _go_on(tx, alert)
    await tell(tx, alert, Telling(text_id=TextId.OTHER_CASE_STANDS, to=told, extra=extra))
    await note(tx, alert, "alert stands on another case")
    await ask_again(tx, alert)


def _measure_phrase(entry: Entry) -> str:
    words = MEASURE_ZH[entry.measure]
    return words if is_stopping(entry.measure) else f"仅{words}，勿控制"
