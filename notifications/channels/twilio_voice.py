"""Calls through Twilio: a voice reads the text and asks for a key, which Twilio brings to the court.

What is said comes with the request, so that a call needs nothing of the court before a key is pressed. An
answering machine counts as somebody who answered; that nobody pressed a key shows that nobody was there.

Source: https://www.twilio.com/docs/voice/api/call-resource and /voice/twiml (remembered 2026-11).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from notifications.channels.callbacks import CallbackUnreadable, DeliveryReport, PressedDigit
from notifications.channels.port import (
    OF_NOBODY,
    ChannelKind,
    CodeAction,
    FindResult,
    NotFound,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from notifications.channels.twilio import (
    ATTEMPT_PARAMETER,
    LOOKED_THROUGH,
    TwilioAccount,
    TwilioSettings,
    listed_by,
)
from notifications.delivery import AttemptState
from notifications.keys import MENU, language_of
from notifications.people import is_demo_number
from notifications.texts.ids import Language

_RINGS_S: Final = 40
_WAITS_FOR_KEY_S: Final = 10
_VOICE: Final[Mapping[Language, str]] = MappingProxyType(
    {Language.CHINESE: "zh-CN", Language.ENGLISH: "en-US"}
)

STATE_OF_CALL: Mapping[str, AttemptState] = MappingProxyType(
    {
        "queued": AttemptState.SUBMITTED,
        "initiated": AttemptState.SUBMITTED,
        "ringing": AttemptState.SENT,
        "in-progress": AttemptState.DELIVERED,
        "completed": AttemptState.DELIVERED,
        "busy": AttemptState.UNDELIVERED,
        "no-answer": AttemptState.UNDELIVERED,
        "failed": AttemptState.FAILED,
        "canceled": AttemptState.FAILED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioVoiceSettings:
    account: TwilioSettings
    caller: str
    """The number that calls, E.164: a messaging service cannot."""
    status_url: str
    key_url: str
    """Where Twilio reports and brings keys, as it sees us from outside."""


class TwilioVoice:
    name = "twilio"
    kind = ChannelKind.VOICE

    def __init__(self, settings: TwilioVoiceSettings) -> None:
        self._settings = settings
        self._account = TwilioAccount(settings.account)
        self._calls = self._account.client.calls

    async def send(self, message: Outgoing) -> SendResult:
        if is_demo_number(message.to):
            return OF_NOBODY
        created = await self._account.create("Calls", self._form(message))
        if isinstance(created, Rejected | Unknown):
            return created
        return _submitted(created.get("sid"), created.get("status"))

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """Twilio keeps neither an id of ours nor what was said: receiver and time identify a call, as long as
        it is none of the others.
        """
        if is_demo_number(message.to):
            return NotFound()
        listed = await listed_by(self._calls.list_async(to=message.to, limit=LOOKED_THROUGH), since)
        if isinstance(listed, Unknown):
            return listed
        found = [call for call in listed if call.sid not in but]
        return _submitted(found[0].sid, found[0].status) if found else NotFound()

    async def close(self) -> None:
        await self._account.close()

    def _form(self, message: Outgoing) -> dict[str, Any]:
        attempt = quote(message.attempt_id, safe="")
        return {
            "To": message.to,
            "From": self._settings.caller,
            "Twiml": twiml_of_call(self._settings, message.attempt_id, message.text),
            "Timeout": min(message.valid_for_s, _RINGS_S),
            "StatusCallback": f"{self._settings.status_url}?{ATTEMPT_PARAMETER}={attempt}",
        }


def twiml_of_call(settings: TwilioVoiceSettings, attempt_id: str, text: str, said: str = "") -> str:
    """Reads the text twice and waits for a key; `said`: what comes before it."""
    language = language_of(text)
    action = escape(f"{settings.key_url}?{ATTEMPT_PARAMETER}={quote(attempt_id, safe='')}")
    once = _say(text + MENU[language], language)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Response>{_say(said, language) if said else ""}'
        f'<Gather numDigits="1" timeout="{_WAITS_FOR_KEY_S}" method="POST" action="{action}">'
        f'{once}<Pause length="2"/>{once}</Gather></Response>'
    )


def twiml_of_end(said: str, language: Language) -> str:
    """Says something and hangs up."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{_say(said, language)}<Hangup/></Response>'


def parse_call_status(
    query: Mapping[str, str], form: Mapping[str, str]
) -> DeliveryReport | CallbackUnreadable:
    state = STATE_OF_CALL.get(form.get("CallStatus", ""))
    if state is None:
        return CallbackUnreadable(field="CallStatus")
    if not form.get("CallSid"):
        return CallbackUnreadable(field="CallSid")
    is_lost = state in (AttemptState.UNDELIVERED, AttemptState.FAILED)
    return DeliveryReport(
        attempt_id=query.get(ATTEMPT_PARAMETER),
        provider_id=form["CallSid"],
        state=state,
        code=form["CallStatus"] if is_lost else None,
        action=CodeAction.NEXT_CHANNEL if is_lost else None,
    )


def parse_digit(query: Mapping[str, str], form: Mapping[str, str]) -> PressedDigit | CallbackUnreadable:
    for needed in ("CallSid", "Digits"):
        if not form.get(needed):
            return CallbackUnreadable(field=needed)
    attempt_id = query.get(ATTEMPT_PARAMETER)
    return PressedDigit(attempt_id=attempt_id, provider_id=form["CallSid"], digit=form["Digits"])


def _say(text: str, language: Language) -> str:
    return f'<Say language="{_VOICE[language]}">{escape(text)}</Say>'


def _submitted(sid: str | None, status: str | None) -> Submitted | Unknown:
    if not sid:
        return Unknown(reason="answer without a call id")
    return Submitted(provider_id=sid, state=STATE_OF_CALL.get(status or "", AttemptState.SUBMITTED))
