"""Ed25519 signatures by which every message between court and agency is bound to its sender (RFC 8032).

What must not break: a secret never shows in a repr, and a check answers yes or no, whatever the bytes.
"""

from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingKey:
    """The public half, 32 bytes. Raises ValueError when it has another length."""

    key_id: str
    public: bytes

    def __post_init__(self) -> None:
        if len(self.public) != KEY_BYTES:
            raise ValueError(f"an Ed25519 public key has {KEY_BYTES} bytes")

    def verifies(self, data: bytes, signature: bytes) -> bool:
        """Whether the holder of the secret half signed `data`; false for bytes that are no signature."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """The secret half; make it with `from_secret`."""

    key_id: str
    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_secret(cls, key_id: str, secret: bytes) -> "SigningKey":
        """The key of 32 secret bytes; raises ValueError when there are fewer or more."""
        if len(secret) != KEY_BYTES:
            raise ValueError(f"an Ed25519 secret has {KEY_BYTES} bytes")
        return cls(key_id=key_id, private=Ed25519PrivateKey.from_private_bytes(secret))

    @property
    def verifying(self) -> VerifyingKey:
        return VerifyingKey(key_id=self.key_id, public=self.private.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature; the same data always gets the same one."""
        return self.private.sign(data)
