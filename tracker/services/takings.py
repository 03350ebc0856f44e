"""Taking an alert: "I have it". One person at a time has it; everything pending stops, the others are told
who.
"""

from datetime import timedelta
from enum import StrEnum

from notifications.ladders import ToWhom
from notifications.texts import TextId
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action
from tracker.domain.due import DueKind
from tracker.domain.errors import Conflict
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor
from tracker.domain.plans import Urgency
from tracker.services import audit
from tracker.services.access import require_on_alert
from tracker.services.alerts import DISPATCH_WITHIN, move, set_due
from tracker.services.audit import About
from tracker.services.ladder import people_for, start_ladder, stop_ladder
from tracker.services.notices import Telling, tell
from tracker.storage import alert_acts, due_work, notices, people
from tracker.storage.transaction import Tx

PENDING_PAGES = frozenset(TextId) - {
    TextId.STAND_DOWN,
    TextId.STAND_DOWN_RECEIPT_MISSING,
    TextId.WRONG_PERSON,
    TextId.PAUSED,
    TextId.RESUMED,
    TextId.OTHER_CASE_STANDS,
    TextId.DISPATCHED,
    TextId.PLAN_CHANGED,
    TextId.PLAN_ENDED,
    TextId.ACT_POINT_MOVED,
    TextId.AFTER_OUTCOME,
    TextId.PERFORMED_PERSON,
}


class Way(StrEnum):
    """How somebody took an alert."""

    CONSOLE = "console"
    REPLY = "reply"
    TAP = "tap"


async def take_alert(tx: Tx, actor: Actor, alert: Alert, way: Way) -> None:
    """Take an open alert; taking twice changes nothing, a second person learns who has it."""
    await require_on_alert(tx, actor, Action.TAKE, alert)
    if alert.state is not AlertState.OPEN:
        raise Conflict("该预警已结束，无需接手", "the alert has ended: there is nothing to take")
    standing = await alert_acts.find_standing_taking(tx, alert.alert_id)
    if standing is not None:
        if standing.person_id == actor.person_id:
            return
        taker = await people.get_person(tx, standing.person_id)
        raise Conflict(f"{taker.title}已接手", "somebody else has taken it: call the taker or the desk")
    await alert_acts.add_taking(tx, alert.alert_id, actor.person_id, way)
    alert = await move(tx, alert)
    await _stop_ringing(tx, alert)
    await _tell_others(tx, alert, actor.person_id)
    if alert.urgency is Urgency.IMMINENT and not alert.paused:
        await set_due(tx, DueKind.TAKING_EXPIRES, alert.alert_id, tx.at + DISPATCH_WITHIN)
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "alert taken", about, way=way.value)


async def _stop_ringing(tx: Tx, alert: Alert) -> None:
    await stop_ladder(tx, alert)
    keep = frozenset(TextId) - PENDING_PAGES
    await notices.cancel_waiting(tx, alert.alert_id, list(keep))
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.TAKING_EXPIRES])


async def _tell_others(tx: Tx, alert: Alert, taker: PersonId) -> None:
    who = await people.get_person(tx, taker)
    others = tuple(one for one in await notices.list_told(tx, alert.alert_id) if one != taker)
    extra = {"taker": who.title, "taken_at": tx.at}
    await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=others, extra=extra))


async def tell_who_has_it(tx: Tx, alert: Alert, person_id: PersonId) -> None:
    """Somebody answers too late: who has it."""
    standing = await alert_acts.find_standing_taking(tx, alert.alert_id)
    if standing is not None:
        who = await people.get_person(tx, standing.person_id)
        extra = {"taker": who.title, "taken_at": standing.taken_at}
        await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(person_id,), extra=extra))


async def decline_alert(tx: Tx, actor: Actor, alert: Alert) -> None:
    """ "I cannot go": a taking of the person lapses, and the next people are rung at once."""
    await require_on_alert(tx, actor, Action.TAKE, alert)
    if alert.state is not AlertState.OPEN:
        return
    standing = await alert_acts.find_standing_taking(tx, alert.alert_id)
    if standing is not None and standing.person_id != actor.person_id:
        return
    if standing is not None:
        await alert_acts.record_taking_lapsed(tx, alert.alert_id, "cannot-go")
        alert = await move(tx, alert)
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "alert declined", about)
    if alert.paused or alert.plan.is_over(tx.at):
        # Nobody is to go now, so nobody is rung in this person's place.
        return
    rung_next = (await _next_people(tx, alert)) or await people_for(tx, alert, ToWhom.LEADER_ON_DUTY)
    await tell(tx, alert, Telling(text_id=TextId.LADDER, to=rung_next))
    if standing is not None:
        await start_ladder(tx, alert, tx.at + timedelta(minutes=3))


async def _next_people(tx: Tx, alert: Alert) -> tuple[PersonId, ...]:
    told = set(await notices.list_addressed(tx, alert.alert_id))
    for to_whom in (ToWhom.TEAM, ToWhom.DESK):
        fresh = tuple(one for one in await people_for(tx, alert, to_whom) if one not in told)
        if fresh:
            return fresh
    return ()
