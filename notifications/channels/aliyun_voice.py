"""Calls through Aliyun, which read an approved template and ask for a key. Keys come with the record of the
call after its end, so the voice can only say that the key was noted, and the court tells what became of it.

Our own id does not fit (15 bytes), so a call is known by Aliyun's id of it, and one whose answer was lost
cannot be found again: docs/decisions/0028.

Source (read 2026-11): IvrCall, help.aliyun.com document 393521; VoiceReport by HTTP, voicereport-6; results
of calls, document 55085. That lists are written MenuKeyMap.1.Key is remembered.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from notifications.channels.aliyun_api import AliyunAccount, AliyunApi, number_of
from notifications.channels.aliyun_codes import ACTION_OF_CALL, ANSWERED
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
from notifications.delivery import AttemptState
from notifications.keys import MENU, Key, language_of
from notifications.people import is_demo_number

LIVE_URL: Final = "https://dyvmsapi.aliyuncs.com"
_WAITS_FOR_KEY_MS: Final = 10_000
_TIMES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunVoiceSettings:
    account: AliyunAccount
    caller: str
    """The number that calls, as Aliyun sold it."""
    template_code: str
    """Of an approved template that is one variable, `text`."""
    noted_code: str
    """Of an approved template without a variable: says that the key was noted."""
    base_url: str = LIVE_URL


class AliyunVoice:
    name = "aliyun"
    kind = ChannelKind.VOICE

    def __init__(self, settings: AliyunVoiceSettings) -> None:
        self._settings = settings
        self._api = AliyunApi(settings.account, settings.base_url)

    async def send(self, message: Outgoing) -> SendResult:
        if is_demo_number(message.to):
            return OF_NOBODY
        answer = await self._api.ask("IvrCall", self._parameters(message))
        if isinstance(answer, Rejected | Unknown):
            return answer
        if not answer.get("CallId"):
            return Unknown(reason="answer without a call id")
        return Submitted(provider_id=str(answer["CallId"]))

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """Calls are listed by their own id only, which was lost."""
        return NotFound()

    async def close(self) -> None:
        await self._api.close()

    def _parameters(self, message: Outgoing) -> dict[str, str]:
        said = json.dumps({"text": message.text + MENU[language_of(message.text)]}, ensure_ascii=False)
        return {
            "CalledShowNumber": self._settings.caller,
            "CalledNumber": number_of(message.to),
            "StartCode": self._settings.template_code,
            "StartTtsParams": said,
            "MenuKeyMap.1.Key": Key.ONE,
            "MenuKeyMap.1.Code": self._settings.noted_code,
            "MenuKeyMap.2.Key": Key.AGAIN,
            "MenuKeyMap.2.Code": self._settings.template_code,
            "MenuKeyMap.2.TtsParams": said,
            "MenuKeyMap.3.Key": Key.CANNOT_GO,
            "MenuKeyMap.3.Code": self._settings.noted_code,
            "PlayTimes": str(_TIMES),
            "Timeout": str(_WAITS_FOR_KEY_MS),
        }


def parse_call_report(told: Mapping[str, Any]) -> DeliveryReport | CallbackUnreadable:
    """One of the records that come together. A result that nobody has looked at says nothing: who may have
    heard it counts as told.
    """
    for needed in ("call_id", "status_code"):
        if not isinstance(told.get(needed), str) or not told[needed]:
            return CallbackUnreadable(field=needed)
    code = told["status_code"]
    state = AttemptState.UNDELIVERED if code in ACTION_OF_CALL else AttemptState.UNKNOWN
    is_answered = code in ANSWERED
    return DeliveryReport(
        attempt_id=None,
        provider_id=told["call_id"],
        state=AttemptState.DELIVERED if is_answered else state,
        code=None if is_answered else code,
        action=None if is_answered else ACTION_OF_CALL.get(code, CodeAction.RETRY_LATER),
    )


def digit_in(told: Mapping[str, Any]) -> PressedDigit | None:
    """The last key that decided something, in a record that `parse_call_report` has read."""
    keys = str(told.get("dtmf") or "")
    deciding = [key for key in keys if key in (Key.ONE, Key.CANNOT_GO)]
    if not keys:
        return None
    digit = deciding[-1] if deciding else keys[-1]
    return PressedDigit(attempt_id=None, provider_id=told["call_id"], digit=digit)
