"""SMS through Kannel, a gateway to a mobile operator's SMPP centre; the one module that knows Kannel.

Kannel names no message and keeps no list, so an attempt bears our own id there, and what may have gone out
cannot be looked up: docs/decisions/0028. Login, number and text travel in the headers and body of a POST,
never in an address, since Kannel and proxies log those. Numbers of invented people are refused before any
request, whatever the settings say.

Source: Kannel 1.4.5 user guide, chapter 6, and gw/smsbox.c (read 2026-11); the tests run it.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote

from notifications.channels.callbacks import CallbackUnreadable, DeliveryReport, InboundSms
from notifications.channels.http import Answer, AnswerLost, HttpPost, NothingWasSent
from notifications.channels.kannel_codes import MEANING_OF_ANSWER, REPORT_OF_TYPE, action_of_status
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
from notifications.people import is_demo_number

USER: Final = "kannel"
"""As which Kannel names itself to the court, beside the token."""
_ALL_REPORTS: Final = 31
_UCS2: Final = 2
_TAKEN: Final = ("0: ", "3: ")
"""Accepted; or queued, because no centre is connected just now."""
_SECONDS_OF_A_MINUTE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class KannelSettings:
    url: str
    """Of smsbox, such as https://sms.court.example:13013/cgi-bin/sendsms."""
    username: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    """Proves to the court that a report or a reply is Kannel's."""
    former_token: str | None = field(default=None, repr=False)
    """Still believed while the token is changed: reports come to addresses that were given out with it."""
    callback_url: str
    """Where Kannel reports deliveries, as it sees the court."""
    sender: str
    """The number or name that texts come from."""
    timeout_s: float = 10.0

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(token for token in (self.token, self.former_token) if token)


class KannelSms:
    name = "kannel"
    kind = ChannelKind.SMS

    def __init__(self, settings: KannelSettings) -> None:
        self._settings = settings
        self._http = HttpPost(settings.timeout_s)

    async def send(self, message: Outgoing) -> SendResult:
        if is_demo_number(message.to):
            return OF_NOBODY
        body = message.text.encode()
        try:
            answer = await self._http.post(self._settings.url, self._headers(message), body)
        except NothingWasSent:
            return Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
        except AnswerLost as lost:
            return Unknown(reason=str(lost))
        return _result(message, answer)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """There is no list. What Kannel got it reports by itself as soon as a centre has it, so what is still
        asked for here counts as lost on the way.
        """
        return NotFound()

    async def close(self) -> None:
        await self._http.close()

    def _headers(self, message: Outgoing) -> dict[str, str]:
        return {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-Username": self._settings.username,
            "X-Kannel-Password": self._settings.password,
            "X-Kannel-From": self._settings.sender,
            "X-Kannel-To": message.to,
            "X-Kannel-Coding": str(_UCS2),
            "X-Kannel-Validity": str(max(1, message.valid_for_s // _SECONDS_OF_A_MINUTE)),
            "X-Kannel-DLR-Mask": str(_ALL_REPORTS),
            "X-Kannel-DLR-URL": report_url(self._settings, message.attempt_id),
        }


def report_url(settings: KannelSettings, attempt_id: str) -> str:
    """Kannel puts the type of the report in place of `%d`."""
    signature = _signature(settings.token, attempt_id)
    return f"{settings.callback_url}?attempt={quote(attempt_id, safe='')}&signature={signature}&type=%d"


def is_report_of(settings: KannelSettings, query: Mapping[str, str]) -> bool:
    """Whether the address of a report is one that we gave to Kannel, for the attempt that it names."""
    signature = query.get("signature", "").encode()
    expected = [_signature(token, query.get("attempt", "")) for token in settings.tokens]
    return any(hmac.compare_digest(one.encode(), signature) for one in expected)


def is_kannel(settings: KannelSettings, user: str, token: str) -> bool:
    """Whether a reply comes from Kannel, by what it named itself."""
    is_known = any(hmac.compare_digest(one.encode(), token.encode()) for one in settings.tokens)
    return user == USER and is_known


def parse_report(query: Mapping[str, str]) -> DeliveryReport | CallbackUnreadable:
    reported = REPORT_OF_TYPE.get(query.get("type", ""))
    if reported is None:
        return CallbackUnreadable(field="type")
    if not query.get("attempt"):
        return CallbackUnreadable(field="attempt")
    return DeliveryReport(
        attempt_id=query["attempt"],
        provider_id=None,
        state=reported.state,
        code=reported.code,
        action=reported.action,
    )


def parse_inbound(
    query: Mapping[str, str], headers: Mapping[str, str], body: str
) -> InboundSms | CallbackUnreadable:
    """`body` is the text; `query` bears Kannel's own id of the SMS."""
    if not query.get("id"):
        return CallbackUnreadable(field="id")
    if not headers.get("X-Kannel-From"):
        return CallbackUnreadable(field="X-Kannel-From")
    return InboundSms(sender=headers["X-Kannel-From"], text=body, provider_id=f"kannel-{query['id']}")


def _signature(token: str, attempt_id: str) -> str:
    return hmac.digest(token.encode(), attempt_id.encode(), "sha256").hex()


def _result(message: Outgoing, answer: Answer) -> SendResult:
    said = answer.text.strip()
    if 200 <= answer.status < 300:
        is_taken = said.startswith(_TAKEN)
        return (
            Submitted(provider_id=message.attempt_id) if is_taken else Unknown(reason="not Kannel's answer")
        )
    meaning = MEANING_OF_ANSWER.get(said)
    if meaning is not None:
        return Rejected(code=meaning.code, action=meaning.action)
    action = action_of_status(answer.status)
    if action is None:
        return Unknown(reason=f"HTTP {answer.status}")
    return Rejected(code=f"http-{answer.status}", action=action, retry_after_s=answer.retry_after_s)
