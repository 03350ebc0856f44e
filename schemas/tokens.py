"""Keyed tokens: how an agency recognises a number on its list without holding the list's numbers.

What must not break: the token of a document never changes within a suite, and nothing here is a plain hash.
The whole number space is only some 2.3e11, so whoever holds the key can list it: keys stay in memory at the
edge.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from schemas.documents import DocumentKind, IdentityDocument

KEY_BYTES: Final = 32
TOKEN_BYTES: Final = 16
INCARNATION_BYTES: Final = 8
INCARNATION_SUITE: Final = b"dt-incarnation-1"
TOKEN_SUITE: Final = b"dt-token-suite-1"
"""Separates the tokens of this construction from those of any other (SM3 would be another suite)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochKeys:
    """The keys of one agency in one epoch, 32 bytes each: for tokens, and the one from which those for the
    digests of its feeds follow.
    """

    epoch: int
    token_key: bytes = field(repr=False)
    digest_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.token_key) != KEY_BYTES or len(self.digest_key) != KEY_BYTES:
            raise ValueError(f"an epoch key has {KEY_BYTES} bytes")

    def digest_key_of(self, incarnation: int) -> bytes:
        """The key of one incarnation's digest."""
        return digest_key_of(self.digest_key, incarnation)


def digest_key_of(epoch_key: bytes, incarnation: int) -> bytes:
    """What the digest of one incarnation is keyed with, so that two lives of a feed have none in common. The
    first has the epoch's own key.
    """
    if incarnation <= 1:
        return epoch_key
    return blake2b(
        incarnation.to_bytes(INCARNATION_BYTES, "big"),
        key=epoch_key,
        person=INCARNATION_SUITE,
        digest_size=KEY_BYTES,
    ).digest()


class Tokens:
    """Makes the tokens of one key."""

    def __init__(self, token_key: bytes) -> None:
        # Copied for each token: to hand key and suite over anew costs as much as the hash.
        self._keyed = blake2b(digest_size=TOKEN_BYTES, key=token_key, person=TOKEN_SUITE)

    def of(self, document: IdentityDocument) -> bytes:
        """The 16-byte token of a normalised document: keyed BLAKE2b over kind, issuing state and number.

        Each part stands behind its length in characters, as in `8:passport3:CHN9:EA1234567`, so that no two
        documents share an input.
        """
        number = document.number
        return self._of(f"{_head(document.kind, document.issuing_state)}{len(number)}:{number}".encode())

    def of_resident(self, number: str) -> bytes:
        """The same for a resident number in its normal form."""
        return self._of(_RESIDENT + number.encode())

    def _of(self, data: bytes) -> bytes:
        token = self._keyed.copy()
        token.update(data)
        return token.digest()


def _head(kind: DocumentKind, state: str) -> str:
    return f"{len(kind.value)}:{kind.value}{len(state)}:{state}"


_RESIDENT: Final = f"{_head(DocumentKind.RESIDENT_ID, 'CHN')}18:".encode()


def token_of(document: IdentityDocument, token_key: bytes) -> bytes:
    """The token of one document; who makes many keeps a `Tokens`."""
    return Tokens(token_key).of(document)
