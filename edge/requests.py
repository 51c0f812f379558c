"""What devices ask with: certificate signing requests (PKCS 10), checked before anything is signed."""

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256

from core.errors import ForbiddenError, InputError

_LONGEST: Final = 16_384  # an RSA request of 4,096 bits takes 1,800 characters
_SHORTEST_RSA_BITS: Final = 2_048
_LONGEST_RSA_BITS: Final = 8_192
_CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")


def read_request(text: str) -> x509.CertificateSigningRequest:
    """Read a request, and check that who asks has the private key and that the key is strong enough.

    Of what it says of itself nothing is used but the public key: the certificate's name is the registered one.

    Raises
    ------
    InputError
        ``request_unreadable``, ``request_unproven`` or ``key_too_weak``.
    """
    try:
        request = x509.load_pem_x509_csr(text[:_LONGEST].encode())
        is_proven, key = request.is_signature_valid, request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError("request_unreadable", "The certificate signing request is not PEM of PKCS 10.") from error
    if not is_proven:
        raise InputError("request_unproven", "The request is not signed with the private key of the key it names.")
    if not is_strong(key):
        raise InputError("key_too_weak", "The key must be P-256, P-384, P-521, Ed25519 or RSA of 2,048 bits or more.")
    return request


def is_strong(key: CertificatePublicKeyTypes) -> bool:
    """Tell whether a public key is of a kind and size that is accepted."""
    if isinstance(key, rsa.RSAPublicKey):
        return _SHORTEST_RSA_BITS <= key.key_size <= _LONGEST_RSA_BITS
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name in _CURVES
    return isinstance(key, ed25519.Ed25519PublicKey)


def read_certificate(text: str) -> x509.Certificate:
    """Read a certificate in PEM.

    Raises
    ------
    InputError
        ``certificate_unreadable``.
    """
    try:
        return x509.load_pem_x509_certificate(text[:_LONGEST].encode())
    except ValueError as error:
        raise InputError("certificate_unreadable", "The certificate is not PEM of X.509.") from error


def check_signature(key: CertificatePublicKeyTypes, signature: bytes, signed: bytes) -> None:
    """Check a signature with SHA-256 (ECDSA, RSA PKCS 1 v1.5) or of Ed25519.

    Raises
    ------
    ForbiddenError
        ``signature_wrong``.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(SHA256()))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            raise ForbiddenError("signature_wrong", "A key of this kind is not accepted.")
    except InvalidSignature as error:
        raise ForbiddenError("signature_wrong", "The signature is not one of the present certificate's key.") from error
