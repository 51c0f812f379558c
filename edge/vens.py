"""How a VEN of OpenADR comes by a certificate for the broker, on an operator's word or its own token, and loses it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256

from db import openadr_certificates as store
from db.audit import record
from db.connection import Connection
from db.openadr_certificates import NamedVen
from edge.authority import Authority
from edge.certificates import pem, serial_of
from edge.keys import key_pem, new_key
from edge.requests import read_request

_OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class SignedVen:
    """A certificate that was issued to a VEN, in PEM; nobody stands between it and what the broker believes."""

    certificate: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EquippedVen:
    """A certificate that was issued to a VEN, and the key that was made for it, in PEM; the key is not kept."""

    certificate: str
    key: str
    expires_at: datetime


async def sign_ven(
    connection: Connection, authority: Authority, *, ven_name: str, request: str, now: datetime, days: int
) -> SignedVen:
    """Sign a VEN's request, on an operator's word. Committed by the caller.

    Parameters
    ----------
    connection : Connection
        Of the owner.
    authority : Authority
        That of VENs.
    ven_name : str
        Name of a VEN object of the VTN; the certificate names its identity, whatever the request says.
    request : str
        Certificate signing request, PEM.
    now : datetime
        Time.
    days : int
        How long it is good for. [days]

    Raises
    ------
    NotFoundError
        ``ven_unknown``.
    InputError
        `read_request`'s.
    """
    ven = await store.ven_by_name(connection, ven_name)
    key = read_request(request).public_key()
    return await _sign(connection, authority, ven, key, now=now, days=days, actor=_OPERATOR)


async def equip_ven(
    connection: Connection, authority: Authority, *, ven_id: str, actor: str, now: datetime, days: int
) -> EquippedVen:
    """Make a key for a VEN and sign for it, as OpenADR's list of notifiers hands both out. Committed by the caller.

    Parameters
    ----------
    connection : Connection
        In the role `Role.COMPUTE`.
    authority : Authority
        That of VENs.
    ven_id : str
        A VEN object of the VTN.
    actor : str
        Who asks, for the audit.
    now : datetime
        Time.
    days : int
        How long the certificate is good for. [days]

    Raises
    ------
    NotFoundError
        ``ven_unknown``.
    """
    ven, key = await store.ven_by_id(connection, ven_id), new_key()
    signed = await _sign(connection, authority, ven, key.public_key(), now=now, days=days, actor=actor)
    return EquippedVen(signed.certificate, key_pem(key).decode(), signed.expires_at)


async def _sign(
    connection: Connection,
    authority: Authority,
    ven: NamedVen,
    key: CertificatePublicKeyTypes,
    *,
    now: datetime,
    days: int,
    actor: str,
) -> SignedVen:
    certificate = authority.sign_device(key, ven.ven_id, now, days)
    serial, expires_at = serial_of(certificate), certificate.not_valid_after_utc
    await store.add_certificate(
        connection,
        ven,
        serial=serial,
        sha256=certificate.fingerprint(SHA256()),
        valid_from=certificate.not_valid_before_utc,
        expires_at=expires_at,
        at=now,
    )
    subject, facts = f"ven/{ven.ven_id}", {"serial": serial}
    await record(connection, at=now, actor=actor, action="ven.certified", subject=subject, facts=facts)
    return SignedVen(pem(certificate).decode(), expires_at)


async def revoke_ven(connection: Connection, *, ven_name: str, now: datetime) -> list[NamedVen]:
    """Revoke the certificates of a VEN; return whom each of them named. Committed by the caller."""
    revoked = await store.revoke_certificates(connection, ven_name, at=now)
    for ven_id in sorted({ven.ven_id for ven in revoked}):
        facts = {"certificates": sum(ven.ven_id == ven_id for ven in revoked)}
        await record(connection, at=now, actor=_OPERATOR, action="ven.shut_out", subject=f"ven/{ven_id}", facts=facts)
    return revoked


async def revoked_vens(connection: Connection, authority: Authority, now: datetime) -> bytes:
    """Return the revocation list of VENs as it has to be now, in PEM."""
    return authority.revocation_list(await store.kept_out(connection, at=now), now)
