"""The court's own keys, as one value. They live in memory; their files are read at the entry point."""

from dataclasses import dataclass

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
