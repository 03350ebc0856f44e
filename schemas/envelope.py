"""The signed envelope of every message, both ways: CloudEvents 1.0 in structured JSON.

The signature is Ed25519 over the canonical JSON of everything but itself: type, schema version, court,
agency, instance, epoch, incarnation, sequence or id, time, key id and body. What must not break: nothing of
a message is believed before its signature fits, and no bytes, however hostile, make opening raise.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, NoReturn, TypeVar
from urllib.parse import quote

from pydantic import Field, ValidationError

from schemas.messages import Message
from schemas.signing import SigningKey, VerifyingKey
from schemas.text import Contract, Count, Text, UtcTime, field_problems

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
MAX_ENVELOPE_BYTES: Final = 8 * 2**20
"""Above what 500 changes with the longest instructions can take."""

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Between whom: a court and one instance of an agency, in one epoch and incarnation of its feed."""

    court: str
    agency: str
    instance: str
    epoch: int = 0
    incarnation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What the sender says beside the body. `at` is aware; `sequence` stands where messages are numbered."""

    id: str
    at: datetime
    address: Address
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A message whose signature fits and which is for us; `body` is its data as JSON, not yet read."""

    type: str
    id: str
    sent_at: datetime
    address: Address
    schema_version: int
    sequence: int | None
    key_id: str
    body: bytes = field(repr=False)


class EnvelopeFault(StrEnum):
    """Why a message was refused, in the order in which it is found out."""

    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    NOT_AN_ENVELOPE = "not-an-envelope"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    WRONG_COURT = "wrong-court"
    WRONG_AGENCY = "wrong-agency"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_VERSION = "unknown-version"
    WRONG_BODY = "wrong-body"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeRefused:
    """A definite fault of the message; sending the same bytes again changes nothing."""

    fault: EnvelopeFault
    remedy: str


_REMEDIES: Final[Mapping[EnvelopeFault, str]] = MappingProxyType(
    {
        EnvelopeFault.TOO_LARGE: f"the message is above {MAX_ENVELOPE_BYTES} bytes: send less at once",
        EnvelopeFault.NOT_JSON: "the message is not readable JSON (UTF-8, no doubled names, no fractions): "
        "send one CloudEvents object",
        EnvelopeFault.NOT_AN_ENVELOPE: "the message is not one of our CloudEvents",
        EnvelopeFault.UNKNOWN_KEY: "the key id is not registered for this sender: register the key, or "
        "sign with one that is",
        EnvelopeFault.BAD_SIGNATURE: "the signature does not fit the message: sign it as it is sent, and let "
        "nothing rewrite it on its way",
        EnvelopeFault.WRONG_COURT: "the message names another court: check the sender's court setting",
        EnvelopeFault.WRONG_AGENCY: "the message names another agency than the one of this queue: check the "
        "sender's agency setting",
        EnvelopeFault.WRONG_TYPE: "the message is of a type that is not taken here: send it to its own queue",
        EnvelopeFault.UNKNOWN_VERSION: "the schema version is newer than this program knows: update it",
        EnvelopeFault.WRONG_BODY: "the body is not as its schema version says",
    }
)


class _Attributes(Contract):
    """What stands around the body. CloudEvents wants names of lower-case letters and digits only."""

    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Text
    time: UtcTime
    datacontenttype: Literal["application/json"]
    court: Text
    agency: Text
    instance: Text
    epoch: Count
    incarnation: Count
    schemaversion: Annotated[int, Field(ge=1, lt=2**31)]
    # A CloudEvents integer has 32 bits, so its sequence extension is a string.
    sequence: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] | None = None
    keyid: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parsed:
    """One message taken apart; `signed` is what the signature is over."""

    attributes: bytes
    body: bytes
    signed: bytes
    signature: bytes


def sign_envelope(body: Message, posting: Posting, key: SigningKey) -> bytes:
    """The message as it travels: the same arguments always give the same bytes.

    Raises ValueError where the posting's time has no offset.
    """
    attributes = {
        **_attributes_of(type(body), posting),
        "keyid": key.key_id,
        "data": body.model_dump(mode="json"),
    }
    signature = key.sign(_canonical(attributes))
    return _canonical({**attributes, "signature": base64.b64encode(signature).decode()})


def _attributes_of(model: type[Message], posting: Posting) -> dict[str, Any]:
    if posting.at.utcoffset() is None:
        raise ValueError("the time of a posting carries an offset")
    address = posting.address
    sequence = {} if posting.sequence is None else {"sequence": str(posting.sequence)}
    return {
        "specversion": "1.0",
        "id": posting.id,
        "source": _source(model.TYPE, posting.address),
        "type": model.TYPE,
        "time": posting.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "schemaversion": model.SCHEMA_VERSION,
        "court": address.court,
        "agency": address.agency,
        "instance": address.instance,
        "epoch": address.epoch,
        "incarnation": address.incarnation,
        **sequence,
    }


def _source(message_type: str, address: Address) -> str:
    """Who speaks, as CloudEvents wants it: a URI reference that is unique together with the id."""
    court, agency, instance = (
        quote(part, safe="") for part in (address.court, address.agency, address.instance)
    )
    return f"/{court}" if message_type.startswith("court.") else f"/{court}/{agency}/{instance}"


def open_envelope(
    raw: bytes, keys: Mapping[str, VerifyingKey], *, court: str, agency: str
) -> Opened | EnvelopeRefused:
    """Check form, signature and address of a message. `keys`, by key id, are those of the expected sender."""
    if len(raw) > MAX_ENVELOPE_BYTES:
        return _refused(EnvelopeFault.TOO_LARGE)
    parsed = _parse(raw)
    if isinstance(parsed, EnvelopeFault):
        return _refused(parsed)
    try:
        attributes = _Attributes.model_validate_json(parsed.attributes)
    except ValidationError as error:
        return _refused(EnvelopeFault.NOT_AN_ENVELOPE, error)
    fault = _signature_fault(parsed, keys.get(attributes.keyid)) or _address_fault(attributes, court, agency)
    return _opened(attributes, parsed.body) if fault is None else _refused(fault)


def read_body(opened: Opened, model: type[M]) -> M | EnvelopeRefused:
    """The body of an opened message as its model. Fields the model does not know are left out."""
    if opened.type != model.TYPE:
        return _refused(EnvelopeFault.WRONG_TYPE)
    if opened.schema_version > model.SCHEMA_VERSION:
        return _refused(EnvelopeFault.UNKNOWN_VERSION)
    try:
        return model.model_validate_json(opened.body)
    except ValidationError as error:
        return _refused(EnvelopeFault.WRONG_BODY, error)


def _parse(raw: bytes) -> _Parsed | EnvelopeFault:
    # One parser reads the message, and what it read is what is checked and used: two parsers could be made to
    # see two messages in the same bytes.
    try:
        message = json.loads(
            raw.decode(), object_pairs_hook=_each_name_once, parse_float=_no_number, parse_constant=_no_number
        )
        if not isinstance(message, dict) or not isinstance(message.get("data"), dict):
            return EnvelopeFault.NOT_AN_ENVELOPE
        signature = _signature_in(message.pop("signature", None))
        signed = _canonical(message)
        body = _canonical(message.pop("data"))
        return _Parsed(attributes=_canonical(message), body=body, signed=signed, signature=signature)
    except (ValueError, RecursionError):
        return EnvelopeFault.NOT_JSON


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return names


def _no_number(_: str) -> NoReturn:
    raise ValueError("fractions have more than one spelling, so no message has any")


def _signature_in(encoded: object) -> bytes:
    """The signature's bytes; empty, which no key verifies, when it is missing or not base64."""
    try:
        return base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else b""
    except ValueError:
        return b""


def _canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted names, no white space, and UTF-8 instead of escapes wherever JSON allows."""
    return _ENCODER.encode(value).encode()


def _signature_fault(parsed: _Parsed, key: VerifyingKey | None) -> EnvelopeFault | None:
    if key is None:
        return EnvelopeFault.UNKNOWN_KEY
    return None if key.verifies(parsed.signed, parsed.signature) else EnvelopeFault.BAD_SIGNATURE


def _address_fault(attributes: _Attributes, court: str, agency: str) -> EnvelopeFault | None:
    if attributes.court != court:
        return EnvelopeFault.WRONG_COURT
    return None if attributes.agency == agency else EnvelopeFault.WRONG_AGENCY


def _opened(attributes: _Attributes, body: bytes) -> Opened:
    return Opened(
        type=attributes.type,
        id=attributes.id,
        sent_at=attributes.time,
        address=Address(
            court=attributes.court,
            agency=attributes.agency,
            instance=attributes.instance,
            epoch=attributes.epoch,
            incarnation=attributes.incarnation,
        ),
        schema_version=attributes.schemaversion,
        sequence=None if attributes.sequence is None else int(attributes.sequence),
        key_id=attributes.keyid,
        body=body,
    )


def _refused(fault: EnvelopeFault, error: ValidationError | None = None) -> EnvelopeRefused:
    problems = () if error is None else field_problems(error)
    details = "; ".join(f"{problem.field} {problem.message}" for problem in problems)
    return EnvelopeRefused(
        fault=fault, remedy=f"{_REMEDIES[fault]}: {details}" if details else _REMEDIES[fault]
    )
