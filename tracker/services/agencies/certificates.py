"""The court's own certificate authority, by which court and agencies know each other on the wire.

The authority is made anew from its key at every start and is always the same, so that nothing but the key
has to be kept. What must not break: it signs for instances that the court has enrolled, and for the court's
own edge listener, nothing else.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schemas.certificates import Holder, subject_of

AUTHORITY_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)
AUTHORITY_UNTIL: Final = datetime(2049, 12, 31, tzinfo=UTC)
CREDENTIAL_FOR: Final = timedelta(days=398)
LISTENER_FOR: Final = timedelta(days=730)
"""The listener makes itself a certificate at each start; none runs for two years."""
CLOCKS_DIFFER: Final = timedelta(hours=1)
SERIAL_BYTES: Final = 19  # below the 20 of RFC 5280, whatever the first bit is
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The court as it signs certificates; make it with `authority_of`."""

    private: Ed25519PrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerCertificate:
    """What a TLS server shows, and the key by which it proves it, both in PEM."""

    certificate: str
    private: str = field(repr=False)


def authority_of(secret: bytes, court_id: str) -> Authority:
    """The authority of a court: the same for the same 32 secret bytes."""
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public = private.public_key()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, court_id),
            x509.NameAttribute(NameOID.COMMON_NAME, "debtor-tracker authority"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(_serial(hashlib.sha256(public.public_bytes_raw()).digest()[:SERIAL_BYTES]))
        .not_valid_before(AUTHORITY_FROM)
        .not_valid_after(AUTHORITY_UNTIL)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(private, None)
    )
    return Authority(private=private, certificate=certificate)


def sign_credential(
    authority: Authority, holder: Holder, public: Ed25519PublicKey, *, at: datetime, serial: bytes
) -> str:
    """The client certificate of an enrolled instance, in PEM. `serial`: 19 fresh random bytes."""
    builder = _leaf(authority, public, at=at, serial=serial, lasts=CREDENTIAL_FOR)
    signed = (
        builder.subject_name(subject_of(holder))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(authority.private, None)
    )
    return signed.public_bytes(Encoding.PEM).decode()


def sign_listener(
    authority: Authority, names: Sequence[str], *, at: datetime, chance: bytes
) -> ListenerCertificate:
    """A certificate for a listener under these host names and addresses.

    `chance`: 51 fresh random bytes, 32 for its key and 19 for its serial number.
    """
    private = Ed25519PrivateKey.from_private_bytes(chance[:KEY_BYTES])
    builder = _leaf(authority, private.public_key(), at=at, serial=chance[KEY_BYTES:], lasts=LISTENER_FOR)
    signed = (
        builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "court edge listener")]))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority.private, None)
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return ListenerCertificate(certificate=signed.public_bytes(Encoding.PEM).decode(), private=pem)


def _leaf(
    authority: Authority, public: Ed25519PublicKey, *, at: datetime, serial: bytes, lasts: timedelta
) -> x509.CertificateBuilder:
    issuer = authority.private.public_key()
    return (
        x509.CertificateBuilder()
        .issuer_name(authority.certificate.subject)
        .public_key(public)
        .serial_number(_serial(serial))
        .not_valid_before(at - CLOCKS_DIFFER)
        .not_valid_after(min(at + lasts, AUTHORITY_UNTIL))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
    )


def _serial(chance: bytes) -> int:
    return max(1, int.from_bytes(chance[:SERIAL_BYTES]))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
