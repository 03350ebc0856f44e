"""Web Push (RFC 8030, 8291, 8292): encrypted to each of a person's browsers; the one module that knows it.

A person has several devices: a message goes to all of them side by side, and is submitted when one push
service took it. A push service tells nothing of delivery; the device itself says when it has shown a message,
with a receipt that only the encrypted payload holds.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid, VapidException  # type: ignore[import-untyped]
from pywebpush import WebPushException, webpush_async  # type: ignore[import-untyped]

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

LONGEST_TITLE: Final = 80
LONGEST_BODY: Final = 800
"""In characters of at most four bytes: the encrypted body stays below the 4,096 bytes that every push service
takes.
"""
_POINT_BYTES: Final = 65
_SECRET_BYTES: Final = 16
_RECEIPT_BYTES: Final = 16

ACTION_OF_STATUS: Mapping[int, CodeAction] = MappingProxyType(
    {
        400: CodeAction.ASK_OPERATOR,  # a header or claim is wrong
        401: CodeAction.ASK_OPERATOR,  # no signature, or one that does not hold
        403: CodeAction.ASK_OPERATOR,  # signed with another key than the subscription was made for
        404: CodeAction.NUMBER_IS_DEAD,  # no such subscription
        410: CodeAction.NUMBER_IS_DEAD,  # no longer subscribed
        413: CodeAction.NEXT_CHANNEL,  # too long
        429: CodeAction.RETRY_LATER,
        503: CodeAction.RETRY_LATER,
    }
)
"""RFC 8030 and RFC 8292. Any other answer below 500 refuses this message, any other above leaves open whether
it was taken.
"""

_TRUSTS_US: Final = {"no-strict": True}
"""The signing library knows fewer addresses for `sub` than there are."""

_MEND_FIRST: Final = (
    CodeAction.RETRY_LATER,
    CodeAction.ASK_OPERATOR,
    CodeAction.NEXT_CHANNEL,
    CodeAction.NUMBER_IS_DEAD,
)
"""Of several devices that refuse, the one that may still get it decides what is done next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPushSettings:
    private_key: bytes = field(repr=False)
    """32 bytes: the scalar of a P-256 key. Subscriptions are bound to it; with another one all are dead."""
    contact: str
    """Whom a push service may ask about us: `mailto:` or `https:`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Where a browser gets push messages, and the keys for what only it can read."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def address(self) -> str:
        """As it is kept: the same for the same subscription."""
        return json.dumps({"endpoint": self.endpoint, "keys": self._keys}, sort_keys=True)

    @property
    def info(self) -> dict[str, Any]:
        return {"endpoint": self.endpoint, "keys": self._keys}

    @property
    def _keys(self) -> dict[str, str]:
        return {"auth": self.auth, "p256dh": self.p256dh}


def read_subscription(text: str) -> Subscription | None:
    """What a browser calls `PushSubscription.toJSON()`, or an address as it is kept; None: it is neither."""
    try:
        read = json.loads(text)
        endpoint, keys = read["endpoint"], read["keys"]
        point, secret = (_bytes_of(keys[name]) for name in ("p256dh", "auth"))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(endpoint, str) or len(point) != _POINT_BYTES or len(secret) != _SECRET_BYTES:
        return None
    return Subscription(endpoint=endpoint, p256dh=_text_of(point), auth=_text_of(secret))


@dataclass(frozen=True, slots=True)
class _Taken:
    pass


_Fate: TypeAlias = _Taken | Rejected | Unknown


class WebPush:
    name = "web-push"
    kind = ChannelKind.PUSH

    def __init__(self, settings: WebPushSettings, outbound: Outbound) -> None:
        self._contact = settings.contact
        self._key = ec.derive_private_key(int.from_bytes(settings.private_key), ec.SECP256R1())
        self._receipts = hashlib.sha256(b"web-push-receipts:" + settings.private_key).digest()
        self._outbound = outbound

    @property
    def public_key(self) -> str:
        """What a browser needs to subscribe, as base64url."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return _text_of(point)

    async def send(self, message: Outgoing) -> SendResult:
        addresses: list[str] = json.loads(message.to or "[]")
        payload = self._payload(message)
        async with asyncio.TaskGroup() as group:
            pushes = [group.create_task(self._push(one, message, payload)) for one in addresses]
        fates = [push.result() for push in pushes]
        gone = tuple(
            Gone(address=address, code=fate.code)
            for address, fate in zip(addresses, fates, strict=True)
            if isinstance(fate, Rejected) and fate.action is CodeAction.NUMBER_IS_DEAD
        )
        return _result(message, fates, gone)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """Push services cannot be asked. On the device a message that comes twice replaces itself."""
        return NotFound()

    async def close(self) -> None:
        """Whoever opened `outbound` closes it."""

    def receipt_of(self, attempt_id: str) -> str:
        """What the device says once it has shown the message of an attempt."""
        mac = hmac.digest(self._receipts, attempt_id.encode(), "sha256")[:_RECEIPT_BYTES]
        return f"{attempt_id}.{mac.hex()}"

    def attempt_of(self, receipt: str) -> str | None:
        """The attempt that a receipt speaks of; None: it is not ours."""
        attempt_id = receipt.rpartition(".")[0]
        ours = self.receipt_of(attempt_id)
        return attempt_id if hmac.compare_digest(ours.encode(), receipt.encode()) else None

    def _payload(self, message: Outgoing) -> str:
        shown = {
            "title": (message.title or "")[:LONGEST_TITLE],
            "body": message.text[:LONGEST_BODY],
            "actions": message.actions,
            "silent": message.silent,
            "tag": _topic(message) if message.gives_way else message.attempt_id,
            "alert": message.alert_id,
            "link": message.link,
            "receipt": None if message.seen_token else self.receipt_of(message.attempt_id),
            "seen": message.seen_token,
        }
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))

    async def _push(self, address: str, message: Outgoing, payload: str) -> _Fate:
        subscription = read_subscription(address)
        if subscription is None:
            return Rejected(code="unreadable-address", action=CodeAction.NUMBER_IS_DEAD)
        # What wakes people wakes a sleeping phone too; all else waits until it wakes by itself.
        headers = {"urgency": "normal" if message.silent else "high"}
        if message.gives_way:
            headers["topic"] = _topic(message)
        try:
            answer = await self._post(subscription, payload, headers, message.valid_for_s)
        except NothingSent as failed:
            if failed.is_private:
                return Rejected(code="private-address", action=CodeAction.NEXT_CHANNEL)
            return Rejected(code="unreachable", action=CodeAction.RETRY_LATER)
        except AnswerLost as lost:
            return Unknown(reason=str(lost))
        except VapidException:
            return Rejected(code="unreadable-address", action=CodeAction.NEXT_CHANNEL)
        return _fate(answer)

    async def _post(
        self, subscription: Subscription, payload: str, headers: Mapping[str, str], ttl: int
    ) -> Answer:
        session = _Session(self._outbound)
        try:
            await webpush_async(
                subscription.info,
                data=payload,
                vapid_private_key=Vapid(self._key, conf=_TRUSTS_US),
                vapid_claims={"sub": self._contact},
                ttl=ttl,
                headers=headers,
                aiohttp_session=session,
            )
        except WebPushException:
            if session.answer is None:
                raise
        assert session.answer is not None
        return session.answer


def _topic(message: Outgoing) -> str:
    """32 characters at most, which the push service sees: it tells neither alert nor person."""
    about = (message.alert_id or message.attempt_id).encode()
    return _text_of(hashlib.sha256(b"web-push-topic:" + about).digest()[:16])


def _fate(answer: Answer) -> _Fate:
    if answer.status in (200, 201, 202):
        return _Taken()
    action = ACTION_OF_STATUS.get(answer.status)
    if action is None and answer.status >= 500:
        return Unknown(reason=f"HTTP {answer.status}")
    return Rejected(
        code=f"http-{answer.status}",
        action=action or CodeAction.NEXT_CHANNEL,
        retry_after_s=answer.retry_after_s,
    )


def _result(message: Outgoing, fates: Sequence[_Fate], gone: tuple[Gone, ...]) -> SendResult:
    if any(isinstance(fate, _Taken) for fate in fates):
        return Submitted(provider_id=message.attempt_id, gone=gone)
    for fate in fates:
        if isinstance(fate, Unknown):
            return Unknown(reason=fate.reason, gone=gone)
    refusals = [fate for fate in fates if isinstance(fate, Rejected)]
    if not refusals:
        return Rejected(code="no-device", action=CodeAction.NEXT_CHANNEL)
    decides = min(refusals, key=lambda refused: _MEND_FIRST.index(refused.action))
    return Rejected(code=decides.code, action=decides.action, retry_after_s=decides.retry_after_s, gone=gone)


@dataclass(slots=True)
class _Session:
    """What pywebpush takes for a session: it keeps its own time, follows no redirect and reads no body."""

    outbound: Outbound
    answer: Answer | None = None

    async def post(self, url: str, *, data: bytes, headers: Mapping[str, str], **_: object) -> "_Head":
        self.answer = await self.outbound.post(url, data=data, headers=headers)
        return _Head(status=self.answer.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    status: int
    reason: str = ""

    async def text(self) -> str:
        return ""


def _text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes_of(text: object) -> bytes:
    """Base64url or base64, with or without its padding. Raises ValueError and TypeError."""
    if not isinstance(text, str):
        raise TypeError("keys are texts")
    unpadded = text.rstrip("=").replace("+", "-").replace("/", "_")
    return base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), altchars=b"-_", validate=True)
