"""How a gateway comes by a certificate, keeps one, and loses it."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from core.errors import ForbiddenError, InputError, NotFoundError
from db import edge as store
from db.connection import Connection
from db.edge import EdgeGateway
from edge.authority import Authority
from edge.certificates import pem, serial_of
from edge.requests import check_signature, read_certificate, read_request

CODE_HOURS: Final = 72
DEVICE_DAYS: Final = 90
_CODE_BYTES: Final = 15  # 120 bits: 24 characters in six groups
_WRONG_CODES: Final = 5
#: Names that the platform's own sessions and accounts have at the broker.
_RESERVED: Final = re.compile(r"(ingest|observer|openadr|operator|somel)([-.].*)?", re.IGNORECASE)
_REFUSED: Final = "Enrolment is refused. The operator finds the reason with `somel pki events`."


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A certificate that was issued, with the authorities above it, all in PEM."""

    certificate: str
    chain: str
    expires_at: datetime


async def make_code(connection: Connection, gateway_name: str, *, now: datetime, hours: int = CODE_HOURS) -> str:
    """Make the one-time code with which a gateway asks for its first certificate; only its hash is kept.

    Raises
    ------
    NotFoundError
        ``gateway_not_registered``.
    InputError
        ``gateway_name_reserved``.
    """
    gateway = await store.gateway_of(connection, gateway_name)
    _require_free(gateway.name)
    code = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    expires_at = now + timedelta(hours=hours)
    await store.put_code(connection, gateway, _hash(code), at=now, expires_at=expires_at)
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


async def enrol(
    connection: Connection,
    authority: Authority,
    *,
    gateway_name: str,
    code: str,
    request: str,
    now: datetime,
    days: int = DEVICE_DAYS,
) -> Enrolled:
    """Give a gateway its certificate for a one-time code and a signing request. Committed by the caller.

    Raises
    ------
    ForbiddenError
        ``enrolment_refused``, the same for every reason, so that nobody learns which names and codes there are; the
        reason is written down and committed.
    InputError
        `read_request`'s, before the code is looked at: a mistake in the request does not use it up.
    """
    asked = read_request(request)
    try:
        gateway = await store.gateway_of(connection, gateway_name)
    except NotFoundError:
        await _refuse(connection, gateway_name, "no such gateway is registered")
    fault = await _code_fault(connection, gateway, code, now)
    if fault:
        await _refuse(connection, gateway.name, fault)
    await store.use_code(connection, gateway, at=now)
    certificate = authority.sign_device(asked.public_key(), gateway.name, now, days)
    return await _issue(connection, authority, gateway, certificate, now, "enrolled")


async def renew(
    connection: Connection,
    authority: Authority,
    *,
    certificate: str,
    request: str,
    signature: bytes,
    now: datetime,
    days: int = DEVICE_DAYS,
) -> Enrolled:
    """Give a gateway its next certificate, on the word of its present one. Committed by the caller.

    Parameters
    ----------
    certificate : str
        The present certificate, still valid, in PEM.
    request : str
        Signing request for the next one, in PEM; its key may be a new one.
    signature : bytes
        Over the request in DER, by the present certificate's key.

    Raises
    ------
    ForbiddenError
        ``enrolment_refused``, whatever the reason.
    InputError
        ``certificate_unreadable`` or `read_request`'s.
    """
    asked, present = read_request(request), read_certificate(certificate)
    name = _common_name(present)
    issued = {row.sha256: row for row in await store.certificates(connection, name)}
    known = issued.get(present.fingerprint(SHA256()))
    if known is None:
        await _refuse(connection, name, "the certificate is none of ours")
    try:
        check_signature(present.public_key(), signature, asked.public_bytes(Encoding.DER))
    except ForbiddenError as error:
        await _refuse(connection, name, error.message)
    if known.revoked_at or known.quarantined_at or now >= known.expires_at:
        await _refuse(connection, name, "the certificate is revoked, expired or of a gateway in quarantine")
    gateway = await store.gateway_of(connection, name)
    fresh = authority.sign_device(asked.public_key(), gateway.name, now, days)
    return await _issue(connection, authority, gateway, fresh, now, "renewed")


async def revoke(connection: Connection, gateway_name: str, *, reason: str, now: datetime) -> int:
    """Revoke all certificates of a gateway and put it into quarantine, for open connections outlive a revocation.

    Raises
    ------
    NotFoundError
        ``gateway_not_registered``.
    """
    gateway = await store.gateway_of(connection, gateway_name)
    count = await store.revoke_certificates(connection, gateway, reason=reason, at=now)
    await store.quarantine(connection, gateway_name, reason=f"Its certificates were revoked: {reason}.", at=now)
    return count


async def _code_fault(connection: Connection, gateway: EdgeGateway, code: str, now: datetime) -> str:
    """Return what is wrong with a code, nothing when it is right; its row is locked until the transaction ends."""
    known = await store.take_code(connection, gateway)
    if known is None:
        return "no code was made for it"
    is_wrong = not hmac.compare_digest(known.code_sha256, _hash(code))
    if is_wrong:
        await store.count_wrong_code(connection, gateway)
    faults = (
        (gateway.quarantined_at is not None, "the gateway is in quarantine"),
        (known.used_at is not None, "the code was used already"),
        (now >= known.expires_at, "the code has expired"),
        (known.wrong_count >= _WRONG_CODES, "the code is void after too many wrong ones"),
        (is_wrong, "the code is wrong"),
    )
    return next((text for applies, text in faults if applies), "")


async def _issue(
    connection: Connection,
    authority: Authority,
    gateway: EdgeGateway,
    certificate: x509.Certificate,
    now: datetime,
    action: str,
) -> Enrolled:
    serial = serial_of(certificate)
    await store.add_certificate(
        connection,
        gateway,
        serial=serial,
        sha256=certificate.fingerprint(SHA256()),
        valid_from=certificate.not_valid_before_utc,
        expires_at=certificate.not_valid_after_utc,
        at=now,
    )
    await store.note(connection, action, gateway.name, f"certificate {serial}")
    return Enrolled(pem(certificate).decode(), authority.chain.decode(), certificate.not_valid_after_utc)


async def _refuse(connection: Connection, gateway_name: str, fault: str) -> NoReturn:
    await store.note(connection, "refused", gateway_name, fault)
    await connection.commit()  # the error must not undo what was written down
    raise ForbiddenError("enrolment_refused", _REFUSED)


def _require_free(name: str) -> None:
    if _RESERVED.fullmatch(name):
        raise InputError("gateway_name_reserved", f"{name!r} is a name of the platform itself; rename the gateway.")


def _hash(code: str) -> bytes:
    return hashlib.sha256(re.sub(r"[\s-]", "", code).upper().encode()).digest()


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
