"""Standard Webhooks: does a post come from who holds one of these keys, and was it sent just now?

`v1` is HMAC-SHA256, `v1a` is Ed25519, both over `id.timestamp.body` (see standardwebhooks.com).
What must not break: hostile headers answer `BadSignature` and never raise, all failures of a signature look
alike, and only who proved to hold a key is told that the clock is off.
"""

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.signing import SigningKey, VerifyingKey

TOLERANCE: Final = timedelta(minutes=5)
MIN_SECRET_BYTES: Final = 24
MAX_SIGNATURES: Final = 16

# A full stop in the id would let a signature of one id and time serve for another.
_MESSAGE_ID: Final = re.compile(r"[!-\-/-~]{1,128}")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,11}")
_MAX_SIGNATURE_HEADER: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class SymmetricKey:
    """A shared secret of at least 24 bytes, for `v1`."""

    key_id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_SECRET_BYTES:
            raise ValueError(f"a webhook secret has at least {MIN_SECRET_BYTES} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class AsymmetricKey:
    """An Ed25519 public key of 32 bytes, for `v1a`."""

    key_id: str
    public: bytes

    def __post_init__(self) -> None:
        VerifyingKey(key_id=self.key_id, public=self.public)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A holder of a live key sent exactly this body under this id."""

    message_id: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class BadSignature:
    """Anything else; it does not say what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSkew:
    """A valid signature, but a time more than `TOLERANCE` off ours."""

    claimed: datetime
    ours: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    message_id: str
    timestamp: str
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def sent_at(self) -> datetime:
        return datetime.fromtimestamp(int(self.timestamp), UTC)


def verify_webhook(
    headers: Mapping[str, Sequence[str]],
    body: bytes,
    keys: Sequence[SymmetricKey | AsymmetricKey],
    *,
    at: datetime,
) -> Verified | BadSignature | ClockSkew:
    """Check a post against every live key of its sender.

    `headers`: all values of each name, names in any case. `body`: the raw bytes, before any parsing.
    """
    claim = _read_claim(headers)
    if claim is None:
        return BadSignature()
    signed = _signed_content(claim.message_id, claim.timestamp, body)
    # Every key is tried, so that the time taken does not tell which one fitted.
    if not any([_fits(key, signed, claim.signatures) for key in keys]):
        return BadSignature()
    if abs(at - claim.sent_at) > TOLERANCE:
        return ClockSkew(claimed=claim.sent_at, ours=at)
    return Verified(message_id=claim.message_id, sent_at=claim.sent_at)


def sign_webhook(message_id: str, sent_at: datetime, body: bytes, key: SymmetricKey | SigningKey) -> str:
    """The value of `webhook-signature` for a post; `webhook-timestamp` is `sent_at` in whole Unix seconds."""
    signed = _signed_content(message_id, str(int(sent_at.timestamp())), body)
    if isinstance(key, SymmetricKey):
        return f"v1,{base64.b64encode(_hmac(key, signed)).decode()}"
    return f"v1a,{base64.b64encode(key.sign(signed)).decode()}"


def _signed_content(message_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode() + body


def _hmac(key: SymmetricKey, signed: bytes) -> bytes:
    return hmac.digest(key.secret, signed, "sha256")


def _fits(key: SymmetricKey | AsymmetricKey, signed: bytes, signatures: Sequence[tuple[str, bytes]]) -> bool:
    if isinstance(key, SymmetricKey):
        ours = _hmac(key, signed)
        return any([hmac.compare_digest(ours, theirs) for version, theirs in signatures if version == "v1"])
    verifying = VerifyingKey(key_id=key.key_id, public=key.public)
    return any([verifying.verifies(signed, theirs) for version, theirs in signatures if version == "v1a"])


def _read_claim(headers: Mapping[str, Sequence[str]]) -> _Claim | None:
    message_id = _only(headers, "webhook-id")
    timestamp = _only(headers, "webhook-timestamp")
    signatures = _signatures(_only(headers, "webhook-signature"))
    if not _MESSAGE_ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp) or not signatures:
        return None
    return _Claim(message_id=message_id, timestamp=timestamp, signatures=signatures)


def _only(headers: Mapping[str, Sequence[str]], name: str) -> str:
    """The one value of a header; empty, which no check lets pass, when it is missing or doubled."""
    values = [value for key, several in headers.items() if key.lower() == name for value in several]
    return values[0] if len(values) == 1 else ""


def _signatures(header: str) -> tuple[tuple[str, bytes], ...]:
    if len(header) > _MAX_SIGNATURE_HEADER or not header.isascii():
        return ()
    read = (_signature(part) for part in header.split(" ", MAX_SIGNATURES)[:MAX_SIGNATURES])
    return tuple(signature for signature in read if signature is not None)


def _signature(part: str) -> tuple[str, bytes] | None:
    version, _, encoded = part.partition(",")
    try:
        return version, base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
