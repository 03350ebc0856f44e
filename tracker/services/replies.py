"""What a person answers by SMS. A reply may take an alert or answer an order; it never closes or reveals
anything.

An unknown sender is never answered.
"""

from enum import StrEnum

from notifications.people import PhoneRefused, normalise_phone
from notifications.replies import CannotGo, TakesOrConfirms, Unreadable, WantsNoMessages, read_reply
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.errors import ChangeTheRequest, NotAllowed
from tracker.domain.ids import AlertId, PersonId
from tracker.domain.metering import Happening
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.stand_down import answer_order
from tracker.services.takings import Way, decline_alert, take_alert, tell_who_has_it
from tracker.storage import alerts, people, replies
from tracker.storage.replies import InboundReply
from tracker.storage.transaction import Tx


class ReplyMeaning(StrEnum):
    """What became of a reply."""

    RECEIVED = "received"
    UNKNOWN_SENDER = "unknown-sender"
    REPEATED = "repeated"
    UNREADABLE = "unreadable"
    WANTS_NO_MESSAGES = "wants-no-messages"
    WRONG_CODE = "wrong-code"
    TOOK = "took"
    TAKEN_BY_OTHER = "taken-by-other"
    DECLINED = "declined"
    ANSWERED = "answered"
    NOT_ALLOWED = "not-allowed"


async def receive_reply(tx: Tx, sender: str, text: str, provider_id: str | None = None) -> ReplyMeaning:
    """Take one inbound SMS; the provider's id makes a repeated delivery harmless."""
    if provider_id is not None and await replies.is_reply_known(tx, provider_id):
        return ReplyMeaning.REPEATED
    phone = normalise_phone(sender)
    number = sender if isinstance(phone, PhoneRefused) else phone
    person_id = await people.find_person_by_phone(tx, number)
    alert_id = await _alert_meant(tx, person_id, text)
    reply = InboundReply(
        phone=number, text=text, person_id=person_id, alert_id=alert_id, provider_id=provider_id
    )
    # Kept before it is acted on: that somebody answered with the code proves that they were told.
    reply_id = await replies.add_reply(tx, reply, ReplyMeaning.RECEIVED)
    meaning = await _act_on(tx, person_id, alert_id, text)
    await replies.record_meaning(tx, reply_id, meaning)
    correlation = None if alert_id is None else await alerts.find_correlation(tx, alert_id)
    tx.log("reply-taken", correlation=correlation, alert=alert_id, meaning=meaning.value)
    tx.counted(Happening.REPLIES, meaning.value)
    return meaning


async def _alert_meant(tx: Tx, person_id: PersonId | None, text: str) -> AlertId | None:
    reply = read_reply(text)
    if person_id is None or not isinstance(reply, TakesOrConfirms | CannotGo) or reply.code is None:
        return None
    return await replies.find_alert_of_code(tx, person_id, reply.code)


async def _act_on(tx: Tx, person_id: PersonId | None, alert_id: AlertId | None, text: str) -> ReplyMeaning:
    if person_id is None:
        return ReplyMeaning.UNKNOWN_SENDER
    match read_reply(text):
        case WantsNoMessages():
            about = About(kind="person", key=person_id)
            await audit.record(tx, await people.get_actor(tx, person_id), "wants no messages", about)
            return ReplyMeaning.WANTS_NO_MESSAGES
        case Unreadable():
            return ReplyMeaning.UNREADABLE
        case CannotGo():
            return await _decline(tx, person_id, alert_id)
        case TakesOrConfirms():
            return await _take_or_answer(tx, person_id, alert_id)


async def _decline(tx: Tx, person_id: PersonId, alert_id: AlertId | None) -> ReplyMeaning:
    if alert_id is None:
        return ReplyMeaning.WRONG_CODE
    return await decline_by_reply(tx, person_id, await alerts.lock_alert(tx, alert_id))


async def decline_by_reply(tx: Tx, person_id: PersonId, alert: Alert) -> ReplyMeaning:
    """ "I cannot go", in whatever way it was said; the alert is locked."""
    if alert.state is not AlertState.OPEN:
        return ReplyMeaning.ANSWERED
    try:
        await decline_alert(tx, await people.get_actor(tx, person_id), alert)
    except NotAllowed:
        return ReplyMeaning.NOT_ALLOWED
    return ReplyMeaning.DECLINED


async def _take_or_answer(tx: Tx, person_id: PersonId, alert_id: AlertId | None) -> ReplyMeaning:
    if alert_id is None:
        return ReplyMeaning.WRONG_CODE
    alert = await alerts.lock_alert(tx, alert_id)
    if await confirm_order(tx, await people.get_actor(tx, person_id), alert, Way.REPLY):
        return ReplyMeaning.ANSWERED
    return await take_by_reply(tx, person_id, alert, Way.REPLY)


async def confirm_order(tx: Tx, actor: Actor, alert: Alert, way: Way) -> bool:
    """The person says that the latest order was understood; False when no order waits for that."""
    if not await answer_order(tx, actor.person_id, alert):
        return False
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "order answered", about, way=way.value)
    return True


async def take_by_reply(tx: Tx, person_id: PersonId, alert: Alert, way: Way) -> ReplyMeaning:
    """ "I have it", in whatever way it was said; the alert is locked."""
    if alert.state is not AlertState.OPEN:
        return ReplyMeaning.ANSWERED
    try:
        await take_alert(tx, await people.get_actor(tx, person_id), alert, way)
    except NotAllowed:
        return ReplyMeaning.NOT_ALLOWED
    except ChangeTheRequest:
        await tell_who_has_it(tx, alert, person_id)
        return ReplyMeaning.TAKEN_BY_OTHER
    return ReplyMeaning.TOOK
