"""A button under a push message: "I have it", "I cannot go", "received". It does what a reply by SMS does.

What must not break: only the person whom the message was for answers it, and only by an account that is known
to be this person's.
"""

from dataclasses import dataclass
from enum import StrEnum

from tracker.domain.alerts import Alert, AlertState
from tracker.domain.errors import ChangeTheRequest, NotAllowed
from tracker.domain.ids import AttemptId, PersonId
from tracker.domain.people import Actor
from tracker.services.replies import ReplyMeaning, confirm_order
from tracker.services.takings import Way, decline_alert, take_alert, tell_who_has_it
from tracker.storage import alerts, attempts, contacts, notices, people
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx


class Button(StrEnum):
    """The buttons by their place: what they say depends on the text."""

    TAKE = "take"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A button of the message of an attempt, pressed by an account. Its provider vouches for that."""

    attempt_id: str
    provider: str
    account: str
    button: Button
    way: Way


async def receive_tap(tx: Tx, tap: Tap) -> ReplyMeaning:
    """Do what the button says; pressed twice, it changes nothing."""
    meaning = await _act_on(tx, tap)
    tx.log("button-pressed", attempt=tap.attempt_id, provider=tap.provider, meaning=meaning.value)
    return meaning


async def find_language(tx: Tx, provider: str, account: str) -> str | None:
    """Of the person whose account it is."""
    known = await contacts.find_by_address(tx, provider, account)
    return None if known is None else (await people.get_person(tx, known.person_id)).language


async def _act_on(tx: Tx, tap: Tap) -> ReplyMeaning:
    notice = await _notice_of(tx, tap)
    if notice is None or notice.alert_id is None or notice.person_id is None:
        return ReplyMeaning.UNKNOWN_SENDER
    alert = await alerts.lock_alert(tx, notice.alert_id)
    actor = await people.get_actor(tx, notice.person_id)
    try:
        if tap.button is Button.DECLINE:
            return await _decline(tx, actor, alert)
        return await _take(tx, actor, alert, tap.way)
    except NotAllowed:
        return ReplyMeaning.NOT_ALLOWED


async def _notice_of(tx: Tx, tap: Tap) -> Notice | None:
    """The message, if it was for the person whose account this is."""
    notice_id = await attempts.find_notice_of(tx, AttemptId(tap.attempt_id))
    account = await contacts.find_by_address(tx, tap.provider, tap.account)
    if notice_id is None or account is None:
        return None
    notice = await notices.get_notice(tx, notice_id)
    return notice if notice.person_id == account.person_id else None


async def _decline(tx: Tx, actor: Actor, alert: Alert) -> ReplyMeaning:
    if alert.state is not AlertState.OPEN:
        return ReplyMeaning.ANSWERED
    await decline_alert(tx, actor, alert)
    return ReplyMeaning.DECLINED


async def _take(tx: Tx, actor: Actor, alert: Alert, way: Way) -> ReplyMeaning:
    if await confirm_order(tx, actor, alert, way) or alert.state is not AlertState.OPEN:
        return ReplyMeaning.ANSWERED
    try:
        await take_alert(tx, actor, alert, way)
    except NotAllowed:
        raise
    except ChangeTheRequest:
        return await _told_who(tx, alert, actor.person_id)
    return ReplyMeaning.TOOK


async def _told_who(tx: Tx, alert: Alert, person_id: PersonId) -> ReplyMeaning:
    await tell_who_has_it(tx, alert, person_id)
    return ReplyMeaning.TAKEN_BY_OTHER
