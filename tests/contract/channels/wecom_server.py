"""A stand-in for WeCom on 127.0.0.1, as its documents have it: tokens that end, cards, errors in the body.

https://developer.work.weixin.qq.com/document/path/90236 (sending), 91039 (tokens), 90968 (callbacks).
"""

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

CORP, SECRET, AGENT = "ww0000000000000001", "secret-of-the-tests", 1000002
FORMER_TOKEN = "token-before"
TOKEN, AES_KEY = "token-of-the-tests", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"


@dataclass(slots=True)
class WeComServer:
    """`errcodes`: answered to the next sends, in turn; `invalid`: users that do not exist."""

    url: str = ""
    tokens: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)
    errcodes: list[int] = field(default_factory=list)
    invalid: set[str] = field(default_factory=set)
    status: int = 200
    has_tokens: bool = True

    def texts_to(self, user: str) -> list[str]:
        return [
            body["template_card"]["sub_title_text"] for body in self.sent if user in body["touser"].split("|")
        ]

    async def token(self, request: web.Request) -> web.StreamResponse:
        if not self.has_tokens:
            return web.Response(status=502, text="bad gateway")
        if dict(request.query) != {"corpid": CORP, "corpsecret": SECRET}:
            return web.json_response({"errcode": 40001, "errmsg": "invalid credential"})
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        told = {"errcode": 0, "errmsg": "ok", "access_token": self.tokens[-1], "expires_in": 7200}
        return web.json_response(told)

    async def send(self, request: web.Request) -> web.StreamResponse:
        token, body = request.query["access_token"], await request.json()
        if self.status != 200:
            return web.Response(status=self.status, text="<html>")
        errcode = self.errcodes.pop(0) if self.errcodes else self._errcode(token, body)
        if errcode != 0:
            return web.json_response({"errcode": errcode, "errmsg": "refused"})
        self.sent.append(body)
        invalid = [user for user in body["touser"].split("|") if user in self.invalid]
        told = {"errcode": 0, "errmsg": "ok", "invaliduser": "|".join(invalid)}
        return web.json_response(told | {"msgid": f"msg-{len(self.sent)}", "response_code": "code"})

    def _errcode(self, token: str, body: dict[str, Any]) -> int:
        if token not in self.tokens:
            return 40014
        if token in self.ended:
            return 42001
        return 0 if body["agentid"] == AGENT else 40056


@asynccontextmanager
async def wecom_server() -> AsyncIterator[WeComServer]:
    server = WeComServer()
    site = web.Application()
    site.add_routes([web.get("/cgi-bin/gettoken", server.token)])
    site.add_routes([web.post("/cgi-bin/message/send", server.send)])
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


def pressed(user: str, task: str, key: str) -> str:
    """The event of a button, before it is sealed."""
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[{user}]]></FromUserName>"
        "<CreateTime>1772019728</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
        f"<TaskId><![CDATA[{task}]]></TaskId><CardType><![CDATA[button_interaction]]></CardType>"
        f"<ResponseCode><![CDATA[code]]></ResponseCode><AgentID>{AGENT}</AgentID></xml>"
    )


def sealed(text: str, corp: str = CORP) -> str:
    """What WeCom makes of a text for us."""
    key = base64.b64decode(AES_KEY + "=")
    content = b"r" * 16 + len(text.encode()).to_bytes(4) + text.encode() + corp.encode()
    padder = PKCS7(256).padder()
    sealing = Cipher(AES(key), CBC(key[:16])).encryptor()
    filled = padder.update(content) + padder.finalize()
    return base64.b64encode(sealing.update(filled) + sealing.finalize()).decode()


def opened(answer: str, token: str = TOKEN) -> str:
    """The XML that an answer to WeCom holds, once its signature holds."""
    sealed_text, signature, at_s, nonce = (
        answer.split(f"<{name}>")[1].split(f"</{name}>")[0].removeprefix("<![CDATA[").removesuffix("]]>")
        for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
    )
    parts = sorted([token, at_s, nonce, sealed_text])
    assert signature == hashlib.sha1("".join(parts).encode()).hexdigest()  # noqa: S324 - WeCom's choice
    key = base64.b64decode(AES_KEY + "=")
    opening = Cipher(AES(key), CBC(key[:16])).decryptor()
    unpadder = PKCS7(256).unpadder()
    filled = opening.update(base64.b64decode(sealed_text)) + opening.finalize()
    content = (unpadder.update(filled) + unpadder.finalize())[16:]
    length = int.from_bytes(content[:4])
    assert content[4 + length :].decode() == CORP
    return content[4 : 4 + length].decode()


def signed(text: str, at_s: int, token: str = TOKEN) -> dict[str, str]:
    """The query of a callback with this sealed text."""
    parts = sorted([token, str(at_s), "nonce", text])
    signature = hashlib.sha1("".join(parts).encode()).hexdigest()  # noqa: S324 - WeCom's choice
    return {"msg_signature": signature, "timestamp": str(at_s), "nonce": "nonce"}


def in_envelope(text: str) -> str:
    return f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{text}]]></Encrypt></xml>"
