"""What a simulated device does for its identity: makes a key, asks for a certificate, keeps both."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from edge.authority import Authority
from edge.files import PUBLIC, write_file
from edge.keys import Key, new_key, write_key


@dataclass(frozen=True, slots=True)
class DeviceFiles:
    """The files of one device in a folder of many: ``<name>.pem``, with the chain, and ``<name>.key``."""

    certificate: Path
    key: Path

    @classmethod
    def of(cls, folder: Path, name: str) -> Self:
        """Return the files of a device."""
        return cls(folder / f"{name}.pem", folder / f"{name}.key")

    def are_good(self, authority: Authority, now: datetime) -> bool:
        """Tell whether both files are there, and the certificate is the authority's and not expired."""
        if not (self.certificate.exists() and self.key.exists()):
            return False
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            certificate.verify_directly_issued_by(authority.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return now < certificate.not_valid_after_utc

    def keep(self, key: Key, certificate: str) -> None:
        """Write a key, for its owner alone, and then the certificate for it."""
        self.certificate.unlink(missing_ok=True)  # never a certificate beside another one's key
        write_key(self.key, key)
        write_file(self.certificate, certificate.encode(), PUBLIC)


def new_request(name: str) -> tuple[Key, str]:
    """Return a new key, and a signing request for it in PEM."""
    key = new_key()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    return key, request.public_bytes(Encoding.PEM).decode()
