"""Who an instance is: the keys it made itself and the credential the court gave it, as files in its folder.

What must not break: private keys are made here and never leave this folder, every file with a secret is
readable by its owner only, and a credential is taken only when it is for these very keys.
"""

import json
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from schemas.certificates import CertificateRefused, Holder, holder_in, make_request
from schemas.enrolment import Credential, Enrolment, PublicKey, key_id_of
from schemas.sealing import SealingKey
from schemas.signing import SigningKey
from schemas.text import field_problems

OWN_KEYS: Final = "own-keys.json"
TLS_KEY: Final = "tls-key.pem"
TLS_CERTIFICATE: Final = "tls-certificate.pem"
ENROLMENT: Final = "enrolment.json"
CREDENTIAL: Final = "credential.json"
KEY_BYTES: Final = 32
OWNER_ONLY: Final = 0o600
OWNERS_FOLDER: Final = 0o700


class NotEnrolled(Exception):
    """A file is missing or cannot be used; the text says which and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKeys:
    """The instance's own secrets. What waits in its store is sealed to `sealing`."""

    agency: str
    instance: str
    signing: SigningKey = field(repr=False)
    sealing: SealingKey = field(repr=False)
    tls: Ed25519PrivateKey = field(repr=False)

    @property
    def holder(self) -> Holder:
        return Holder(agency=self.agency, instance=self.instance, key_id=self.signing.key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An enrolled instance."""

    folder: Path
    own: OwnKeys
    credential: Credential
    valid_until: datetime

    def tls_context(self) -> ssl.SSLContext:
        """For the court's edge listener: trusts the court's own authority only, and shows our certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cadata=self.credential.authority)
        context.load_cert_chain(self.folder / TLS_CERTIFICATE, self.folder / TLS_KEY)
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Keys to be made. `renews`: a new signing and TLS key, but the same sealing key, since what waits in the
    store is sealed to it. `sealing`: of another instance of the agency, when this is not its first.
    """

    agency: str
    instance: str
    renews: bool = False
    sealing: SealingKey | None = None


def make_own_keys(folder: Path, wanted: Wanted, random_bytes: Callable[[int], bytes]) -> OwnKeys:
    """The keys of the folder, made at the first call and whenever they are to be renewed."""
    path = folder / OWN_KEYS
    stored = _read_own(path) if path.exists() else {}
    if stored and (stored["agency"], stored["instance"]) != (wanted.agency, wanted.instance):
        raise NotEnrolled(
            f"the folder belongs to {stored['agency']}.{stored['instance']}: choose another with ADAPTER_DATA"
        )
    if not stored or wanted.renews:
        fresh = {name: random_bytes(KEY_BYTES).hex() for name in ("signing", "sealing", "tls")}
        if stored:
            fresh["sealing"] = stored["sealing"]
        elif wanted.sealing is not None:
            fresh["sealing"] = wanted.sealing.secret.hex()
        write_for_owner(path, json.dumps({"agency": wanted.agency, "instance": wanted.instance, **fresh}))
    own = load_own_keys(folder)
    pem = own.tls.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    write_for_owner(folder / TLS_KEY, pem)
    return own


def load_own_keys(folder: Path) -> OwnKeys:
    path = folder / OWN_KEYS
    if not path.exists():
        raise NotEnrolled(f"there is no {OWN_KEYS} in ADAPTER_DATA: run `adapter enrol --agency NAME` first")
    stored = _read_own(path)
    signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(stored["signing"]))
    key_id = key_id_of(stored["instance"], signing.public_key().public_bytes_raw())
    return OwnKeys(
        agency=stored["agency"],
        instance=stored["instance"],
        signing=SigningKey(key_id=key_id, private=signing),
        sealing=SealingKey(secret=bytes.fromhex(stored["sealing"])),
        tls=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(stored["tls"])),
    )


def write_enrolment(folder: Path, own: OwnKeys) -> Path:
    """The public parts, for the court."""
    enrolment = Enrolment(
        agency=own.agency,
        instance=own.instance,
        signing=PublicKey.of(own.signing.verifying),
        sealing_public=own.sealing.public.hex(),
        certificate_request=make_request(own.holder, own.tls),
    )
    path = folder / ENROLMENT
    write_for_owner(path, enrolment.model_dump_json(indent=2))
    return path


def store_credential(folder: Path, text: str) -> Identity:
    """Keep what the court answered, if it is for the keys of this folder."""
    own = load_own_keys(folder)
    credential, certificate = _read_credential(text, own)
    write_for_owner(folder / TLS_CERTIFICATE, credential.certificate)
    write_for_owner(folder / CREDENTIAL, credential.model_dump_json(indent=2))
    return _identity(folder, own, credential, certificate)


def load_identity(folder: Path) -> Identity:
    """The enrolled instance of a folder; raises NotEnrolled."""
    own = load_own_keys(folder)
    path = folder / CREDENTIAL
    if not path.exists():
        raise NotEnrolled(
            f"there is no {CREDENTIAL} in ADAPTER_DATA: give {ENROLMENT} to the court, then store its answer "
            f"with `adapter enrol --credential {CREDENTIAL}`"
        )
    credential, certificate = _read_credential(path.read_text(encoding="utf-8"), own)
    return _identity(folder, own, credential, certificate)


def _identity(folder: Path, own: OwnKeys, credential: Credential, certificate: x509.Certificate) -> Identity:
    return Identity(
        folder=folder, own=own, credential=credential, valid_until=certificate.not_valid_after_utc
    )


def _read_own(path: Path) -> dict[str, str]:
    return {str(name): str(value) for name, value in json.loads(path.read_text()).items()}


def _read_credential(text: str, own: OwnKeys) -> tuple[Credential, x509.Certificate]:
    try:
        credential = Credential.model_validate_json(text)
        certificate = x509.load_pem_x509_certificate(credential.certificate.encode())
        holder = holder_in(certificate.public_bytes(Encoding.DER))
    except ValidationError as error:
        faults = "; ".join(f"{one.field} {one.message}" for one in field_problems(error))
        raise NotEnrolled(f"the credential is not as the court wrote it ({faults}); ask anew") from None
    except (ValueError, CertificateRefused):
        raise NotEnrolled("the credential's certificate is not readable: ask the court for it anew") from None
    is_ours = (credential.agency, credential.instance) == (own.agency, own.instance) and holder == own.holder
    if not is_ours or certificate.public_key() != own.tls.public_key():
        raise NotEnrolled(
            f"the credential is for other keys than this folder's: give the newest {ENROLMENT} to the court "
            "and store what it answers"
        )
    return credential, certificate


def write_for_owner(path: Path, text: str) -> None:
    """Write a file that only its owner may read; whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=OWNERS_FOLDER)
    whole = path.with_name(f"{path.name}.new")
    whole.unlink(missing_ok=True)
    with os.fdopen(os.open(whole, os.O_CREAT | os.O_WRONLY | os.O_EXCL, OWNER_ONLY), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    whole.replace(path)
