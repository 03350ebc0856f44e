"""A stand-in for Aliyun's interfaces of SMS and voice on 127.0.0.1, with a script per number.

Speaks what Aliyun documents: signature V3 over the request, SendSms, QuerySendDetails, IvrCall, refusals as
JSON with a code, reports as arrays. A number without a script is refused and kept in `unexpected`; whoever
starts the server checks at the end that nothing is there.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

KEY_ID: Final = "LTAI-of-the-tests"
KEY_SECRET: Final = "a-secret-of-the-tests"
SIGN_NAME: Final = "云河法院"
CHINA: Final = ZoneInfo("Asia/Shanghai")
PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Taken; `status`: as QuerySendDetails tells of it (1 waits, 2 failed, 3 delivered)."""

    status: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeThenTimeOut:
    """Taken, but the answer never comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Not taken. Without a code the body is a gateway's page."""

    code: str | None = None
    status: int = 200


Script = Take | TakeThenTimeOut | Refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A text or a call as it was asked for."""

    action: str
    form: Mapping[str, str]
    sent_at: datetime
    status: int

    @property
    def to(self) -> str:
        return self.form.get("PhoneNumbers") or self.form["CalledNumber"]

    @property
    def text(self) -> str:
        """As the phone shows or hears it, which for a text begins with the signature."""
        if self.action == "IvrCall":
            return str(json.loads(self.form["StartTtsParams"])["text"])
        return f"【{self.form['SignName']}】{json.loads(self.form['TemplateParam'])['text']}"


@dataclass(slots=True, kw_only=True)
class FakeAliyun:
    now: Callable[[], datetime]
    secret: str = KEY_SECRET
    scripts: dict[str, Script] = field(default_factory=dict)
    """By number as Aliyun writes it."""
    sent: list[Sent] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    outage: Refuse | None = None
    """Whatever is asked for is answered with this, and nothing is done."""
    address: str = ""
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _nonces: set[str] = field(default_factory=set)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "FakeAliyun":
        app = web.Application()
        app.router.add_post("/", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *problem: object) -> None:
        self._closing.set()
        if self._runner:
            await self._runner.cleanup()

    def texts_to(self, number: str) -> list[str]:
        return [sent.text for sent in self.sent if sent.to == number]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        action = request.headers.get("x-acs-action", "")
        self.requests.append(action)
        refused = self._refused(request, await request.read())
        if refused is not None:
            return _refusal(refused)
        form = {name: str(value) for name, value in (await request.post()).items()}
        if action == "QuerySendDetails":
            return self._list(form)
        return await self._take(action, form)

    async def _take(self, action: str, form: Mapping[str, str]) -> web.StreamResponse:
        number = form.get("PhoneNumbers") or form.get("CalledNumber", "")
        script = self.scripts.get(number)
        if script is None:
            self.unexpected.append(number)
            return _refusal(Refuse(code="isv.MOBILE_NUMBER_ILLEGAL"))
        if isinstance(script, Refuse):
            return _refusal(script)
        status = script.status if isinstance(script, Take) else 1
        self.sent.append(Sent(action=action, form=form, sent_at=self.now(), status=status))
        if isinstance(script, TakeThenTimeOut):
            await self._closing.wait()
        name = "CallId" if action == "IvrCall" else "BizId"
        return web.json_response({"Code": "OK", "Message": "OK", name: f"{len(self.sent)}^0"})

    def _list(self, form: Mapping[str, str]) -> web.Response:
        """The texts of one day to one number, newest first."""
        of_day = [
            sent
            for sent in reversed(self.sent)
            if sent.to == form["PhoneNumber"]
            and sent.sent_at.astimezone(CHINA).strftime("%Y%m%d") == form["SendDate"]
        ]
        first = (int(form["CurrentPage"]) - 1) * min(int(form["PageSize"]), PAGE)
        details = [
            {"OutId": sent.form["OutId"], "SendStatus": sent.status, "Content": sent.text}
            for sent in of_day[first : first + PAGE]
        ]
        listed = {"SmsSendDetailDTO": details}
        return web.json_response({"Code": "OK", "TotalCount": len(of_day), "SmsSendDetailDTOs": listed})

    def _refused(self, request: web.Request, body: bytes) -> Refuse | None:
        if request.query_string or request.headers.get("x-acs-version") != "2017-05-25":
            return Refuse(code="InvalidVersion", status=400)
        if request.headers.get("Authorization") != self._expected(request, body):
            return Refuse(code="SignatureDoesNotMatch", status=400)
        nonce = request.headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            return Refuse(code="SignatureNonceUsed", status=400)
        self._nonces.add(nonce)
        return self.outage

    def _expected(self, request: web.Request, body: bytes) -> str:
        """https://help.aliyun.com/document_detail/2593177.html, over the request as it came."""
        digest = hashlib.sha256(body).hexdigest()
        told = {name.lower(): value.strip() for name, value in request.headers.items()}
        told["x-acs-content-sha256"] = digest
        names = sorted(name for name in told if name.startswith("x-acs-") or name in ("host", "content-type"))
        lines = ["POST", "/", "", *(f"{name}:{told[name]}" for name in names), "", ";".join(names), digest]
        hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        signed = f"ACS3-HMAC-SHA256\n{hashed}".encode()
        signature = hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        return f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders={';'.join(names)},Signature={signature}"


def _refusal(script: Refuse) -> web.Response:
    if script.code is None:
        return web.Response(status=script.status, text="<html>gateway</html>", content_type="text/html")
    body = {"Code": script.code, "Message": "refused by the script", "RequestId": "819BE656"}
    return web.json_response(body, status=script.status)
