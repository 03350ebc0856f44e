"""What goes between an agency's machine and the court so that an adapter may run: two files and one answer.

`Enrolment` leaves the agency's machine and holds public parts only. `Credential` comes back and lets the
instance in: to the broker, and to the court's edge listener, which hands out `KeyHandout`.
What must not break: these are contracts as the messages are, only ever added to; what is secret shows in no
repr.
"""

from typing import Annotated, Final

from pydantic import Field

from schemas.canary import CANARY_EVERY_S
from schemas.measures import AgencyKind
from schemas.signing import VerifyingKey
from schemas.text import Contract, Count, Hex64, Text
from schemas.tokens import EpochKeys

Word = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]
"""The name of an agency or of one of its instances, as it stands in queues and certificates."""

Pem = Annotated[str, Field(pattern=r"^-----BEGIN [A-Z ]+-----\n", max_length=16_384)]

FINGERPRINT_DIGITS: Final = 12


class PublicKey(Contract):
    """An Ed25519 key that verifies."""

    key_id: Text
    public: Hex64

    @classmethod
    def of(cls, key: VerifyingKey) -> "PublicKey":
        return cls(key_id=key.key_id, public=key.public.hex())

    @property
    def verifying(self) -> VerifyingKey:
        return VerifyingKey(key_id=self.key_id, public=bytes.fromhex(self.public))


class Enrolment(Contract):
    """An instance presents itself. `certificate_request` is PKCS#10 for its TLS key."""

    agency: Word
    instance: Word
    signing: PublicKey
    sealing_public: Hex64
    certificate_request: Pem


class Credential(Contract):
    """The court lets an instance in. `authority` is the certificate that signs both ends' certificates."""

    court: Text
    agency: Word
    instance: Word
    kind: AgencyKind
    certificate: Pem
    authority: Pem
    court_verifying: tuple[PublicKey, ...] = Field(min_length=1)
    court_sealing_public: Hex64
    broker_user: Text
    broker_password: Text = Field(repr=False)
    phone_24h: Text


class HandedEpoch(Contract):
    """The keys of the agency's list in one epoch."""

    epoch: Count
    token_key: Hex64 = Field(repr=False)
    digest_key: Hex64 = Field(repr=False)

    @classmethod
    def of(cls, keys: EpochKeys) -> "HandedEpoch":
        return cls(epoch=keys.epoch, token_key=keys.token_key.hex(), digest_key=keys.digest_key.hex())

    @property
    def keys(self) -> EpochKeys:
        return EpochKeys(
            epoch=self.epoch,
            token_key=bytes.fromhex(self.token_key),
            digest_key=bytes.fromhex(self.digest_key),
        )


class KeyHandout(Contract):
    """What one instance is given at its start, to be kept in memory only. Newest epoch first.

    `canary_every_s`: how often it passes the canary through its whole path.
    """

    court: Text
    agency: Word
    instance: Word
    kind: AgencyKind
    phone_24h: Text
    court_verifying: tuple[PublicKey, ...] = Field(min_length=1)
    court_sealing_public: Hex64
    epochs: tuple[HandedEpoch, ...] = Field(min_length=1)
    canary_every_s: int = Field(default=CANARY_EVERY_S, gt=0)


def key_id_of(instance: str, public: bytes) -> str:
    """The id of an instance's signing key among those of its agency: which instance, which of its lives."""
    return f"{instance}-{public.hex()[:FINGERPRINT_DIGITS]}"
