"""What becomes of an alert that nobody acted on in time: it goes on the desk's list, desk and bureau leader
are reminded each morning, and it leaves the list with an outcome and a reason only.
"""

from datetime import datetime, time, timedelta
from typing import Final

from notifications.texts import Facts, TextId
from tracker.domain.alerts import Alert
from tracker.domain.court_time import COURT_ZONE, court_day
from tracker.domain.due import DueKind, DueWork
from tracker.domain.errors import Invalid, Problem
from tracker.domain.ids import CourtId
from tracker.domain.people import Actor, Duty, Role, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.notices.staff import StaffNotice, tell_people
from tracker.storage import alert_acts, due_work, missed, people
from tracker.storage.transaction import Tx

REMINDED_AT: Final = time(9)
"""Court time."""
KEPT_FOR: Final = timedelta(hours=12)
LONGEST_REASON: Final = 200


async def list_if_nobody_acted(tx: Tx, alert: Alert) -> None:
    """The use of an alert has ended. Acted on is what was taken, or about whom an agency reported a hold; who
    was dispatched is asked for before.
    """
    taken = await alert_acts.find_standing_taking(tx, alert.alert_id) is not None
    if taken or await alert_acts.list_holds(tx, alert.alert_id) or not await missed.record_missed(tx, alert):
        return
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, system_actor(alert.court_id), "alert missed", about)
    tx.log("alert-missed", alert=alert.alert_id, correlation=alert.correlation)
    if await due_work.find_due(tx, alert.court_id, DueKind.MISSED_REMINDER) is None:
        await _set_reminder(tx, alert.court_id)


async def remind_of_missed(tx: Tx, due: DueWork) -> None:
    """Each morning while anything stands on the list."""
    court_id = CourtId(due.about)
    listed = await missed.list_missed(tx, court_id)
    if not listed:
        return
    court = await people.get_court(tx, court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at, missed=len(listed), missed_from=listed[0].missed_at)
    desk = await people.list_on_duty(tx, court_id, Duty.DESK, tx.at)
    leaders = await people.list_with_roles(tx, court_id, [Role.BUREAU_LEADER])
    notice = StaffNotice(text_id=TextId.MISSED, facts_in=lambda _language: facts, kept_for=KEPT_FOR)
    await tell_people(tx, (*desk, *leaders), notice)
    await _set_reminder(tx, court_id)


async def _set_reminder(tx: Tx, court_id: CourtId) -> None:
    # Of two alerts that are missed in one moment each may have set one.
    await due_work.cancel_due(tx, court_id, [DueKind.MISSED_REMINDER])
    due = DueWork(
        due_id=tx.entropy.new_id(),
        kind=DueKind.MISSED_REMINDER,
        about=court_id,
        due_at=next_reminder_at(tx.at),
    )
    await due_work.add_due(tx, due)


def next_reminder_at(after: datetime) -> datetime:
    """The next morning's hour, that of today while it is ahead."""
    today = datetime.combine(court_day(after), REMINDED_AT, COURT_ZONE)
    following = today if today > after else today + timedelta(days=1)
    return following.astimezone(after.tzinfo)


async def settle_if_missed(tx: Tx, actor: Actor, alert: Alert, reason: str) -> None:
    """An outcome is recorded. Raises Invalid where the alert was missed and no reason is given."""
    listed = await missed.find_missed(tx, alert.alert_id)
    if listed is None or listed.settled_at is not None:
        return
    if not reason:
        problem = Problem(
            field="reason",
            zh="该预警过时无人处置，请填写原因",
            en="nobody acted on this alert in time: say why",
        )
        raise Invalid([problem])
    await missed.record_settled(tx, alert.alert_id, actor.person_id, reason)
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "missed alert settled", about)
