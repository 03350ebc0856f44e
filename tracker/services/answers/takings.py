"""Taking an alert: "I have it". One person at a time has it, or one of each side where the ladder wants both;
everything pending stops, the others are told who.
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
from tracker.domain.takings import side_to_take
from tracker.services import audit
from tracker.services.access import require_on_alert
from tracker.services.alerts.moves import DISPATCH_WITHIN, move
from tracker.services.answers.offers import accept_offer, decline_offers
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.ladders.circles import list_reachable, list_with_side, still_missing
from tracker.services.ladders.last_resort import list_last_resort
from tracker.services.ladders.rungs import start_ladder, stop_ladder
from tracker.services.notices.telling import Telling, tell
from tracker.services.proof.drills import end_taken
from tracker.storage import alert_acts, due_work, notices, people, waiting_notices
from tracker.storage.transaction import Tx

STILL_TOLD = (
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
)
"""What goes out although somebody has the alert, or cannot go."""


class Way(StrEnum):
    """How somebody took an alert."""

    CONSOLE = "console"
    REPLY = "reply"
    LINK = "link"
    CALL = "call"
    APP = "app"
    WECOM = "wecom"


async def take_alert(tx: Tx, actor: Actor, alert: Alert, way: Way) -> None:
    """Take an open alert, or the side of it that is missing; taking twice changes nothing, who comes too late
    learns who has it.
    """
    await require_on_alert(tx, actor, Action.TAKE, alert)
    if alert.state is not AlertState.OPEN:
        raise Conflict("该预警已结束，无需接手", "the alert has ended: there is nothing to take")
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    if any(one.person_id == actor.person_id for one in takings):
        return
    if not await accept_offer(tx, actor, alert, way):
        await _take_missing_side(tx, actor, alert, way)
    alert = await move(tx, alert)
    await _stop_ringing(tx, alert)
    await _tell_others(tx, alert, actor.person_id)
    if alert.is_drill:
        await end_taken(tx, alert)
    elif alert.urgency is Urgency.IMMINENT and not alert.paused:
        await set_due(tx, DueKind.TAKING_EXPIRES, alert.alert_id, tx.at + DISPATCH_WITHIN)
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "alert taken", about, way=way.value)


async def _take_missing_side(tx: Tx, actor: Actor, alert: Alert, way: Way) -> None:
    side = side_to_take(await still_missing(tx, alert), actor.roles)
    if side is None:
        takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
        takers = [(await people.get_person(tx, one.person_id)).title for one in takings]
        raise Conflict(f"{'、'.join(takers)}已接手", "somebody else has taken it: call the taker or the desk")
    await alert_acts.add_taking(tx, alert.alert_id, actor.person_id, way, side)


async def _stop_ringing(tx: Tx, alert: Alert) -> None:
    """For everybody; while a side is still missing, for those of the other side."""
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.TAKING_EXPIRES])
    missing = await still_missing(tx, alert)
    if missing:
        addressed = await notices.list_addressed(tx, alert.alert_id)
        wanted = await list_with_side(tx, missing, addressed)
        await waiting_notices.cancel_waiting(tx, alert.alert_id, STILL_TOLD, set(addressed) - set(wanted))
        return
    await stop_ladder(tx, alert)
    await waiting_notices.cancel_waiting(tx, alert.alert_id, STILL_TOLD)


async def _tell_others(tx: Tx, alert: Alert, taker: PersonId) -> None:
    """Whoever need not answer any more."""
    who = await people.get_person(tx, taker)
    told = await notices.list_told(tx, alert.alert_id)
    missing = await still_missing(tx, alert)
    wanted = await list_with_side(tx, missing, told) if missing else ()
    others = tuple(one for one in told if one not in {taker, *wanted})
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
    """ "I cannot go": a taking of the person lapses, the ladder leaves them alone while the plan stands, and
    the next people are rung at once. Who has said so already rings nobody further.
    """
    await require_on_alert(tx, actor, Action.TAKE, alert)
    if alert.state is not AlertState.OPEN:
        return
    await decline_offers(tx, actor, alert)
    gave_back = await alert_acts.record_taking_lapsed(tx, alert.alert_id, "cannot-go", actor.person_id)
    is_new = await alert_acts.add_declined(tx, alert, actor.person_id)
    if not gave_back and not (is_new and await still_missing(tx, alert)):
        return
    if gave_back:
        alert = await move(tx, alert)
    await waiting_notices.cancel_waiting(tx, alert.alert_id, STILL_TOLD, {actor.person_id})
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "alert declined", about)
    if alert.paused or alert.plan.is_over(tx.at):
        # Nobody is to go now, so nobody is rung in this person's place.
        return
    await tell(tx, alert, Telling(text_id=TextId.LADDER, to=await _next_people(tx, alert, actor.person_id)))
    if gave_back:
        await start_ladder(tx, alert, tx.at + timedelta(minutes=3))


async def _next_people(tx: Tx, alert: Alert, but: PersonId) -> tuple[PersonId, ...]:
    """Whoever has not been written to of team and desk, else the leader on duty, else the last resort."""
    told = set(await notices.list_addressed(tx, alert.alert_id))
    for to_whom in (ToWhom.TEAM, ToWhom.DESK):
        if fresh := [one for one in await list_reachable(tx, alert, to_whom) if one not in told]:
            return tuple(fresh)
    leaders = await list_reachable(tx, alert, ToWhom.LEADER_ON_DUTY)
    left = leaders or await list_last_resort(tx, alert)
    return tuple(one for one in left if one != but)
