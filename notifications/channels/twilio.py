"""Twilio's own async client, and SMS through it; the one module that knows the library.

A create has no idempotency key, so nothing here is ever repeated: what may have gone out is `Unknown`, and
`find_sent` looks it up. Numbers of invented people are refused before any request, whatever the settings say.
"""

import json
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import aiohttp
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from yarl import URL

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
from notifications.channels.retry_after import seconds_of
from notifications.channels.twilio_codes import action_of, action_of_status, is_a_code
from notifications.delivery import AttemptState
from notifications.people import is_demo_number

LIVE_URL = "https://api.twilio.com"
ADDRESSES_KEPT = 16
"""Of requests: whatever is created goes to a handful."""
ATTEMPT_PARAMETER = "attempt"
"""Query parameter of the status callback that carries the attempt id."""

_LONGEST_VALIDITY_S = 36_000
LOOKED_THROUGH = 1_000
"""Messages to one number that `find_sent` looks through, newest first: the largest page there is. What is not
among them counts as never sent, and a duty officer may have got many in the minute of an outage.
"""
_TWILIO_COUNTS_SECONDS = timedelta(seconds=1)

STATE_OF_STATUS: Mapping[str, AttemptState] = MappingProxyType(
    {
        "accepted": AttemptState.SUBMITTED,
        "scheduled": AttemptState.SUBMITTED,
        "queued": AttemptState.SUBMITTED,
        "sending": AttemptState.SUBMITTED,
        "sent": AttemptState.SENT,
        "partially_delivered": AttemptState.SENT,
        "delivered": AttemptState.DELIVERED,
        "read": AttemptState.DELIVERED,
        "undelivered": AttemptState.UNDELIVERED,
        "failed": AttemptState.FAILED,
        "canceled": AttemptState.FAILED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings:
    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    """A number in E.164, or the id of a messaging service (MG…)."""
    callback_url: str
    """Where Twilio reports, as it sees us from outside; signatures are computed over exactly this."""
    former_auth_token: str | None = field(default=None, repr=False)
    """Still accepted on callbacks while the token is being rotated."""
    timeout_s: float = 10.0
    base_url: str = LIVE_URL


class TwilioSms:
    """Use `open`, from within the running loop: one per process, shared by all who send."""

    name = "twilio"
    kind = ChannelKind.SMS

    def __init__(self, settings: TwilioSettings) -> None:
        self._settings = settings
        self._account = TwilioAccount(settings)
        self._messages = self._account.client.messages

    async def send(self, message: Outgoing) -> SendResult:
        if is_demo_number(message.to):
            return OF_NOBODY
        created = await self._account.create("Messages", self._form(message))
        if isinstance(created, Rejected | Unknown):
            return created
        return _submitted(created.get("sid"), created.get("status"))

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """Twilio keeps no id of ours: receiver, text and time identify a message, as long as it is none of
        the others that said the same (an order to stand down may be given twice). Twilio wants the receiver
        in the query string, so this URL must not be logged.
        """
        if is_demo_number(message.to):
            return NotFound()
        listed = await listed_by(self._messages.list_async(to=message.to, limit=LOOKED_THROUGH), since)
        if isinstance(listed, Unknown):
            return listed
        for sent in listed:
            if sent.body == message.text and sent.sid not in but:
                return _submitted(sent.sid, sent.status)
        return NotFound()

    async def close(self) -> None:
        await self._account.close()

    def _form(self, message: Outgoing) -> dict[str, Any]:
        sender = self._settings.sender
        by_service = sender.startswith("MG")
        return {
            "To": message.to,
            "Body": message.text,
            ("MessagingServiceSid" if by_service else "From"): sender,
            "ValidityPeriod": max(1, min(message.valid_for_s, _LONGEST_VALIDITY_S)),
            "StatusCallback": status_callback_url(self._settings, message.attempt_id),
        }


class TwilioAccount:
    """The library's client of one account; opened from within the running loop, one per engine."""

    def __init__(self, settings: TwilioSettings) -> None:
        self._http = _HttpClient(settings.base_url, settings.timeout_s)
        self.client = Client(
            settings.account_sid, settings.auth_token, http_client=self._http, environment=_NO_ENVIRONMENT
        )

    async def create(self, what: str, form: Mapping[str, Any]) -> Mapping[str, Any] | Rejected | Unknown:
        """Twilio's answer, which costs the library less than the object that it makes of one. `what`: as it
        stands in the address.
        """
        uri = f"/Accounts/{self.client.account_sid}/{what}.json"
        try:
            created: Mapping[str, Any] = await self.client.api.v2010.create_async("POST", uri, data=form)
        except _NothingWasSent:
            return Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
        except _TooMany as too_many:
            return too_many.refusal
        except (TwilioRestException, TwilioServiceException) as refused:
            return _refusal(refused.status, refused.code)
        except _LOST as lost:
            return Unknown(reason=type(lost).__name__)
        return created

    async def close(self) -> None:
        await self._http.close()


async def listed_by(asked: Awaitable[list[Any]], since: datetime) -> list[Any] | Unknown:
    """The library's objects of what was created since then, newest first."""
    try:
        listed = await asked
    except (_NothingWasSent, _TooMany, TwilioException, *_LOST) as failed:
        return Unknown(reason=type(failed).__name__)
    earliest = since - _TWILIO_COUNTS_SECONDS
    return [one for one in listed if one.date_created and one.date_created >= earliest]


def status_callback_url(settings: TwilioSettings, attempt_id: str) -> str:
    return f"{settings.callback_url}?{ATTEMPT_PARAMETER}={quote(attempt_id, safe='')}"


def signature_is_valid(settings: TwilioSettings, url: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether Twilio signed this callback. `url` is the configured public address with the query of the
    request, never the address that a proxy passed on.
    """
    tokens = [token for token in (settings.auth_token, settings.former_auth_token) if token]
    return any(RequestValidator(token).validate(url, form, signature) for token in tokens)


def parse_status_callback(
    query: Mapping[str, str], form: Mapping[str, str]
) -> DeliveryReport | CallbackUnreadable:
    """Reports come late, twice and out of order: `delivery.state_after_report` says what one changes."""
    state = STATE_OF_STATUS.get(form.get("MessageStatus", ""))
    if state is None:
        return CallbackUnreadable(field="MessageStatus")
    if not form.get("MessageSid"):
        return CallbackUnreadable(field="MessageSid")
    code = form.get("ErrorCode") or None
    return DeliveryReport(
        attempt_id=query.get(ATTEMPT_PARAMETER),
        provider_id=form["MessageSid"],
        state=state,
        code=code,
        action=action_of(int(code)) if code and code.isdecimal() else None,
    )


def parse_inbound(form: Mapping[str, str]) -> InboundSms | CallbackUnreadable:
    for needed in ("From", "Body", "MessageSid"):
        if needed not in form:
            return CallbackUnreadable(field=needed)
    return InboundSms(sender=form["From"], text=form["Body"], provider_id=form["MessageSid"])


def _submitted(sid: str | None, status: str | None) -> Submitted | Unknown:
    if not sid:
        return Unknown(reason="answer without a message id")
    return Submitted(provider_id=sid, state=STATE_OF_STATUS.get(status or "", AttemptState.SUBMITTED))


def _refusal(status: int, code: int | None) -> Rejected | Unknown:
    # A fault inside Twilio may come after the message was taken, whatever code it bears.
    is_telling = action_of_status(status) is not None
    if is_telling and code is not None and is_a_code(code):
        return Rejected(code=str(code), action=action_of(code))
    action = action_of_status(status)
    if action is None:
        return Unknown(reason=f"HTTP {status}")
    return Rejected(code=f"http-{status}", action=action)


class _NothingWasSent(Exception):
    """No connection came about, so the request cannot have arrived."""


class _TooMany(Exception):
    """Refused for its rate. The client library would lose how long to wait."""

    def __init__(self, retry_after_s: int | None) -> None:
        super().__init__("too many requests")
        self.refusal = Rejected(code="http-429", action=CodeAction.RETRY_LATER, retry_after_s=retry_after_s)


_LOST = (TimeoutError, aiohttp.ClientError, OSError, json.JSONDecodeError)
"""The request may have arrived, the answer did not, or not whole."""


_NO_ENVIRONMENT = {"": ""}
"""Keeps the client from reading credentials and regions out of the environment; an empty mapping would not.
"""


class _HttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]
    """The library's client ignores its timeout, knows no address but the live one, uses what aiohttp
    deprecates, and logs query parameters, which hold phone numbers. Hence the own request, in a session of
    its own that keeps none waiting for a free connection.
    """

    def __init__(self, base_url: str, timeout_s: float) -> None:
        super().__init__(pool_connections=False)
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        )
        base = URL(base_url)
        self._address = lru_cache(maxsize=ADDRESSES_KEPT)(lambda url: base.join(URL(url).relative()))
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s / 2)

    async def request(self, method: str, url: str, **sent: Any) -> Response:
        address = self._address(url)
        headers = dict(sent.get("headers") or {})
        if sent.get("auth"):
            headers["Authorization"] = aiohttp.encode_basic_auth(*sent["auth"])
        form = {name: str(value) for name, value in (sent.get("data") or {}).items()}
        # The same bytes as the client would make of it, in a fifth of its time.
        body = URL.build(query=form).raw_query_string.encode()
        try:
            async with self.session.request(
                method,
                address,
                params=sent.get("params"),
                data=body or None,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as answer:
                # JSON is UTF-8, whatever else is said of it.
                text = (await answer.read()).decode(errors="replace")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as unreachable:
            raise _NothingWasSent from unreachable
        if answer.status == 429:
            raise _TooMany(seconds_of(answer.headers.get("Retry-After")))
        # What looks like one is read by the library, which would take anything else for an object too.
        if 200 <= answer.status < 300 and not text.lstrip().startswith("{"):
            raise aiohttp.ClientPayloadError("the answer is not a JSON object")
        return Response(answer.status, text)
