"""The digest of a list: one number by which court and replica learn whether they hold the same.

It is the sum, modulo 2**256, of a keyed hash of every entry, so that it can be kept up with each change and
does not depend on order. The hash is longer than its term in that sum: what is over is the tag that a replica
stores with the entry, so that one hash proves both. What must not break: both sides hash exactly the same
bytes for the same entry (`schemas.listed`), and no entry passes in another generation of a feed.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from struct import Struct
from typing import Final

EMPTY_DIGEST: Final = 0
DIGEST_BYTES: Final = 32
TAG_BYTES: Final = 8
DIGEST_SUITE: Final = b"dt-digest-suite2"
TERM: Final = slice(DIGEST_BYTES)
TAG: Final = slice(DIGEST_BYTES, None)
"""Where both lie in the hash of an entry."""

DIGEST_MODULUS: Final = 2 ** (8 * DIGEST_BYTES)
_FEED: Final = Struct(">II")  # epoch, incarnation


class EntryHash:
    """The keyed hash of the entries of one generation of a feed: 40 bytes, the term and the tag."""

    def __init__(self, digest_key: bytes, epoch: int, incarnation: int) -> None:
        self._keyed = blake2b(
            _FEED.pack(epoch, incarnation),
            digest_size=DIGEST_BYTES + TAG_BYTES,
            key=digest_key,
            person=DIGEST_SUITE,
        )

    def of_each(self, entries: Iterable[bytes]) -> Iterator[bytes]:
        """Of packed entries."""
        # Copied, since to key it takes as long again as to hash an entry.
        keyed = self._keyed.copy
        for entry in entries:
            hashed = keyed()
            hashed.update(entry)
            yield hashed.digest()

    def tag(self, entry: bytes) -> bytes:
        (hashed,) = self.of_each([entry])
        return hashed[TAG]

    def with_entry(self, digest: int, entry: bytes) -> int:
        """The digest of a list after this entry came in. The caller sees to it that it comes in once."""
        return (digest + sum_of(self.of_each([entry]))) % DIGEST_MODULUS

    def without_entry(self, digest: int, entry: bytes) -> int:
        """The digest of a list after this entry went out."""
        return (digest - sum_of(self.of_each([entry]))) % DIGEST_MODULUS


def sum_of(hashes: Iterable[bytes]) -> int:
    """The digest of a list that has these entries and no others."""
    return sum(map(int.from_bytes, [one[TERM] for one in hashes])) % DIGEST_MODULUS


def digest_hex(digest: int) -> str:
    """64 lower-case hexadecimal characters, as in `FeedHead.digest`."""
    return digest.to_bytes(DIGEST_BYTES, "big").hex()


def digest_from_hex(text: str) -> int:
    """The digest that `digest_hex` wrote; raises ValueError for any other text."""
    raw = bytes.fromhex(text)
    if len(raw) != DIGEST_BYTES:
        raise ValueError(f"a digest has {2 * DIGEST_BYTES} hexadecimal characters")
    return int.from_bytes(raw, "big")
