"""The digest of a list: one number by which court and replica learn whether they hold the same.

It is the sum, modulo 2**256, of a keyed hash of every record, so that it can be kept up with each change and
does not depend on order. What must not break: both sides sum over exactly the same bytes for the same record.
"""

from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from struct import Struct
from typing import Final

from schemas.measures import Measure, code_of
from schemas.tokens import TOKEN_BYTES

EMPTY_DIGEST: Final = 0
DIGEST_BYTES: Final = 32
DIGEST_SUITE: Final = b"dt-digest-suite1"

DIGEST_MODULUS: Final = 2 ** (8 * DIGEST_BYTES)
# token, reference, version, code of the measure, last valid day as a proleptic Gregorian ordinal
_RECORD: Final = Struct(f">{TOKEN_BYTES}sQQBI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a replica holds for one token. `valid_until` is the last valid day in court time."""

    token: bytes = field(repr=False)
    reference: int
    version: int
    measure: Measure
    valid_until: date


def canonical_record(record: Record) -> bytes:
    """The record as 37 bytes, all fields at fixed places; raises ValueError for a token of another length."""
    if len(record.token) != TOKEN_BYTES:
        raise ValueError(f"a token has {TOKEN_BYTES} bytes")
    return _RECORD.pack(
        record.token,
        record.reference,
        record.version,
        code_of(record.measure),
        record.valid_until.toordinal(),
    )


def with_record(digest: int, record: Record, digest_key: bytes) -> int:
    """The digest of a list after this record came in. The caller sees to it that a record comes in once."""
    return (digest + _term(record, digest_key)) % DIGEST_MODULUS


def without_record(digest: int, record: Record, digest_key: bytes) -> int:
    """The digest of a list after this record went out."""
    return (digest - _term(record, digest_key)) % DIGEST_MODULUS


def _term(record: Record, digest_key: bytes) -> int:
    hashed = blake2b(canonical_record(record), digest_size=DIGEST_BYTES, key=digest_key, person=DIGEST_SUITE)
    return int.from_bytes(hashed.digest(), "big")


class ListSum:
    """The digest of a list whose records are all at hand: add each once. The same as by `with_record`, and
    several times as fast for millions.
    """

    def __init__(self, digest_key: bytes) -> None:
        self._keyed = blake2b(digest_size=DIGEST_BYTES, key=digest_key, person=DIGEST_SUITE)
        self._sum = EMPTY_DIGEST

    @property
    def digest(self) -> int:
        return self._sum % DIGEST_MODULUS

    def add(self, token: bytes, reference: int, version: int, code: int, last_day: int) -> None:
        """The fields of one record: `code` as by `code_of`, `last_day` as a proleptic Gregorian ordinal."""
        hashed = self._keyed.copy()
        hashed.update(_RECORD.pack(token, reference, version, code, last_day))
        self._sum += int.from_bytes(hashed.digest(), "big")


def digest_hex(digest: int) -> str:
    """64 lower-case hexadecimal characters, as in `FeedHead.digest`."""
    return digest.to_bytes(DIGEST_BYTES, "big").hex()


def digest_from_hex(text: str) -> int:
    """The digest that `digest_hex` wrote; raises ValueError for any other text."""
    raw = bytes.fromhex(text)
    if len(raw) != DIGEST_BYTES:
        raise ValueError(f"a digest has {2 * DIGEST_BYTES} hexadecimal characters")
    return int.from_bytes(raw, "big")
