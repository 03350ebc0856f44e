"""Keyed tokens: how an agency recognises a number on its list without holding the list's numbers.

What must not break: the token of a document never changes within a suite, and nothing here is a plain hash.
The whole number space is only some 2.3e11, so whoever holds the key can list it: keys stay in memory at the
edge.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from schemas.documents import IdentityDocument

KEY_BYTES: Final = 32
TOKEN_BYTES: Final = 16
TOKEN_SUITE: Final = b"dt-token-suite-1"
"""Separates the tokens of this construction from those of any other (SM3 would be another suite)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochKeys:
    """The keys of one agency in one epoch, 32 bytes each: for tokens and for the digest of its feed."""

    epoch: int
    token_key: bytes = field(repr=False)
    digest_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.token_key) != KEY_BYTES or len(self.digest_key) != KEY_BYTES:
            raise ValueError(f"an epoch key has {KEY_BYTES} bytes")


def token_of(document: IdentityDocument, token_key: bytes) -> bytes:
    """The 16-byte token of a normalised document: keyed BLAKE2b over kind, issuing state and number.

    Each part stands behind its length in characters, as in `8:passport3:CHN9:EA1234567`, so that no two
    documents share an input.
    """
    kind, state, number = document.kind.value, document.issuing_state, document.number
    data = f"{len(kind)}:{kind}{len(state)}:{state}{len(number)}:{number}".encode()
    return blake2b(data, digest_size=TOKEN_BYTES, key=token_key, person=TOKEN_SUITE).digest()
