"""What happens when a due row's time has come: one function for each kind, and a test walks them all."""

from datetime import datetime
from typing import assert_never

from notifications.ladders import Rung
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import AlertId, EntryId
from tracker.services import alerts as alert_moves
from tracker.services import confirmations, dispatches, holds, ladder, stand_down, standing
from tracker.storage import alert_acts, alerts
from tracker.storage.transaction import Tx


async def do_due_work(tx: Tx, due: DueWork) -> None:
    """Do what a due row stands for. What it was for may be over: then nothing happens."""
    if due.kind is DueKind.ENTRY_EXPIRES:
        await standing.expire_entry(tx, EntryId(due.about))
        return
    alert = await alerts.get_alert(tx, AlertId(due.about))
    if due.kind is DueKind.STAND_DOWN_STEP:
        await stand_down.climb_stand_down(tx, alert, _started_at(due), _rung(due))
    elif alert.state is AlertState.OPEN:
        await _do_for_open_alert(tx, alert, due)


async def _do_for_open_alert(tx: Tx, alert: Alert, due: DueWork) -> None:
    match due.kind:
        case DueKind.LADDER_STEP:
            await ladder.climb(tx, alert, _started_at(due), _rung(due))
        case DueKind.ACT_FROM:
            await alert_moves.reach_act_from(tx, alert)
        case DueKind.TAKING_EXPIRES:
            await _expire_taking(tx, alert)
        case DueKind.PAGING_ENDS:
            await alert_moves.end_paging(tx, alert)
        case DueKind.ARRIVAL_EXPECTED:
            await dispatches.miss_arrival(tx, alert)
        case DueKind.CONFIRMATION_REMINDER:
            await confirmations.remind(tx, alert, due.detail["confirmation_id"])
        case DueKind.CONFIRMATION_OVERDUE:
            await confirmations.escalate(tx, alert, due.detail["confirmation_id"])
        case DueKind.HOLD_HALF_GONE:
            await holds.warn_half_gone(tx, alert, due.detail["hold_id"])
        case DueKind.ENTRY_EXPIRES | DueKind.STAND_DOWN_STEP:
            raise AssertionError("handled for alerts in every state")
        case _:
            assert_never(due.kind)


async def _expire_taking(tx: Tx, alert: Alert) -> None:
    if await alert_acts.find_standing_dispatch(tx, alert.alert_id) is None:
        await alert_moves.lapse_for_want_of_dispatch(tx, alert)


def _started_at(due: DueWork) -> datetime:
    return datetime.fromisoformat(due.detail["started_at"])


def _rung(due: DueWork) -> Rung:
    return Rung(step=due.detail["step"], repeat=due.detail["repeat"])
