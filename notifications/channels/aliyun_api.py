"""Aliyun's interface as both its engines use it: one signed POST, parameters in its body, a JSON object back.

Parameters hold numbers and texts, so none of them travels in the address. What may have been taken is
`Unknown`, and nothing is ever repeated here.

Source: signature V3 (ACS3-HMAC-SHA256), help.aliyun.com document 2593177 (read 2026-11), whose own example is
a test here. That every operation takes its parameters as a form too is remembered.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from notifications.channels.aliyun_codes import MAY_HAVE_BEEN_TAKEN, action_of
from notifications.channels.http import Answer, AnswerLost, HttpPost, NothingWasSent
from notifications.channels.port import CodeAction, Rejected, Unknown

ALGORITHM: Final = "ACS3-HMAC-SHA256"
VERSION: Final = "2017-05-25"
"""Of the interfaces of SMS and of voice."""
_FORM: Final = "application/x-www-form-urlencoded"
_CHINA: Final = "+86"


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunAccount:
    """`now` and `nonce`: the moment, and a word never used before, for the signature of each request."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    now: Callable[[], datetime]
    nonce: Callable[[], str]
    timeout_s: float = 10.0


class AliyunApi:
    """One interface of Aliyun's, at its address."""

    def __init__(self, account: AliyunAccount, url: str) -> None:
        self._account = account
        self._url = url
        self._http = HttpPost(account.timeout_s)

    async def ask(self, action: str, parameters: Mapping[str, str]) -> Mapping[str, Any] | Rejected | Unknown:
        """The answer of an operation that went well."""
        body = form_of(parameters).encode()
        try:
            answer = await self._http.post(self._url, self._headers(action, body), body)
        except NothingWasSent:
            return Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
        except AnswerLost as lost:
            return Unknown(reason=str(lost))
        return _read(answer)

    async def close(self) -> None:
        await self._http.close()

    def _headers(self, action: str, body: bytes) -> dict[str, str]:
        signed = {
            "content-type": _FORM,
            "host": urlsplit(self._url).netloc,
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-acs-date": self._account.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": self._account.nonce(),
            "x-acs-version": VERSION,
        }
        return {**signed, "Authorization": authorization(self._account, "", signed)}


def authorization(account: AliyunAccount, query: str, signed: Mapping[str, str]) -> str:
    """The header that proves a POST to `/`. `signed`: its other headers, by small letters."""
    names = ";".join(sorted(signed))
    headers = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = "\n".join(["POST", "/", query, headers, names, signed["x-acs-content-sha256"]])
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(account.access_key_secret.encode(), to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={account.access_key_id},SignedHeaders={names},Signature={signature}"


def form_of(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters.items())


def number_of(phone: str) -> str:
    """E.164 as Aliyun writes it: a Chinese number without its country, any other without the plus."""
    return phone.removeprefix(_CHINA) if phone.startswith(_CHINA) else phone.removeprefix("+")


def _read(answer: Answer) -> Mapping[str, Any] | Rejected | Unknown:
    told = _object_in(answer.text)
    code = str(told.get("Code", ""))
    if code == "OK" and answer.status == 200:
        return told
    # A fault inside may come after the message was taken.
    is_ambiguous = code in MAY_HAVE_BEEN_TAKEN or (answer.status >= 500 and answer.status != 503)
    if is_ambiguous or (not code and answer.status < 300):
        return Unknown(reason=code or f"HTTP {answer.status}")
    return Rejected(
        code=code or f"http-{answer.status}",
        action=action_of(code),
        retry_after_s=answer.retry_after_s,
    )


def _object_in(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
