"""A device that asks for certificates: its key and its requests."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DeviceKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def request_of(key: DeviceKey, name: str = "whatever it calls itself") -> x509.CertificateSigningRequest:
    """Return a signing request for a key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    how = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, how)


def pem_of(request: x509.CertificateSigningRequest) -> str:
    """Return a request as text."""
    return request.public_bytes(Encoding.PEM).decode()


def key_text(key: DeviceKey) -> bytes:
    """Return a key as an unencrypted PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def ec_key() -> ec.EllipticCurvePrivateKey:
    """Return a key as most devices make one."""
    return ec.generate_private_key(ec.SECP256R1())
