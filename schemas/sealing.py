"""Seals: columns at rest (AES-256-GCM), fields for one receiver (X25519), and blind indexes to find them by.

What must not break: a sealed value opens only in its own place (the row, or the message, is authenticated
with it), a secret never shows in a repr, and randomness is always the caller's argument, to be used once.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

_AT_REST_SUITE: Final = 0x01
_TO_RECEIVER_SUITE: Final = 0x81
_MAX_KEY_ID_BYTES: Final = 255
# The key of a seal to a receiver is used for one message only, so its nonce may be constant.
_ONLY_NONCE: Final = bytes(NONCE_BYTES)
_DOES_NOT_OPEN: Final = "the seal does not open here: it was altered, moved, or made for another key"


class UnsealFailed(Exception):
    """The sealed bytes do not open: altered, moved elsewhere, cut short, or made with a key not held here."""


class KeyRing:
    """The 32-byte keys that seal columns at rest, by key id: `current` seals, all of them unseal.

    Raises ValueError for a key of another length, a key id outside 1-255 bytes, or a missing current key.
    """

    __slots__ = ("_ciphers", "_current")

    def __init__(self, current: str, keys: Mapping[str, bytes]) -> None:
        if current not in keys:
            raise ValueError("the current key is not among the keys")
        if any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes")
        if not all(0 < len(key_id.encode()) <= _MAX_KEY_ID_BYTES for key_id in keys):
            raise ValueError(f"a key id has 1-{_MAX_KEY_ID_BYTES} bytes")
        self._current = current
        self._ciphers = {_header(key_id): AESGCM(key) for key_id, key in keys.items()}

    def __repr__(self) -> str:
        return f"KeyRing(current={self._current!r})"

    def seal(self, plaintext: bytes, *, row: str, nonce: bytes) -> bytes:
        """Seal for one place: `row` names column and row, as in `subject.name:ID`; `nonce`: 12 random bytes.

        Layout: suite, length of the key id, key id, nonce, ciphertext with its 16-byte tag.
        """
        if len(nonce) != NONCE_BYTES:
            raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
        header = _header(self._current)
        return header + nonce + self._ciphers[header].encrypt(nonce, plaintext, header + row.encode())

    def unseal(self, sealed: bytes, *, row: str) -> bytes:
        """What was sealed for this row; raises UnsealFailed."""
        header, cipher = self._opener(sealed)
        nonce_end = len(header) + NONCE_BYTES
        try:
            return cipher.decrypt(sealed[len(header) : nonce_end], sealed[nonce_end:], header + row.encode())
        except InvalidTag:
            raise UnsealFailed(_DOES_NOT_OPEN) from None

    def unseal_column(self, column: str, rows: Iterable[tuple[int, bytes]]) -> list[bytes]:
        """What was sealed for rows that bear a number, the number 7 of `feed_record.body` for the row
        `feed_record.body:7`; raises UnsealFailed.
        """
        opened, header, place, nonce_end = [], b"", b"", 0
        try:
            for number, sealed in rows:
                # Thousands in a row were sealed with one key.
                if not (header and sealed.startswith(header)):
                    header, cipher = self._opener(sealed)
                    place, nonce_begin = header + column.encode() + b":", len(header)
                    nonce_end = nonce_begin + NONCE_BYTES
                nonce, cut = sealed[nonce_begin:nonce_end], sealed[nonce_end:]
                opened.append(cipher.decrypt(nonce, cut, b"%b%d" % (place, number)))
        except (InvalidTag, ValueError):
            raise UnsealFailed(_DOES_NOT_OPEN) from None
        return opened

    def _opener(self, sealed: bytes) -> tuple[bytes, AESGCM]:
        """The header of a seal, and what opens it."""
        if len(sealed) < 2 or sealed[0] != _AT_REST_SUITE:
            raise UnsealFailed("not a seal of a known suite: compare the version that wrote it")
        header = sealed[: 2 + sealed[1]]
        cipher = self._ciphers.get(header)
        if cipher is None or len(sealed) < len(header) + NONCE_BYTES:
            raise UnsealFailed("sealed with a key that is not on this ring: add the former key to it")
        return header, cipher


def _header(key_id: str) -> bytes:
    encoded = key_id.encode()
    return bytes((_AT_REST_SUITE, len(encoded))) + encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKey:
    """The secret half, 32 bytes, by which a receiver opens what was sealed for it. `public` are the 32 bytes
    that senders seal for.
    """

    secret: bytes = field(repr=False)
    private: X25519PrivateKey = field(init=False, repr=False, compare=False)
    public: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"an X25519 secret has {KEY_BYTES} bytes")
        # Once, since every message needs them.
        private = X25519PrivateKey.from_private_bytes(self.secret)
        object.__setattr__(self, "private", private)
        object.__setattr__(self, "public", private.public_key().public_bytes_raw())


def seal_for(public: bytes, plaintext: bytes, *, ephemeral: bytes, context: str) -> bytes:
    """Seal for the holder of a public key and the place `context` (X25519, HKDF-SHA256, AES-256-GCM).

    `ephemeral` is 32 fresh random bytes, never used for a second seal. Layout: suite, ephemeral public key,
    ciphertext with its tag. Raises ValueError for a public key that is none.
    """
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    ours = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    header = bytes((_TO_RECEIVER_SUITE,)) + ours
    cipher = AESGCM(_message_key(shared, header, public))
    return header + cipher.encrypt(_ONLY_NONCE, plaintext, context.encode())


def open_sealed(key: SealingKey, sealed: bytes, *, context: str) -> bytes:
    """What was sealed for this receiver and this context; raises UnsealFailed."""
    header, ciphertext = sealed[: 1 + KEY_BYTES], sealed[1 + KEY_BYTES :]
    if len(header) != 1 + KEY_BYTES or header[0] != _TO_RECEIVER_SUITE:
        raise UnsealFailed("not a seal of a known suite: compare the version that wrote it")
    try:
        shared = key.private.exchange(X25519PublicKey.from_public_bytes(header[1:]))
        cipher = AESGCM(_message_key(shared, header, key.public))
        return cipher.decrypt(_ONLY_NONCE, ciphertext, context.encode())
    except (InvalidTag, ValueError):
        raise UnsealFailed(_DOES_NOT_OPEN) from None


def _message_key(shared: bytes, header: bytes, public: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=header + public).derive(shared)


def blind_index(key: bytes, *terms: str) -> bytes:
    """32 bytes that are equal for equal terms only: HMAC-SHA256, each term behind its length.

    The key serves nothing else, so that whoever finds rows by index need not be able to open them.
    """
    encoded = [term.encode() for term in terms]
    data = b"".join(len(term).to_bytes(4, "big") + term for term in encoded)
    return hmac.digest(key, data, "sha256")
