"""A stand-in for Twilio's Messages and Calls interfaces on 127.0.0.1, with a script per number.

Speaks what https://www.twilio.com/docs/messaging/api/message-resource documents: create, fetch, list, basic
authentication, error bodies, signed status callbacks. A message to a number without a script is refused and
kept in `unexpected`; whoever starts the server checks at the end that nothing is there.
"""

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import unescape
from itertools import islice
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

ACCOUNT = "AC" + "0" * 32
TOKEN = "a-token-for-tests"
SAY = re.compile(r"<Say[^>]*>(.*?)</Say>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Accepted; reports of `statuses` wait to be posted."""

    statuses: tuple[str, ...] = ("sent", "delivered")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailWith:
    """Accepted, and later reported as undelivered with this code."""

    code: int
    status: str = "undelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaySilent:
    """Accepted, and never heard of again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Not accepted. Without a code the body is a gateway's page."""

    status: int
    code: int | None = None
    retry_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptThenTimeOut:
    """Accepted, but the answer never comes; reports of `statuses` wait to be posted."""

    statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptThenHangUp:
    """Accepted, but the connection is cut before the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerNonsense:
    """Answered with 201 and something that is not a message."""

    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Not accepted, and the answer never comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Accepted and answered, but only once `FakeTwilio.hurry` was called."""


Accepting = Deliver | FailWith | StaySilent | AcceptThenTimeOut | AcceptThenHangUp | Slow
Script = Accepting | Refuse | AnswerNonsense | Ignore


@dataclass(slots=True, kw_only=True)
class Message:
    sid: str
    form: Mapping[str, str]
    created_at: datetime
    status: str = "queued"
    error_code: int | None = None

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def body(self) -> str:
        return self.form["Body"]

    @property
    def attempt_id(self) -> str:
        """The court's own id, which rides in the callback's address."""
        return URL(self.form["StatusCallback"]).query["attempt"]

    def as_json(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.to,
            "from": self.form.get("From"),
            "messaging_service_sid": self.form.get("MessagingServiceSid"),
            "body": self.body,
            "status": self.status,
            "error_code": self.error_code,
            "direction": "outbound-api",
            "date_created": format_datetime(self.created_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as it was asked for."""

    sid: str
    form: Mapping[str, str]
    created_at: datetime

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def said(self) -> str:
        """What a voice reads out first."""
        found = SAY.search(self.form["Twiml"])
        return unescape(found[1]) if found else ""

    def as_json(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.to,
            "from": self.form.get("From"),
            "status": "queued",
            "date_created": format_datetime(self.created_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    message: Message
    status: str
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A signed post as it is to be sent; the signature stays over the public address."""

    path: URL
    form: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class FakeTwilio:
    now: Callable[[], datetime]
    callbacks_to: URL | None = None
    """Where the public callback address leads to; the signature stays over the public address."""
    token: str = TOKEN
    scripts: dict[str, Script] = field(default_factory=dict)
    chooses: Callable[[], Script | None] = lambda: None
    """For a message to a number that has a script: another one, or None."""
    messages: list[Message] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    """Waiting to be posted; a test may double, reorder or hold them back."""
    outage: Refuse | None = None
    """Whatever is asked for is answered with this, and nothing is done."""
    address: str = ""
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "FakeTwilio":
        app = web.Application()
        messages = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
        app.router.add_post(f"{messages}.json", self._create)
        app.router.add_get(f"{messages}.json", self._list)
        app.router.add_get(messages + "/{sid}.json", self._fetch)
        calls = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
        app.router.add_post(calls, self._call)
        app.router.add_get(calls, self._list_calls)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *problem: object) -> None:
        self._closing.set()
        self._hurry.set()
        if self._runner:
            await self._runner.cleanup()

    def hurry(self) -> None:
        self._hurry.set()

    def texts_to(self, number: str) -> list[str]:
        return [message.body for message in self.messages if message.to == number]

    async def post_reports(self) -> list[int]:
        """Posts the waiting reports in their order; returns what the receiver answered."""
        waiting, self.reports = self.reports, []
        return [await self.post_report(report) for report in waiting]

    async def post_report(self, report: Report) -> int:
        callback = self.callback_of(report)
        public = URL(report.message.form["StatusCallback"])
        target = self.callbacks_to.join(callback.path) if self.callbacks_to else public
        async with (
            aiohttp.ClientSession() as session,
            session.post(target, data=callback.form, headers=callback.headers) as answer,
        ):
            return answer.status

    def callback_of(self, report: Report) -> Callback:
        """The delivery report as Twilio posts it."""
        form = {
            "AccountSid": ACCOUNT,
            "MessageSid": report.message.sid,
            "MessageStatus": report.status,
            "To": report.message.to,
        }
        if report.code is not None:
            form["ErrorCode"] = str(report.code)
        return self.signed(report.message.form["StatusCallback"], form)

    def signed(self, public: str, form: Mapping[str, str]) -> Callback:
        """Any callback to a public address."""
        headers = {"X-Twilio-Signature": sign(self.token, public, form)}
        return Callback(path=URL(public).relative(), form=form, headers=headers)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if refusal := self._refused(request):
            return refusal
        usual = self.scripts.get(form.get("To", ""))
        match usual and (self.chooses() or usual):
            case None:
                self.unexpected.append(form.get("To", ""))
                return _problem(400, 21211)
            case Refuse() as refuse:
                return _refusal(refuse)
            case AnswerNonsense(body=body):
                return web.Response(status=201, text=body, content_type="application/json")
            case Ignore():
                await self._closing.wait()
                return _problem(503, 20503)
            case script:
                message = self._accept(form)
                await self._play(script, message, request)
                return web.json_response(message.as_json(), status=201)

    async def _play(self, script: Accepting, message: Message, request: web.Request) -> None:
        match script:
            case AcceptThenTimeOut(statuses=statuses):
                self.reports += [Report(message=message, status=status) for status in statuses]
                await self._closing.wait()
            case AcceptThenHangUp():
                if request.transport:
                    request.transport.abort()
            case Slow():
                await self._hurry.wait()
            case Deliver(statuses=statuses):
                self.reports += [Report(message=message, status=status) for status in statuses]
            case FailWith(code=code, status=status):
                self.reports.append(Report(message=message, status=status, code=code))
            case StaySilent():
                pass

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if refusal := self._refused(request):
            return refusal
        size = int(request.query.get("PageSize", "50"))
        wanted = request.query.get("To")
        found = (message for message in reversed(self.messages) if wanted in (None, message.to))
        page = [message.as_json() for message in islice(found, size)]
        return web.json_response({"messages": page, "next_page_uri": None, "page": 0})

    async def _call(self, request: web.Request) -> web.StreamResponse:
        """Calls are taken or refused; what becomes of them a test posts itself."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        if refusal := self._refused(request):
            return refusal
        match self.scripts.get(form.get("To", "")):
            case None:
                self.unexpected.append(form.get("To", ""))
                return _problem(400, 21211)
            case Refuse() as refuse:
                return _refusal(refuse)
            case _:
                sid = f"CA{len(self.calls) + 1:032x}"
                call = Call(sid=sid, form=form, created_at=self.now())
                self.calls.append(call)
                return web.json_response(call.as_json(), status=201)

    async def _list_calls(self, request: web.Request) -> web.StreamResponse:
        if refusal := self._refused(request):
            return refusal
        found = (call for call in reversed(self.calls) if call.to == request.query.get("To"))
        page = [call.as_json() for call in islice(found, int(request.query.get("PageSize", "50")))]
        return web.json_response({"calls": page, "next_page_uri": None, "page": 0})

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        if refusal := self._refused(request):
            return refusal
        found = [message for message in self.messages if message.sid == request.match_info["sid"]]
        return web.json_response(found[0].as_json()) if found else _problem(404, 20404)

    def _refused(self, request: web.Request) -> web.Response | None:
        self.requests.append(f"{request.method} {request.path}")
        expected = aiohttp.encode_basic_auth(ACCOUNT, self.token)
        if request.headers.get("Authorization") != expected:
            return _problem(401, 20003)
        return None if self.outage is None else _refusal(self.outage)

    def _accept(self, form: Mapping[str, str]) -> Message:
        sid = f"SM{len(self.messages) + 1:032x}"
        message = Message(sid=sid, form=form, created_at=self.now())
        self.messages.append(message)
        return message


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """https://www.twilio.com/docs/usage/security: the address, then each field and value in alphabetical
    order.
    """
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def _problem(status: int, code: int) -> web.Response:
    body = {
        "code": code,
        "message": "refused by the script",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status)


def _refusal(script: Refuse) -> web.Response:
    if script.code is None:
        answer = web.Response(status=script.status, text="<html>gateway</html>", content_type="text/html")
    else:
        answer = _problem(script.status, script.code)
    if script.retry_after is not None:
        answer.headers["Retry-After"] = script.retry_after
    return answer
