"""Writes a change of an alert, and sets the clocks that follow from its plan."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tracker.domain.alerts import Alert
from tracker.domain.due import ENTRY_CLOCKS, DueKind
from tracker.domain.errors import Conflict
from tracker.domain.people import system_actor
from tracker.domain.plans import Urgency
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.due_rows import due_row
from tracker.storage import alerts, due_work, waiting_notices
from tracker.storage.transaction import Tx

DISPATCH_WITHIN = timedelta(minutes=10)
CLOCKS = (DueKind.ACT_FROM, DueKind.PAGING_ENDS)
ALL_CLOCKS = tuple(kind for kind in DueKind if kind not in (*ENTRY_CLOCKS, DueKind.STAND_DOWN_STEP))


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


async def set_clocks(tx: Tx, alert: Alert) -> None:
    """The due rows that follow from the plan alone."""
    await due_work.cancel_due(tx, alert.alert_id, CLOCKS)
    await start_clocks(tx, alert)


async def start_clocks(tx: Tx, alert: Alert) -> None:
    clocks = []
    if alert.urgency is Urgency.PLANNED:
        clocks.append(due_row(tx, DueKind.ACT_FROM, alert.alert_id, alert.plan.act_from))
    if alert.urgency is not Urgency.TRACE:
        clocks.append(due_row(tx, DueKind.PAGING_ENDS, alert.alert_id, alert.plan.useful_until))
    await due_work.add_due(tx, *clocks)


async def settle_alert(tx: Tx, alert: Alert) -> None:
    """Nothing more will happen to the alert by itself."""
    await due_work.cancel_due(tx, alert.alert_id, ALL_CLOCKS)
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
