"""The digest of a list: one number by which court and replica learn whether they hold the same.

It is the sum, modulo 2**256, of a keyed hash of every canonical record (`schemas.listed`), so that it can be
kept up with each change and does not depend on order. What must not break: both sides sum over exactly the
same bytes for the same record.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

EMPTY_DIGEST: Final = 0
DIGEST_BYTES: Final = 32
DIGEST_SUITE: Final = b"dt-digest-suite1"

DIGEST_MODULUS: Final = 2 ** (8 * DIGEST_BYTES)


def with_record(digest: int, record: bytes, digest_key: bytes) -> int:
    """The digest of a list after this canonical record came in. The caller sees to it that a record comes in
    once.
    """
    return (digest + _term(record, digest_key)) % DIGEST_MODULUS


def without_record(digest: int, record: bytes, digest_key: bytes) -> int:
    """The digest of a list after this canonical record went out."""
    return (digest - _term(record, digest_key)) % DIGEST_MODULUS


def _term(record: bytes, digest_key: bytes) -> int:
    hashed = blake2b(record, digest_size=DIGEST_BYTES, key=digest_key, person=DIGEST_SUITE)
    return int.from_bytes(hashed.digest(), "big")


class ListSum:
    """The digest of a list whose records are all at hand: the same as by `with_record`, and several times as
    fast for millions.
    """

    def __init__(self, digest_key: bytes) -> None:
        self._keyed = blake2b(digest_size=DIGEST_BYTES, key=digest_key, person=DIGEST_SUITE)
        self._sum = EMPTY_DIGEST

    @property
    def digest(self) -> int:
        return self._sum % DIGEST_MODULUS

    def add(self, records: Iterable[bytes]) -> None:
        """Canonical records, each once."""
        keyed, number = self._keyed.copy, int.from_bytes
        for record in records:
            hashed = keyed()
            hashed.update(record)
            self._sum += number(hashed.digest(), "big")


def digest_hex(digest: int) -> str:
    """64 lower-case hexadecimal characters, as in `FeedHead.digest`."""
    return digest.to_bytes(DIGEST_BYTES, "big").hex()


def digest_from_hex(text: str) -> int:
    """The digest that `digest_hex` wrote; raises ValueError for any other text."""
    raw = bytes.fromhex(text)
    if len(raw) != DIGEST_BYTES:
        raise ValueError(f"a digest has {2 * DIGEST_BYTES} hexadecimal characters")
    return int.from_bytes(raw, "big")
