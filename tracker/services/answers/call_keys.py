"""Keys that are pressed in a call. A key does what a reply by SMS would do, for the person who was called and
about the alert that the call told of.

What must not break: a key answers what the voice has said and nothing that came after it, so that nobody
confirms an order to stop that was never heard; it never closes an alert, and is told nothing but what became
of it.
"""

from dataclasses import dataclass

from notifications.channels.port import ChannelKind
from notifications.keys import Key, KeyMeaning
from notifications.texts import TextId
from notifications.texts.ids import Asks, Language, asks
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.ids import AlertId, PersonId
from tracker.domain.metering import Happening
from tracker.services.answers.asked import is_overtaken
from tracker.services.answers.replies import ReplyMeaning, confirm_order, decline_by_answer, take_by_answer
from tracker.services.answers.takings import Way
from tracker.storage import alerts, attempts, notices, people
from tracker.storage.attempts import Attempt
from tracker.storage.transaction import Tx

MEANING_OF_REPLY = {
    ReplyMeaning.TOOK: KeyMeaning.TOOK,
    ReplyMeaning.TAKEN_BY_OTHER: KeyMeaning.TAKEN_BY_OTHER,
    ReplyMeaning.DECLINED: KeyMeaning.DECLINED,
    ReplyMeaning.ANSWERED: KeyMeaning.OVER,
    ReplyMeaning.NOT_ALLOWED: KeyMeaning.NOT_ALLOWED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PressedKey:
    """A key in the call of an attempt, by our id or the provider's."""

    attempt_id: str | None
    provider_id: str | None
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the person is to hear: what became of the key, and then perhaps the call once more."""

    meaning: KeyMeaning
    language: Language
    again: Attempt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """Who was called about which alert, and what the voice said."""

    attempt: Attempt
    person_id: PersonId
    alert_id: AlertId
    text_id: TextId
    language: Language
    correlation: str | None


async def press_key(tx: Tx, pressed: PressedKey) -> Heard:
    """Take, decline or confirm; the same key twice changes nothing the second time."""
    call = await _find_call(tx, pressed)
    if call is None:
        tx.counted(Happening.REPLIES, KeyMeaning.OVER.value)
        return Heard(meaning=KeyMeaning.OVER, language=Language.CHINESE)
    # Locked before anything is judged: an order to stop may be on its way.
    alert = await alerts.lock_alert(tx, call.alert_id)
    meaning = await _act_on(tx, call, alert, pressed.key)
    tx.log(
        "key-pressed",
        correlation=call.correlation,
        alert=call.alert_id,
        attempt=call.attempt.attempt_id,
        meaning=meaning.value,
    )
    tx.counted(Happening.REPLIES, meaning.value)
    is_said_again = meaning in (KeyMeaning.AGAIN, KeyMeaning.NO_SUCH_KEY)
    again = call.attempt if is_said_again else None
    return Heard(meaning=meaning, language=call.language, again=again)


async def _find_call(tx: Tx, pressed: PressedKey) -> _Call | None:
    attempt = await attempts.find_attempt(tx, pressed.attempt_id, pressed.provider_id)
    if attempt is None:
        return None
    notice = await notices.get_notice(tx, attempt.notice_id)
    if notice.channel is not ChannelKind.VOICE or notice.person_id is None or notice.alert_id is None:
        return None
    return _Call(
        attempt=attempt,
        person_id=notice.person_id,
        alert_id=AlertId(notice.alert_id),
        text_id=notice.text_id,
        language=notice.language,
        correlation=notice.correlation,
    )


async def _act_on(tx: Tx, call: _Call, alert: Alert, key: str) -> KeyMeaning:
    asked = asks(call.text_id)
    if asked is not Asks.CONFIRM and alert.state is not AlertState.OPEN:
        return KeyMeaning.OVER
    match key:
        case Key.AGAIN:
            return KeyMeaning.AGAIN
        case Key.ONE | Key.CANNOT_GO if await is_overtaken(tx, call.alert_id, call.person_id, call.text_id):
            return KeyMeaning.OVERTAKEN
        case Key.ONE if asked is Asks.CONFIRM:
            actor = await people.get_actor(tx, call.person_id)
            is_confirmed = await confirm_order(tx, actor, alert, Way.CALL)
            return KeyMeaning.CONFIRMED if is_confirmed else KeyMeaning.OVER
        case Key.ONE:
            return MEANING_OF_REPLY[await take_by_answer(tx, call.person_id, alert, Way.CALL)]
        case Key.CANNOT_GO:
            return MEANING_OF_REPLY[await decline_by_answer(tx, call.person_id, alert)]
        case _:
            return KeyMeaning.NO_SUCH_KEY
