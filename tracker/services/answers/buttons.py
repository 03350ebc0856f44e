"""A button under a push message: "I have it", "I cannot go", "received". It does what a reply by SMS does.

What must not break: only the person whom the message was for answers it, and only by an account that is known
to be this person's; a button answers what its message said and nothing that came after it.
"""

from dataclasses import dataclass
from enum import StrEnum

from notifications.texts.ids import Asks, asks
from tracker.domain.metering import Happening
from tracker.services.answers.asked import is_overtaken
from tracker.services.answers.replies import ReplyMeaning, confirm_order, decline_by_answer, take_by_answer
from tracker.services.answers.takings import Way
from tracker.storage import alerts, attempts, contacts, notices, people
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx


class Button(StrEnum):
    """The buttons by their place: what they say depends on the text."""

    TAKE = "take"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class PressedButton:
    """A button of the message of an attempt, pressed by an account. Its provider vouches for that."""

    attempt_id: str
    provider: str
    account: str
    button: Button
    way: Way


async def press_button(tx: Tx, pressed: PressedButton) -> ReplyMeaning:
    """Do what the button says; pressed twice, it changes nothing."""
    meaning = await _act_on(tx, pressed)
    tx.log("button-pressed", attempt=pressed.attempt_id, provider=pressed.provider, meaning=meaning.value)
    tx.counted(Happening.REPLIES, meaning.value)
    return meaning


async def find_language(tx: Tx, provider: str, account: str) -> str | None:
    """Of the person whose account it is."""
    known = await contacts.find_by_address(tx, provider, account)
    return None if known is None else (await people.get_person(tx, known.person_id)).language


async def _act_on(tx: Tx, pressed: PressedButton) -> ReplyMeaning:
    notice = await _notice_of(tx, pressed)
    if notice is None or notice.alert_id is None or notice.person_id is None:
        return ReplyMeaning.UNKNOWN_SENDER
    # Locked before anything is judged: an order to stop may be on its way.
    alert = await alerts.lock_alert(tx, notice.alert_id)
    if await is_overtaken(tx, notice.alert_id, notice.person_id, notice.text_id):
        return ReplyMeaning.OVERTAKEN
    if pressed.button is Button.DECLINE:
        return await decline_by_answer(tx, notice.person_id, alert)
    if asks(notice.text_id) is Asks.CONFIRM:
        await confirm_order(tx, await people.get_actor(tx, notice.person_id), alert, pressed.way)
        return ReplyMeaning.ANSWERED
    return await take_by_answer(tx, notice.person_id, alert, pressed.way)


async def _notice_of(tx: Tx, pressed: PressedButton) -> Notice | None:
    """The message, if it was for the person whose account this is."""
    attempt = await attempts.find_attempt(tx, pressed.attempt_id, None)
    account = await contacts.find_by_address(tx, pressed.provider, pressed.account)
    if attempt is None or account is None:
        return None
    notice = await notices.get_notice(tx, attempt.notice_id)
    return notice if notice.person_id == account.person_id else None
