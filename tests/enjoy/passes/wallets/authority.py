"""An authority of our own that signs as Apple's does, and a service account as Google's are; for tests."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

TEAM = "ABCDE12345"
PASS_TYPE = "pass.org.example.tourism"  # noqa: S105 - a name
ISSUER = "3388000000012345678"
ACCOUNT = "wallet@example.iam.gserviceaccount.com"
#: Certificates of tests are good around the times that tests play at.
_FROM = datetime(2026, 1, 1, tzinfo=UTC)
_UNTIL = _FROM + timedelta(days=730)


@dataclass(frozen=True)
class Signing:
    """Hold files as an operator has them."""

    root: Path
    certificate: Path
    key: Path
    intermediate: Path
    root_key: Path


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def _other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _name(**parts: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(getattr(NameOID, key), value) for key, value in parts.items()])


def _certificate(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, *, is_authority: bool) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    return builder.sign(_other_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _pem(key: rsa.RSAPrivateKey, passphrase: bytes | None = None) -> bytes:
    hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


def make_signing(folder: Path, *, passphrase: bytes | None = None, user_id: str = PASS_TYPE) -> Signing:
    """Write root, intermediate and pass certificate into a folder."""
    root, above = _name(COMMON_NAME="Root of tests"), _name(COMMON_NAME="Intermediate of tests")
    subject = _name(USER_ID=user_id, COMMON_NAME=f"Pass Type ID: {user_id}", ORGANIZATIONAL_UNIT_NAME=TEAM)
    made = {
        "root.pem": _certificate(root, root, _other_key(), is_authority=True),
        "intermediate.pem": _certificate(above, root, _other_key(), is_authority=True),
        "pass.pem": _certificate(subject, above, _key(), is_authority=False),
        "pass.key": _pem(_key(), passphrase),
        "root.key": _pem(_other_key()),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    names = ("root.pem", "pass.pem", "pass.key", "intermediate.pem", "root.key")
    return Signing(*(folder / name for name in names))


def make_account(folder: Path) -> Path:
    """Write the key of a service account into a folder, as Google hands it out."""
    told = {"client_email": ACCOUNT, "private_key_id": "k1", "private_key": _pem(_key()).decode()}
    path = folder / "account.json"
    path.write_text(json.dumps({"type": "service_account"} | told))
    return path


def public_key() -> bytes:
    """Return the public key of the service account in PEM."""
    return _key().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
