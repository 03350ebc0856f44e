"""A court's own app, by a signed post for each message (Standard Webhooks).

The id of the post is the attempt, so that the app can drop what comes twice. What it says in its answer is
not read: its status alone tells whether it took the message.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from notifications.channels.outbound import Answer, AnswerLost, NothingSent, Outbound
from notifications.channels.port import (
    ChannelKind,
    CodeAction,
    FindResult,
    Gone,
    NotFound,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)

GONE: Final = 410
ACTION_OF_STATUS: Mapping[int, CodeAction] = MappingProxyType(
    {
        GONE: CodeAction.NUMBER_IS_DEAD,  # the accounts are closed
        413: CodeAction.NEXT_CHANNEL,
        422: CodeAction.NEXT_CHANNEL,
        429: CodeAction.RETRY_LATER,
    }
)
"""Any other answer below 500 says that address, secret or contract are wrong; one above leaves open whether
the message was taken.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppWebhookSettings:
    url: str
    sign: Callable[[str, bytes], Mapping[str, str]] = field(repr=False)
    """The headers that sign a body under an id, now."""


class AppWebhook:
    name = "app-webhook"
    kind = ChannelKind.PUSH

    def __init__(self, settings: AppWebhookSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._outbound = outbound

    async def send(self, message: Outgoing) -> SendResult:
        accounts: list[str] = json.loads(message.to or "[]")
        if not accounts:
            return Rejected(code="no-account", action=CodeAction.NEXT_CHANNEL)
        body = _body(message, accounts)
        headers = {"Content-Type": "application/json", **self._settings.sign(message.attempt_id, body)}
        try:
            answer = await self._outbound.post(self._settings.url, data=body, headers=headers)
        except NothingSent as failed:
            if failed.is_private:
                return Rejected(code="private-address", action=CodeAction.ASK_OPERATOR)
            return Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
        except AnswerLost as lost:
            return Unknown(reason=str(lost))
        return _result(message, accounts, answer)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """The contract has no look-up. Who gets a message twice sees that the second is a repeat."""
        return NotFound()

    async def close(self) -> None:
        """Whoever opened `outbound` closes it."""


def _body(message: Outgoing, accounts: list[str]) -> bytes:
    told = {
        "attempt_id": message.attempt_id,
        "accounts": accounts,
        "title": message.title,
        "text": message.text,
        "actions": message.actions,
        "silent": message.silent,
        "valid_for_s": message.valid_for_s,
        "alert_id": message.alert_id,
        "link": message.link,
        "seen_token": message.seen_token,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _result(message: Outgoing, accounts: list[str], answer: Answer) -> SendResult:
    if 200 <= answer.status < 300:
        return Submitted(provider_id=message.attempt_id)
    if answer.status >= 500:
        return Unknown(reason=f"HTTP {answer.status}")
    code = f"http-{answer.status}"
    return Rejected(
        code=code,
        action=ACTION_OF_STATUS.get(answer.status, CodeAction.ASK_OPERATOR),
        retry_after_s=answer.retry_after_s,
        gone=tuple(Gone(address=one, code=code) for one in accounts if answer.status == GONE),
    )
