"""What happens when a due row's time has come: one function for each kind, and a test walks them all."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from tracker.domain.alerts import Alert, AlertState
from tracker.domain.due import DueKind, DueWork, rung_of, started_at_of
from tracker.domain.entries import Entry
from tracker.domain.ids import AgencyId, AlertId, BatchId, EntryId, LeaseToken, PersonId
from tracker.domain.imports import Batch
from tracker.services.alerts import confirmations, dispatches, holds, missed, paging, stand_down
from tracker.services.answers import offers
from tracker.services.delivery import failover, probes
from tracker.services.entries import clocks, import_steps, standing, validation
from tracker.services.feeds import epochs
from tracker.services.ladders import rungs
from tracker.services.lines import canaries, epoch_rolls
from tracker.services.people import dead_numbers, device_reminders, mutes
from tracker.services.proof import drill_plans, drills
from tracker.services.rosters import outlook, shift_changes
from tracker.storage import alert_acts, alerts, due_work, entry_locks, imports
from tracker.storage.transaction import Tx


async def do_due_work(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    """Do what a claimed row stands for, and take it off. What it was for may be over, or the row be gone:
    then nothing happens.
    """
    # What a row is about before the row: whoever moves it cancels its rows in this order.
    if due.kind in FOR_ENTRY:
        await _do_for_entry(tx, due, token)
    elif due.kind in FOR_BATCHES:
        await _do_for_batch(tx, due, token)
    elif due.kind in TAKES_ITSELF_OFF:
        await TAKES_ITSELF_OFF[due.kind](tx, due, token)
    elif due.kind in FOR_LISTS:
        await _do_for_list(tx, due, token)
    elif due.kind in FOR_PEOPLE:
        await _do_for_person(tx, due, token)
    elif due.kind in FOR_COURTS:
        await _do_for_court(tx, due, token)
    else:
        await _do_for_alert(tx, due, token)


async def climb_ladders(tx: Tx, steps: Sequence[DueWork], token: LeaseToken) -> None:
    """Do what several claimed steps of ladders stand for, each of another alert, and take them off."""
    alert_of = await alerts.lock_alerts(tx, [AlertId(due.about) for due in steps])
    mine = await due_work.record_all_done(tx, [due.due_id for due in steps], token)
    climbs = [
        rungs.Climb(alert=alert_of[AlertId(due.about)], started_at=started_at_of(due), rung=rung_of(due))
        for due in steps
        if due.due_id in mine
    ]
    await rungs.climb_all(tx, [one for one in climbs if one.alert.state is AlertState.OPEN])


async def _do_for_entry(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    entry = await entry_locks.lock_entry(tx, EntryId(due.about))
    if await due_work.record_done(tx, due.due_id, token):
        await FOR_ENTRY[due.kind](tx, entry, due)


async def _do_for_batch(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    batch = await imports.lock_batch(tx, BatchId(due.about))
    if await due_work.record_done(tx, due.due_id, token):
        await FOR_BATCHES[due.kind](tx, batch)


async def _do_for_list(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    if await due_work.record_done(tx, due.due_id, token):
        await FOR_LISTS[due.kind](tx, due)


async def _do_for_person(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    if await due_work.record_done(tx, due.due_id, token):
        await FOR_PEOPLE[due.kind](tx, PersonId(due.about))


async def _do_for_court(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    if await due_work.record_done(tx, due.due_id, token):
        await FOR_COURTS[due.kind](tx, due)


async def _do_for_alert(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    alert = await alerts.lock_alert(tx, AlertId(due.about))
    if not await due_work.record_done(tx, due.due_id, token):
        return
    if due.kind is DueKind.STAND_DOWN_STEP:
        await stand_down.climb_stand_down(tx, alert, started_at_of(due), rung_of(due))
    elif alert.state is AlertState.OPEN:
        await FOR_OPEN_ALERT[due.kind](tx, alert, due)


async def _climb(tx: Tx, alert: Alert, due: DueWork) -> None:
    climb = rungs.Climb(alert=alert, started_at=started_at_of(due), rung=rung_of(due))
    await rungs.climb_all(tx, [climb])


async def _reach_act_from(tx: Tx, alert: Alert, _due: DueWork) -> None:
    await paging.reach_act_from(tx, alert)


async def _end_paging(tx: Tx, alert: Alert, _due: DueWork) -> None:
    await paging.end_paging(tx, alert)


async def _miss_arrival(tx: Tx, alert: Alert, _due: DueWork) -> None:
    await dispatches.miss_arrival(tx, alert)


async def _remind(tx: Tx, alert: Alert, due: DueWork) -> None:
    await confirmations.remind(tx, alert, due.detail["confirmation_id"])


async def _escalate(tx: Tx, alert: Alert, due: DueWork) -> None:
    await confirmations.escalate(tx, alert, due.detail["confirmation_id"])


async def _warn_half_gone(tx: Tx, alert: Alert, due: DueWork) -> None:
    await holds.warn_half_gone(tx, alert, due.detail["hold_id"])


async def _lapse_offer(tx: Tx, alert: Alert, due: DueWork) -> None:
    await offers.lapse_offer(tx, alert, due.detail["offer_id"])


async def _expire_taking(tx: Tx, alert: Alert, _due: DueWork) -> None:
    if await alert_acts.find_standing_dispatch(tx, alert.alert_id) is None:
        await paging.lapse_for_want_of_dispatch(tx, alert)


async def _end_drill(tx: Tx, alert: Alert, _due: DueWork) -> None:
    await drills.end_untaken(tx, alert)


async def _expire(tx: Tx, entry: Entry, _due: DueWork) -> None:
    await standing.expire_entry(tx, entry)


async def _miss_validation(tx: Tx, entry: Entry, _due: DueWork) -> None:
    await validation.miss_validation(tx, entry)


async def _fill_list(tx: Tx, due: DueWork) -> None:
    await epochs.fill_list(tx, epochs.Filling.of(due))


async def _end_old_epoch(tx: Tx, due: DueWork) -> None:
    await epoch_rolls.end_old_epoch(tx, AgencyId(due.about))


TAKES_ITSELF_OFF: Mapping[DueKind, Callable[[Tx, DueWork, LeaseToken], Awaitable[None]]] = {
    DueKind.LINE_SILENT: canaries.judge_line,
    DueKind.DELIVERY_FAILED: failover.fail_over,
    DueKind.SHIFT_CHANGE: shift_changes.reach_shift_change,
    DueKind.DRILL_BEGINS: drills.begin_at_the_court,
    DueKind.DRILL_PLANNED: drill_plans.start_planned,
}
FOR_BATCHES: Mapping[DueKind, Callable[[Tx, Batch], Awaitable[None]]] = {
    DueKind.IMPORT_CHECK: import_steps.check_next_rows,
    DueKind.IMPORT_LIST: import_steps.list_next_rows,
    DueKind.IMPORT_PURGE: import_steps.purge_next_rows,
}
FOR_LISTS: Mapping[DueKind, Callable[[Tx, DueWork], Awaitable[None]]] = {
    DueKind.LIST_BEGUN_ANEW: _fill_list,
    DueKind.EPOCH_ENDS: _end_old_epoch,
}
FOR_PEOPLE: Mapping[DueKind, Callable[[Tx, PersonId], Awaitable[None]]] = {
    DueKind.NUMBER_DEAD: dead_numbers.remind_of_dead,
    DueKind.MUTE_ENDS: mutes.reach_end_of_mute,
    DueKind.DEVICE_TEST: device_reminders.ask_for_test,
}
FOR_COURTS: Mapping[DueKind, Callable[[Tx, DueWork], Awaitable[None]]] = {
    DueKind.ROSTER_CHECK: outlook.check_roster,
    DueKind.CALENDAR_CHECK: outlook.check_calendar,
    DueKind.MISSED_REMINDER: missed.remind_of_missed,
    DueKind.PROBES: probes.reach_probes,
}
FOR_OPEN_ALERT: Mapping[DueKind, Callable[[Tx, Alert, DueWork], Awaitable[None]]] = {
    DueKind.LADDER_STEP: _climb,
    DueKind.ACT_FROM: _reach_act_from,
    DueKind.TAKING_EXPIRES: _expire_taking,
    DueKind.PAGING_ENDS: _end_paging,
    DueKind.ARRIVAL_EXPECTED: _miss_arrival,
    DueKind.CONFIRMATION_REMINDER: _remind,
    DueKind.CONFIRMATION_OVERDUE: _escalate,
    DueKind.HOLD_HALF_GONE: _warn_half_gone,
    DueKind.DRILL_ENDS: _end_drill,
    DueKind.OFFER_LAPSES: _lapse_offer,
}

FOR_ENTRY: Mapping[DueKind, Callable[[Tx, Entry, DueWork], Awaitable[None]]] = {
    DueKind.ENTRY_EXPIRES: _expire,
    DueKind.ENTRY_VALIDATION: _miss_validation,
    DueKind.ENTRY_REMINDER: clocks.reach_reminder,
}
