"""What a person answers by SMS. A reply may take an alert or answer an order; it never closes or reveals
anything.

An unknown sender is never answered.
"""

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from notifications.channels.port import ChannelKind
from notifications.people import PhoneRefused, normalise_phone
from notifications.reachability import ANY_PROVIDER
from notifications.replies import (
    CannotGo,
    Reply,
    TakesOrConfirms,
    Unreadable,
    WantsMessagesAgain,
    WantsNoMessages,
    read_reply,
)
from notifications.texts import Facts, TextId
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.errors import ChangeTheRequest, NotAllowed
from tracker.domain.ids import AlertId, PersonId
from tracker.domain.metering import Happening
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.alerts.stand_down import answer_order
from tracker.services.answers.takings import Way, decline_alert, take_alert, tell_who_has_it
from tracker.services.audit import About
from tracker.services.notices.plain import PlainNotice, write_notice
from tracker.services.notices.staff import tell_desk
from tracker.services.people.sms_stops import allow_sms, stop_sms
from tracker.storage import alerts, people, replies
from tracker.storage.replies import InboundReply
from tracker.storage.transaction import Tx

WRONG_REPLIES = 5
WRONG_WITHIN = timedelta(hours=1)
WRONG_REPLY_KEPT_FOR = timedelta(minutes=10)
LONGEST_KEPT = 1_600
"""As long as ten segments may be; what stands behind means nothing either."""


class ReplyMeaning(StrEnum):
    """What became of a reply."""

    RECEIVED = "received"
    UNKNOWN_SENDER = "unknown-sender"
    REPEATED = "repeated"
    UNREADABLE = "unreadable"
    WANTS_NO_MESSAGES = "wants-no-messages"
    WANTS_MESSAGES_AGAIN = "wants-messages-again"
    WRONG_CODE = "wrong-code"
    DESK_TOLD = "desk-told"
    """The fifth wrong one within an hour."""
    NOT_ANSWERED = "not-answered"
    """A wrong one after the desk was told."""
    TOOK = "took"
    TAKEN_BY_OTHER = "taken-by-other"
    DECLINED = "declined"
    ANSWERED = "answered"
    NOT_ALLOWED = "not-allowed"
    OVERTAKEN = "overtaken"
    """Something else was asked of the person since, which the answered message did not say."""


WRONG = frozenset(
    {
        ReplyMeaning.UNREADABLE,
        ReplyMeaning.WRONG_CODE,
        ReplyMeaning.DESK_TOLD,
        ReplyMeaning.NOT_ANSWERED,
    }
)


async def receive_reply(
    tx: Tx, sender: str, text: str, provider_id: str | None = None, provider: str = ANY_PROVIDER
) -> ReplyMeaning:
    """Take one inbound SMS; the provider's id makes a repeated delivery harmless. `provider`: who carried it,
    and sends no more to whoever says so.
    """
    if provider_id is not None and await replies.is_reply_known(tx, provider_id):
        return ReplyMeaning.REPEATED
    phone = normalise_phone(sender)
    number = sender if isinstance(phone, PhoneRefused) else phone
    said = read_reply(text[:LONGEST_KEPT])
    person_id = await people.find_person_by_phone(tx, number)
    reply = InboundReply(
        phone=number,
        text=text[:LONGEST_KEPT],
        person_id=person_id,
        alert_id=await _alert_meant(tx, person_id, said),
        provider_id=provider_id,
    )
    # Kept before it is acted on: that somebody answered with the code proves that they were told.
    reply_id = await replies.add_reply(tx, reply, ReplyMeaning.RECEIVED)
    meaning = await _act_on(tx, reply, said, provider)
    await replies.record_meaning(tx, reply_id, meaning)
    correlation = None if reply.alert_id is None else await alerts.find_correlation(tx, reply.alert_id)
    tx.log("reply-taken", correlation=correlation, alert=reply.alert_id, meaning=meaning.value)
    tx.counted(Happening.REPLIES, meaning.value)
    return meaning


async def _alert_meant(tx: Tx, person_id: PersonId | None, said: Reply) -> AlertId | None:
    if person_id is None or not isinstance(said, TakesOrConfirms | CannotGo) or said.code is None:
        return None
    return await replies.find_alert_of_code(tx, person_id, said.code)


async def _act_on(tx: Tx, reply: InboundReply, said: Reply, provider: str) -> ReplyMeaning:
    if reply.person_id is None:
        return ReplyMeaning.UNKNOWN_SENDER
    actor = await people.get_actor(tx, reply.person_id)
    match said:
        case WantsNoMessages():
            await stop_sms(tx, actor, provider)
            return ReplyMeaning.WANTS_NO_MESSAGES
        case WantsMessagesAgain():
            await allow_sms(tx, actor)
            return ReplyMeaning.WANTS_MESSAGES_AGAIN
        case Unreadable():
            return await _answer_wrong(tx, actor, reply.phone, ReplyMeaning.UNREADABLE)
        case CannotGo() | TakesOrConfirms() if reply.alert_id is None:
            return await _answer_wrong(tx, actor, reply.phone, ReplyMeaning.WRONG_CODE)
        case CannotGo():
            return await _decline(tx, reply.person_id, reply.alert_id)
        case TakesOrConfirms():
            return await _take_or_answer(tx, reply.person_id, reply.alert_id)


async def _answer_wrong(tx: Tx, actor: Actor, phone: str, meaning: ReplyMeaning) -> ReplyMeaning:
    """Whoever believes to have taken an alert must learn that nothing was done. The fifth time within an hour
    somebody looks: it may be a person in need, or one who forges the number and guesses codes. A right code
    is taken all the while, or five forged replies would silence a judge.
    """
    await people.lock_person(tx, actor.person_id)
    recent = await replies.list_meanings(tx, phone, tx.at - WRONG_WITHIN)
    if ReplyMeaning.DESK_TOLD in recent:
        return ReplyMeaning.NOT_ANSWERED
    person = await people.get_person(tx, actor.person_id)
    court = await people.get_court(tx, person.court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at, desk_phone=court.desk_phone)
    wrong = 1 + sum(one in WRONG for one in recent)
    if wrong >= WRONG_REPLIES:
        about_person = replace(facts, member=person.title, wrong_replies=wrong)
        await tell_desk(tx, person.court_id, TextId.WRONG_REPLIES, about_person, but=person.person_id)
        about = About(kind="person", key=person.person_id)
        await audit.record(tx, actor, "desk told of wrong replies", about, wrong=wrong)
        return ReplyMeaning.DESK_TOLD
    answer = PlainNotice(
        text_id=TextId.WRONG_REPLY,
        channel=ChannelKind.SMS,
        due_at=tx.at,
        kept_for=WRONG_REPLY_KEPT_FOR,
        person_id=person.person_id,
    )
    await write_notice(tx, person.court_id, answer, facts)
    return meaning


async def _decline(tx: Tx, person_id: PersonId, alert_id: AlertId) -> ReplyMeaning:
    return await decline_by_answer(tx, person_id, await alerts.lock_alert(tx, alert_id))


async def decline_by_answer(tx: Tx, person_id: PersonId, alert: Alert) -> ReplyMeaning:
    """ "I cannot go", in whatever way it was said; the alert is locked."""
    if alert.state is not AlertState.OPEN:
        return ReplyMeaning.ANSWERED
    try:
        await decline_alert(tx, await people.get_actor(tx, person_id), alert)
    except NotAllowed:
        return ReplyMeaning.NOT_ALLOWED
    return ReplyMeaning.DECLINED


async def _take_or_answer(tx: Tx, person_id: PersonId, alert_id: AlertId) -> ReplyMeaning:
    alert = await alerts.lock_alert(tx, alert_id)
    if await confirm_order(tx, await people.get_actor(tx, person_id), alert, Way.REPLY):
        return ReplyMeaning.ANSWERED
    return await take_by_answer(tx, person_id, alert, Way.REPLY)


async def confirm_order(tx: Tx, actor: Actor, alert: Alert, way: Way) -> bool:
    """The person says that the latest order was understood; False when no order waits for that."""
    if not await answer_order(tx, actor.person_id, alert):
        return False
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, "order answered", about, way=way.value)
    return True


async def take_by_answer(tx: Tx, person_id: PersonId, alert: Alert, way: Way) -> ReplyMeaning:
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
