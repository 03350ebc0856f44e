"""The court's own keys, as values. They live in memory; their files are read at the entry point."""

import hmac
from dataclasses import dataclass, field

from schemas.sealing import KeyRing, SealingKey
from schemas.signing import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtKeys:
    """What seals, finds and signs.

    `at_rest` seals columns; `index` finds sealed terms again; `signing` speaks to agencies;
    `sealing` opens what agencies seal for the court; `chain` keys the audit chain and body hashes.
    """

    at_rest: KeyRing
    index: bytes
    signing: SigningKey
    sealing: SealingKey
    chain: bytes

    def __repr__(self) -> str:
        return f"CourtKeys(signing={self.signing.key_id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionKeys:
    """What lets agencies in: `authority` signs their certificates, `broker` gives their broker passwords."""

    authority: bytes = field(repr=False)
    broker: bytes = field(repr=False)


def broker_password(secret: bytes, user: str, generation: int = 1) -> str:
    """The password of a broker user such as `agency.rail`: always the same in one generation, so that it is
    kept nowhere.

    From one user's password neither the secret nor another's follows (HMAC-SHA256).
    """
    named = user if generation == 1 else f"{user}:{generation}"
    return hmac.digest(secret, b"broker-password:" + named.encode(), "sha256").hex()
