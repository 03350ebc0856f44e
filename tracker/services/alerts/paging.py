"""Calls people out when it is time to act, no longer while an alert is paused, or nobody can be met."""

from notifications.texts import TextId
from tracker.domain.alerts import Alert
from tracker.domain.due import DueKind
from tracker.domain.plans import Urgency, urgency_of
from tracker.services.alerts.missed import list_if_nobody_acted
from tracker.services.alerts.moves import ALL_CLOCKS, DISPATCH_WITHIN, move, note, set_clocks
from tracker.services.alerts.plan_changes import go_on_to_next_journey
from tracker.services.due_rows import set_due
from tracker.services.ladders.circles import still_missing
from tracker.services.ladders.rungs import AFTER_FIRST, snapshot, start_ladder
from tracker.services.notices.telling import Telling, tell
from tracker.storage import alert_acts, due_work, notices, unreached, waiting_notices
from tracker.storage.transaction import Tx

ENDED_WITH_USE = tuple(kind for kind in ALL_CLOCKS if kind is not DueKind.HOLD_HALF_GONE)
STOPPED_BY_PAUSE = tuple(
    kind for kind in ALL_CLOCKS if kind not in (DueKind.PAGING_ENDS, DueKind.HOLD_HALF_GONE)
)


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
    await start_ladder(tx, alert, tx.at, AFTER_FIRST)


async def end_paging(tx: Tx, alert: Alert) -> None:
    """The person can no longer be met: nobody is rung further; the outcome stays to be recorded."""
    await due_work.cancel_due(tx, alert.alert_id, ENDED_WITH_USE)
    await unreached.forget_unreached(tx, [alert.alert_id])
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    await note(tx, alert, "paging ended")
    if await alert_acts.find_standing_dispatch(tx, alert.alert_id) is not None:
        return
    if await go_on_to_next_journey(tx, alert) is None:
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
    await set_clocks(tx, alert)
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is not None:
        await set_due(tx, DueKind.ARRIVAL_EXPECTED, alert.alert_id, dispatch.expected_at(alert.plan.act_at))
    elif await still_missing(tx, alert):
        await start_ladder(tx, alert, tx.at, AFTER_FIRST)
    elif urgency is Urgency.IMMINENT:
        await set_due(tx, DueKind.TAKING_EXPIRES, alert.alert_id, tx.at + DISPATCH_WITHIN)
    return alert
