"""The authorities: a root that is carried away after its one use, and the issuing authority that works every day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from core.errors import ConfigurationError
from db.edge import KeptOut
from edge.certificates import (
    build_device,
    build_issuing,
    build_revocation_list,
    build_root,
    build_server,
    build_ven_authority,
    pem,
)
from edge.files import PUBLIC, private_folder, write_file
from edge.keys import Key, new_key, read_key, write_key

#: Files of the root's folder, which needs to be at hand only to make another issuing authority.
ROOT_CERTIFICATE, ROOT_KEY = "root.pem", "root.key"
#: Files of the issuing authority's folder.
CHAIN, ISSUING_KEY = "issuing.pem", "issuing.key"
SHORTEST_PASSPHRASE: Final = 12
#: Folder of the VENs' authority, in the issuing authority's.
VENS: Final = "vens"


@dataclass(frozen=True, slots=True)
class Authority:
    """The issuing authority: signs gateways, the broker and revocation lists.

    Attributes
    ----------
    folder : Path
        Where it is kept.
    certificate, root : Certificate
        Its certificate, and the root's that signed it.
    """

    folder: Path
    certificate: x509.Certificate
    root: x509.Certificate
    _key: Key

    @classmethod
    def open(cls, folder: Path, now: datetime) -> Self:
        """Open the issuing authority; the root's folder is not needed.

        Raises
        ------
        ConfigurationError
            ``authority_missing``, ``authority_expired``, ``authority_unreadable`` or `read_key`'s.
        """
        file = folder / CHAIN
        if not file.exists():
            raise ConfigurationError(
                "authority_missing", f"There is no issuing authority in {folder}: make one with `somel pki init`."
            )
        try:
            certificate, root = x509.load_pem_x509_certificates(file.read_bytes())
        except ValueError as error:
            raise ConfigurationError("authority_unreadable", f"{file} does not hold two certificates.") from error
        if now >= certificate.not_valid_after_utc:
            raise ConfigurationError(
                "authority_expired",
                f"The issuing authority expired on {certificate.not_valid_after_utc:%Y-%m-%d}: make another from the "
                "root with `somel pki init --renew-issuing`.",
            )
        return cls(folder, certificate, root, read_key(folder / ISSUING_KEY))

    @property
    def chain(self) -> bytes:
        """The certificates above a device's, in PEM: the issuing authority's, then the root's."""
        return pem(self.certificate, self.root)

    def sign_device(
        self, public_key: CertificatePublicKeyTypes, gateway: str, now: datetime, days: int
    ) -> x509.Certificate:
        """Return a certificate for a gateway's key."""
        return build_device(public_key, gateway, self.certificate, self._key, now, days)

    def sign_server(
        self, public_key: CertificatePublicKeyTypes, hosts: Sequence[str], now: datetime
    ) -> x509.Certificate:
        """Return a certificate for a broker's key."""
        return build_server(public_key, hosts, self.certificate, self._key, now)

    def revocation_list(self, kept_out: Sequence[KeptOut], now: datetime) -> bytes:
        """Return the revocation list, in PEM."""
        return pem(build_revocation_list(kept_out, self.certificate, self._key, now))

    def has_signed_list(self, text: bytes) -> bool:
        """Tell whether a text is a revocation list, in PEM, of this authority."""
        try:
            return x509.load_pem_x509_crl(text).is_signature_valid(self.certificate.public_key())  # type: ignore[arg-type]
        except ValueError:
            return False


def make_authorities(root_folder: Path, folder: Path, *, name: str, passphrase: str, now: datetime) -> Authority:
    """Make a root and an issuing authority under it; return the latter.

    Raises
    ------
    ConfigurationError
        ``authority_exists`` when there is one in either folder, or ``passphrase_short``.
    """
    for place, file in ((root_folder, ROOT_KEY), (folder, ISSUING_KEY)):
        if (place / file).exists():
            raise ConfigurationError(
                "authority_exists", f"{place / file} is there already; nothing was changed. Choose other folders."
            )
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise ConfigurationError(
            "passphrase_short", f"The root's passphrase must have at least {SHORTEST_PASSPHRASE} characters."
        )
    key = new_key()
    root = build_root(key, f"{name} root", now)
    private_folder(root_folder)
    write_key(root_folder / ROOT_KEY, key, passphrase)
    write_file(root_folder / ROOT_CERTIFICATE, pem(root), PUBLIC)
    return renew_issuing(root_folder, folder, name=name, passphrase=passphrase, now=now)


def renew_issuing(root_folder: Path, folder: Path, *, name: str, passphrase: str, now: datetime) -> Authority:
    """Make an issuing authority with a new key under an existing root, in place of the one there was; return it.

    Raises
    ------
    ConfigurationError
        ``key_missing`` or ``passphrase_wrong``.
    """
    root_key = read_key(root_folder / ROOT_KEY, passphrase)
    root = x509.load_pem_x509_certificate((root_folder / ROOT_CERTIFICATE).read_bytes())
    key = new_key()
    # Its name says when it was made: two with one name and different keys would be mistaken for each other.
    issuing = build_issuing(key, f"{name} issuing {now:%Y-%m-%dT%H:%M:%SZ}", root, root_key, now)
    private_folder(folder)
    write_key(folder / ISSUING_KEY, key)
    write_file(folder / CHAIN, pem(issuing, root), PUBLIC)
    return Authority(folder, issuing, root, key)


def ven_authority(folder: Path, now: datetime) -> Authority:
    """Open the authority of OpenADR's VENs beside the issuing one; make it where there is none yet.

    It stands under no root: nobody believes it but our own broker, at the VENs' door.

    Parameters
    ----------
    folder : Path
        Of the issuing authority, which has to be there.

    Raises
    ------
    ConfigurationError
        As `Authority.open`.
    """
    own = folder / VENS
    if not (own / CHAIN).exists():
        name = Authority.open(folder, now).root.subject.rfc4514_string().removeprefix("CN=")
        key = new_key()
        certificate = build_ven_authority(key, f"{name} of OpenADR VENs", now)
        private_folder(own)
        write_key(own / ISSUING_KEY, key)
        write_file(own / CHAIN, pem(certificate, certificate), PUBLIC)
    return Authority.open(own, now)
