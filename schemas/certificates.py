"""X.509 as court and agencies agree on it: whom a certificate names, and how an instance asks for one.

What must not break: a certificate names one instance of one agency and the signing key it was enrolled with;
once the court has registered another key for the instance, the old certificate opens nothing.
"""

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_AGENCY: Final = NameOID.ORGANIZATION_NAME
_INSTANCE: Final = NameOID.COMMON_NAME
_KEY_ID: Final = NameOID.SERIAL_NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whom a certificate names; `key_id` is of the key that signs the instance's messages."""

    agency: str
    instance: str
    key_id: str


class CertificateRefused(Exception):
    """What was given is no certificate, or no request for one, of an instance."""


def subject_of(holder: Holder) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(_AGENCY, holder.agency),
            x509.NameAttribute(_INSTANCE, holder.instance),
            x509.NameAttribute(_KEY_ID, holder.key_id),
        ]
    )


def holder_of(subject: x509.Name) -> Holder:
    """Whom the subject names; raises CertificateRefused where it does not name exactly one."""
    agency, instance, key_id = (_only(subject, oid) for oid in (_AGENCY, _INSTANCE, _KEY_ID))
    return Holder(agency=agency, instance=instance, key_id=key_id)


def _only(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = [attribute.value for attribute in subject.get_attributes_for_oid(oid)]
    if len(values) != 1 or not isinstance(values[0], str):
        raise CertificateRefused("the certificate does not name one instance of one agency")
    return values[0]


def holder_in(certificate: bytes) -> Holder:
    """Whom a certificate in DER names; who signed it is for the caller to know."""
    try:
        return holder_of(x509.load_der_x509_certificate(certificate).subject)
    except ValueError:
        raise CertificateRefused("the certificate is not readable") from None


def make_request(holder: Holder, private: Ed25519PrivateKey) -> str:
    """The request for a certificate, in PEM, signed with the TLS key it is for."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of(holder))
    return builder.sign(private, None).public_bytes(Encoding.PEM).decode()


def read_request(pem: str) -> tuple[Holder, Ed25519PublicKey]:
    """For whom a certificate is asked, and for which TLS key; raises CertificateRefused."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        public = request.public_key()
        is_signed = request.is_signature_valid
    except ValueError:
        raise CertificateRefused("the certificate request is not readable: make it anew") from None
    if not isinstance(public, Ed25519PublicKey) or not is_signed:
        raise CertificateRefused("the certificate request is not signed by its own key: make it anew")
    return holder_of(request.subject), public
