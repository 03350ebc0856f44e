"""SMS through Aliyun. The text goes into the one variable of an approved template; our own id rides along and
finds the text again. Aliyun knows no validity: the operator gives up when it likes.

Source: SendSms, QuerySendDetails (help.aliyun.com document 419277), SmsReport and SmsUp by HTTP (read
2026-11). Callbacks bear no signature, so their address holds a token.
"""

import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from notifications.channels.aliyun_api import AliyunAccount, AliyunApi, number_of
from notifications.channels.aliyun_codes import ACTION_OF_REPORT
from notifications.channels.callbacks import CallbackUnreadable, DeliveryReport, InboundSms
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
from notifications.court_time import COURT_ZONE
from notifications.delivery import AttemptState
from notifications.people import is_demo_number

LIVE_URL: Final = "https://dysmsapi.aliyuncs.com"
_PAGE: Final = 50
_MOST_PAGES: Final = 10
"""Texts of one day to one number that `find_sent` looks through; Aliyun lets fewer through."""
_A_DAY: Final = timedelta(days=1)
_STATE_OF_STATUS: Final[Mapping[str, AttemptState]] = MappingProxyType(
    {"1": AttemptState.SUBMITTED, "2": AttemptState.UNDELIVERED, "3": AttemptState.DELIVERED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunSmsSettings:
    account: AliyunAccount
    sign_name: str
    """The approved signature, which Aliyun puts before each text in 【】."""
    template_code: str
    """Of an approved template that is one variable."""
    variable: str = "text"
    longest_text: int = 500
    """In characters, without the signature."""
    base_url: str = LIVE_URL


class AliyunSms:
    name = "aliyun"
    kind = ChannelKind.SMS

    def __init__(self, settings: AliyunSmsSettings) -> None:
        self._settings = settings
        self._api = AliyunApi(settings.account, settings.base_url)

    async def send(self, message: Outgoing) -> SendResult:
        if is_demo_number(message.to):
            return OF_NOBODY
        text = message.text.removeprefix(f"【{self._settings.sign_name}】")
        if len(text) > self._settings.longest_text:
            return Rejected(code="text-too-long", action=CodeAction.NEXT_CHANNEL)
        answer = await self._api.ask("SendSms", self._parameters(message, text))
        if isinstance(answer, Rejected | Unknown):
            return answer
        return Submitted(provider_id=message.attempt_id)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """Looks through the days since then for our own id."""
        if is_demo_number(message.to):
            return NotFound()
        day, today = since.astimezone(COURT_ZONE), self._settings.account.now().astimezone(COURT_ZONE)
        while day.date() <= today.date():
            found = await self._find_on(message, day.strftime("%Y%m%d"))
            if not isinstance(found, NotFound):
                return found
            day += _A_DAY
        return NotFound()

    async def close(self) -> None:
        await self._api.close()

    def _parameters(self, message: Outgoing, text: str) -> dict[str, str]:
        return {
            "PhoneNumbers": number_of(message.to),
            "SignName": self._settings.sign_name,
            "TemplateCode": self._settings.template_code,
            "TemplateParam": json.dumps({self._settings.variable: text}, ensure_ascii=False),
            "OutId": message.attempt_id,
        }

    async def _find_on(self, message: Outgoing, day: str) -> FindResult:
        for page in range(1, _MOST_PAGES + 1):
            asked = {
                "PhoneNumber": number_of(message.to),
                "SendDate": day,
                "PageSize": str(_PAGE),
                "CurrentPage": str(page),
            }
            answer = await self._api.ask("QuerySendDetails", asked)
            if isinstance(answer, Rejected | Unknown):
                return Unknown(reason=type(answer).__name__)
            listed = _listed(answer)
            for sent in listed:
                if sent.get("OutId") == message.attempt_id:
                    state = _STATE_OF_STATUS.get(str(sent.get("SendStatus")), AttemptState.SUBMITTED)
                    return Submitted(provider_id=message.attempt_id, state=state)
            if len(listed) < _PAGE:
                break
        return NotFound()


def is_aliyun(tokens: Collection[str], given: str) -> bool:
    """Whether a callback came to an address that Aliyun was given, the former one while it is changed."""
    return any(hmac.compare_digest(token.encode(), given.encode()) for token in tokens)


def parse_report(told: Mapping[str, Any]) -> DeliveryReport | CallbackUnreadable:
    """One of the reports that come together."""
    success, code = told.get("success"), told.get("err_code")
    if not isinstance(success, bool):
        return CallbackUnreadable(field="success")
    if not isinstance(told.get("out_id"), str) or not told["out_id"]:
        return CallbackUnreadable(field="out_id")
    failed = str(code) if code and not success else None
    return DeliveryReport(
        attempt_id=told["out_id"],
        provider_id=None,
        state=AttemptState.DELIVERED if success else AttemptState.UNDELIVERED,
        code=failed,
        action=ACTION_OF_REPORT.get(failed, CodeAction.RETRY_LATER) if failed else None,
    )


def parse_inbound(told: Mapping[str, Any]) -> InboundSms | CallbackUnreadable:
    """One of the replies that come together."""
    for needed in ("phone_number", "content", "sequence_id"):
        if not isinstance(told.get(needed), str | int):
            return CallbackUnreadable(field=needed)
    return InboundSms(
        sender=str(told["phone_number"]),
        text=str(told["content"]),
        provider_id=f"aliyun-{told['sequence_id']}",
    )


def _listed(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    details = answer.get("SmsSendDetailDTOs")
    listed = details.get("SmsSendDetailDTO") if isinstance(details, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
