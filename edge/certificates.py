"""Certificates and revocation lists (X.509, RFC 5280): what each kind says of itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from db.edge import KeptOut
from edge.keys import Key

ROOT_DAYS: Final = 20 * 365
ISSUING_DAYS: Final = 5 * 365
SERVER_DAYS: Final = 397
#: Clocks differ: what is signed now is valid from a little earlier on.
_SKEW: Final = timedelta(minutes=5)


def named(common_name: str) -> x509.Name:
    """Return a subject that consists of a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def build_root(key: Key, name: str, now: datetime) -> x509.Certificate:
    """Return the root's certificate, signed by itself."""
    builder = _begin(named(name), named(name), key.public_key(), now, ROOT_DAYS)
    return _authority(builder, path_length=1).sign(key, SHA256())


def build_ven_authority(key: Key, name: str, now: datetime) -> x509.Certificate:
    """Return the certificate of the VENs' authority, signed by itself: only our own broker has to believe it."""
    builder = _begin(named(name), named(name), key.public_key(), now, ROOT_DAYS)
    return _authority(builder, path_length=0).sign(key, SHA256())


def build_issuing(key: Key, name: str, root: x509.Certificate, root_key: Key, now: datetime) -> x509.Certificate:
    """Return the certificate of an authority under the root, which may sign devices but no further authority."""
    builder = _begin(named(name), root.subject, key.public_key(), now, ISSUING_DAYS)
    return _issued_by(_authority(builder, path_length=0), root).sign(root_key, SHA256())


def build_server(
    public_key: CertificatePublicKeyTypes,
    hosts: Sequence[str],
    issuer: x509.Certificate,
    issuer_key: Key,
    now: datetime,
) -> x509.Certificate:
    """Return a broker's certificate for host names and addresses."""
    builder = _begin(named(hosts[0]), issuer.subject, public_key, now, SERVER_DAYS, until=issuer)
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    builder = _leaf(builder, ExtendedKeyUsageOID.SERVER_AUTH).add_extension(names, critical=False)
    return _issued_by(builder, issuer).sign(issuer_key, SHA256())


def build_device(
    public_key: CertificatePublicKeyTypes,
    gateway: str,
    issuer: x509.Certificate,
    issuer_key: Key,
    now: datetime,
    days: int,
) -> x509.Certificate:
    """Return a gateway's certificate: good for being a client under its own name, and for nothing else."""
    builder = _begin(named(gateway), issuer.subject, public_key, now, days, until=issuer)
    return _issued_by(_leaf(builder, ExtendedKeyUsageOID.CLIENT_AUTH), issuer).sign(issuer_key, SHA256())


def build_revocation_list(
    kept_out: Sequence[KeptOut], issuer: x509.Certificate, issuer_key: Key, now: datetime
) -> x509.CertificateRevocationList:
    """Return the list of certificates that are no longer, or for the moment not, to be believed."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now - _SKEW)
        # The broker gets a new one whenever it changes; one that ended sooner would shut out the whole fleet.
        .next_update(issuer.not_valid_after_utc)
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1_000)), critical=False)
        .add_extension(_authority_key(issuer), critical=False)
    )
    for entry in kept_out:
        revoked = (
            x509.RevokedCertificateBuilder()
            .serial_number(int(entry.serial, 16))
            .revocation_date(entry.since)
            .add_extension(x509.CRLReason(_reason(entry.reason)), critical=False)
        )
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(issuer_key, SHA256())


def pem(*certificates: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """Return certificates or lists as PEM, one after the other."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def serial_of(certificate: x509.Certificate) -> str:
    """Return a serial number as it is stored, hexadecimal."""
    return f"{certificate.serial_number:x}"


def _begin(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    now: datetime,
    days: int,
    *,
    until: x509.Certificate | None = None,
) -> x509.CertificateBuilder:
    expires_at = now + timedelta(days=days)
    if until is not None:  # nobody outlives who signed for him
        expires_at = min(expires_at, until.not_valid_after_utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(expires_at)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _authority(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    usage = _usage(key_cert_sign=True, crl_sign=True)
    constraint = x509.BasicConstraints(ca=True, path_length=path_length)
    return builder.add_extension(constraint, critical=True).add_extension(usage, critical=True)


def _leaf(builder: x509.CertificateBuilder, purpose: x509.ObjectIdentifier) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )


def _issued_by(builder: x509.CertificateBuilder, issuer: x509.Certificate) -> x509.CertificateBuilder:
    return builder.add_extension(_authority_key(issuer), critical=False)


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _reason(name: str) -> x509.ReasonFlags:
    return x509.ReasonFlags[name]


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
