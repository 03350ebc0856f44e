"""How an alert ended. An outcome never ends an entry by itself: the judge is asked."""

from tracker.domain.alerts import Alert, AlertState, Outcome
from tracker.domain.authorisation import Action
from tracker.domain.entries import Cause, in_force, is_sought
from tracker.domain.errors import Conflict
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_on_alert
from tracker.services.alerts.confirmations import take_back_answers
from tracker.services.alerts.missed import settle_if_missed
from tracker.services.alerts.moves import move, settle_alert
from tracker.services.audit import About
from tracker.services.entries.notices import ask_end_or_keep
from tracker.services.entries.standing import Stop, stop_entries
from tracker.storage import alert_acts, alerts, entry_locks
from tracker.storage.transaction import Tx


async def set_outcome(tx: Tx, actor: Actor, alert: Alert, outcome: Outcome, reason: str = "") -> None:
    """Close an open alert. "Wrong person" also stops its entries and stands everyone down. `reason`: why
    nobody acted on an alert that was missed.
    """
    await require_on_alert(tx, actor, Action.ACT, alert)
    if alert.state is not AlertState.OPEN:
        raise Conflict("该预警已结束", "the alert has ended already: its outcome stands")
    if outcome is not Outcome.WRONG_PERSON and await _is_somebody_held(tx, alert):
        raise Conflict(
            "联动单位仍在控制此人，请先移交或放行",
            "an agency still holds the person: hand over or release first",
        )
    await settle_if_missed(tx, actor, alert, reason)
    await settle_alert(tx, alert)
    await take_back_answers(tx, alert)
    if outcome is Outcome.WRONG_PERSON:
        alert = await _stop_for_wrong_person(tx, actor, alert)
    await move(tx, alert, state=AlertState.CLOSED, closed_at=tx.at, outcome=outcome)
    await audit.record(tx, actor, f"outcome {outcome.value}", About(kind="alert", key=alert.alert_id))
    listed = await entry_locks.lock_entries_of_subject(tx, alert.subject_id)
    await ask_end_or_keep(tx, in_force(listed, tx.at))


async def _is_somebody_held(tx: Tx, alert: Alert) -> bool:
    return any(hold.ended_at is None for hold in await alert_acts.list_holds(tx, alert.alert_id))


async def _stop_for_wrong_person(tx: Tx, actor: Actor, alert: Alert) -> Alert:
    """The number led to somebody else, so no entry of this subject may go on acting on it."""
    listed = await entry_locks.lock_entries_of_subject(tx, alert.subject_id)
    sought = [entry for entry in listed if is_sought(entry)]
    await stop_entries(tx, actor, sought, Stop(cause=Cause.WRONG_PERSON, ends=False))
    return await alerts.get_alert(tx, alert.alert_id)
