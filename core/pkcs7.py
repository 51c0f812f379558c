"""The one door to detached signatures with certificates (PKCS 7, RFC 2315; CMS, RFC 5652). Pure: no input or output."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from core.errors import InputError


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """Hold a certificate, its key, and the certificate that signs it.

    Attributes
    ----------
    user_id, unit, organisation : str
        Of the certificate's subject (UID, OU and O); empty where it has none.
    not_before, not_after : datetime
        When the certificate is valid.
    """

    certificate: x509.Certificate
    key: RSAPrivateKey | EllipticCurvePrivateKey
    intermediate: x509.Certificate
    user_id: str
    unit: str
    organisation: str
    not_before: datetime
    not_after: datetime


def read_signer(certificate: bytes, key: bytes, intermediate: bytes, passphrase: str | None = None) -> Signer:
    """Read who signs.

    Parameters
    ----------
    certificate, intermediate : bytes
        In PEM or DER.
    key : bytes
        Private key in PEM, RSA or elliptic curve.
    passphrase : str, optional
        Of the key.

    Raises
    ------
    InputError
        ``signer_unreadable``, or ``signer_mismatched`` where they do not belong together.
    """
    try:
        own, above = _certificate(certificate), _certificate(intermediate)
        private = serialization.load_pem_private_key(key, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        message = "A certificate or its key cannot be read: they are PEM or DER, the key PEM and under its passphrase."
        raise InputError("signer_unreadable", message) from error
    if not isinstance(private, RSAPrivateKey | EllipticCurvePrivateKey):
        raise InputError("signer_unreadable", "The key has to be RSA or of an elliptic curve.")
    if _spki(private.public_key()) != _spki(own.public_key()):
        raise InputError("signer_mismatched", "The key is not the certificate's.")
    if own.issuer != above.subject:
        raise InputError("signer_mismatched", "The intermediate certificate did not sign the certificate.")
    return Signer(
        own,
        private,
        above,
        user_id=_named(own, NameOID.USER_ID),
        unit=_named(own, NameOID.ORGANIZATIONAL_UNIT_NAME),
        organisation=_named(own, NameOID.ORGANIZATION_NAME),
        not_before=own.not_valid_before_utc,
        not_after=own.not_valid_after_utc,
    )


def sign_detached(content: bytes, signer: Signer) -> bytes:
    """Return a detached signature of content in DER: SHA-256, with the time, both certificates inside."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(signer.certificate, signer.key, hashes.SHA256()).add_certificate(signer.intermediate)
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
    return builder.sign(serialization.Encoding.DER, options)


def _certificate(given: bytes) -> x509.Certificate:
    if b"-----BEGIN" in given:
        return x509.load_pem_x509_certificate(given)
    return x509.load_der_x509_certificate(given)


def _spki(key: object) -> bytes:
    encode = key.public_bytes  # type: ignore[attr-defined]  # every kind of public key has it
    written: bytes = encode(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return written


def _named(certificate: x509.Certificate, name: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(name)
    return str(found[0].value) if found else ""
