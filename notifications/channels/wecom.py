"""WeCom: a card with buttons from the court's own agent; the one module that knows its interface.

Both of its secrets ride in addresses, as its documents have it, so no address of WeCom's may be logged. A
message whose token was refused was not sent, and goes out once more with a new one; nothing else is repeated.
"""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import aiohttp

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
from notifications.channels.wecom_codes import TOKEN_CODES, action_of

LIVE_URL: Final = "https://qyapi.weixin.qq.com"
INVALID_USER: Final = "invalid-user"
LONGEST_TITLE: Final = 36
LONGEST_TEXT: Final = 160
TOKEN_SPARE_S: Final = 300
"""A token is renewed this long before it ends."""
SEEN_KEY: Final = "seen-"
BUTTON_KEYS: Final = ("take", "decline")
"""What a card's buttons are called in the callback, by their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeComSettings:
    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    console_url: str
    """Where a card leads, as people see the console from outside."""
    base_url: str = LIVE_URL
    timeout_s: float = 10.0


class WeCom:
    """Use from within the running loop. `elapsed`: seconds of a clock that never jumps."""

    name = "wecom"
    kind = ChannelKind.PUSH

    def __init__(self, settings: WeComSettings, elapsed: Callable[[], float]) -> None:
        self._settings = settings
        self._elapsed = elapsed
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=settings.timeout_s)
        )
        self._token: str | None = None
        self._token_until = 0.0
        self._renewing = asyncio.Lock()

    async def send(self, message: Outgoing) -> SendResult:
        users: list[str] = json.loads(message.to or "[]")
        if not users:
            return Rejected(code="no-account", action=CodeAction.NEXT_CHANNEL)
        try:
            told = await self._send_by_token(message, users)
        except _Refused as refused:
            return _rejected(refused.code, users)
        except _NoToken:
            return Rejected(code="no-token", action=CodeAction.RETRY_LATER)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as lost:
            return Unknown(reason=type(lost).__name__)
        return _submitted(told, users)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """WeCom lists nothing of what it has taken."""
        return NotFound()

    async def close(self) -> None:
        await self._session.close()

    async def _send_by_token(self, message: Outgoing, users: list[str]) -> Mapping[str, Any]:
        body = _card(self._settings, message, users)
        token = await self._valid_token()
        try:
            return await self._post(token, body)
        except _Refused as refused:
            if refused.code not in TOKEN_CODES:
                raise
        self._forget(token)
        return await self._post(await self._valid_token(), body)

    async def _valid_token(self) -> str:
        async with self._renewing:
            if self._token is None or self._elapsed() >= self._token_until:
                asked = {"corpid": self._settings.corp_id, "corpsecret": self._settings.secret}
                url = f"{self._settings.base_url}/cgi-bin/gettoken"
                try:
                    told = await self._read(self._session.get(url, params=asked, allow_redirects=False))
                    lasts_s = int(told["expires_in"])
                    self._token = str(told["access_token"])
                except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError):
                    raise _NoToken from None
                self._token_until = self._elapsed() + lasts_s - TOKEN_SPARE_S
            return self._token

    def _forget(self, token: str) -> None:
        """Unless another message has fetched a new one meanwhile."""
        if self._token == token:
            self._token = None

    async def _post(self, token: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        url = f"{self._settings.base_url}/cgi-bin/message/send"
        with_token = {"access_token": token}
        return await self._read(self._session.post(url, params=with_token, json=body, allow_redirects=False))

    async def _read(self, asking: Any) -> Mapping[str, Any]:
        async with asking as answer:
            told = await answer.json(content_type=None)
        if not isinstance(told, dict) or not isinstance(told.get("errcode"), int):
            raise ValueError("the answer is none of WeCom's")
        if told["errcode"] != 0:
            raise _Refused(told["errcode"])
        return told


class _Refused(Exception):
    """WeCom said no, with its code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class _NoToken(Exception):
    """No message has left, whatever became of the request for a token."""


def _rejected(code: int, users: list[str]) -> Rejected:
    action = action_of(code)
    is_dead = action is CodeAction.NUMBER_IS_DEAD
    gone = tuple(Gone(address=user, code=f"errcode-{code}") for user in users if is_dead)
    return Rejected(code=f"errcode-{code}", action=action, gone=gone)


def _submitted(told: Mapping[str, Any], users: list[str]) -> SendResult:
    """WeCom takes a message for those who exist, and names the others."""
    invalid = set(str(told.get("invaliduser", "")).split("|"))
    gone = tuple(Gone(address=user, code=INVALID_USER) for user in users if user in invalid)
    if len(gone) == len(users):
        return Rejected(code=INVALID_USER, action=CodeAction.NUMBER_IS_DEAD, gone=gone)
    if not told.get("msgid"):
        return Unknown(reason="answer without a message id", gone=gone)
    return Submitted(provider_id=str(told["msgid"]), gone=gone)


def _card(settings: WeComSettings, message: Outgoing, users: list[str]) -> Mapping[str, Any]:
    page = message.link or (f"/alerts/{message.alert_id}" if message.alert_id else "/")
    card: dict[str, Any] = {
        "card_type": "button_interaction" if message.actions else "text_notice",
        "main_title": {"title": (message.title or "")[:LONGEST_TITLE]},
        "sub_title_text": message.text[:LONGEST_TEXT],
        "card_action": {"type": 1, "url": settings.console_url + page},
    }
    if message.actions:
        card |= {"task_id": message.attempt_id, "button_list": _buttons(message)}
    return {
        "touser": "|".join(users),
        "msgtype": "template_card",
        "agentid": settings.agent_id,
        "template_card": card,
        # Orders may be given twice in the same words.
        "enable_duplicate_check": 0,
    }


def _buttons(message: Outgoing) -> list[Mapping[str, Any]]:
    keys = (f"{SEEN_KEY}{message.seen_token}",) if message.seen_token else BUTTON_KEYS
    return [
        {"text": text, "key": key, "style": style}
        for text, key, style in zip(message.actions, keys, (1, 2), strict=False)
    ]
