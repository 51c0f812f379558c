"""Who gateways are: enrolment codes, certificates, quarantine, and what was done about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import NotFoundError
from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row, run
from db.statements import statements

_SQL: Final = statements("edge")


@dataclass(frozen=True, slots=True)
class EdgeGateway:
    """A registered gateway; in quarantine since `quarantined_at`, for a reason, where that is not None."""

    gateway_id: int
    name: str
    quarantined_at: datetime | None
    quarantine_reason: str | None


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """What is kept of a gateway's one-time code."""

    code_sha256: bytes
    expires_at: datetime
    wrong_count: int
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate of a gateway; `serial` is hexadecimal."""

    serial: str
    gateway_name: str
    sha256: bytes
    valid_from: datetime
    expires_at: datetime
    issued_at: datetime
    revoked_at: datetime | None
    revocation_reason: str | None
    quarantined_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A certificate that the revocation list names, since when and for which reason of RFC 5280."""

    serial: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class EdgeEvent:
    """What was done, or attempted in vain, with a gateway's identity."""

    happened_at: datetime
    action: str
    gateway_name: str
    detail: str


async def gateway_of(connection: Connection, name: str) -> EdgeGateway:
    """Return a registered gateway.

    Raises
    ------
    NotFoundError
        ``gateway_not_registered``.
    """
    gateway = await one_row(connection, EdgeGateway, _SQL["gateway_by_name"], {"name": name})
    if gateway is None:
        raise NotFoundError("gateway_not_registered", f"No gateway {name!r} is registered.", gateway=name)
    return gateway


async def quarantine(connection: Connection, name: str, *, reason: str, at: datetime) -> None:
    """Keep a gateway out from now on; of one that is out already, change the reason. Committed by the caller.

    Raises
    ------
    NotFoundError
        ``gateway_not_registered``.
    """
    gateway = await gateway_of(connection, name)
    await run(connection, _SQL["set_quarantine"], gateway_id=gateway.gateway_id, reason=reason, at=at)
    await note(connection, "quarantined", name, reason)


async def release(connection: Connection, name: str) -> bool:
    """Let a gateway in again; tell whether it was in quarantine. Committed by the caller.

    Raises
    ------
    NotFoundError
        ``gateway_not_registered``.
    """
    gateway = await gateway_of(connection, name)
    if gateway.quarantined_at is None:
        return False
    await run(connection, _SQL["end_quarantine"], gateway_id=gateway.gateway_id)
    await note(connection, "released", name, gateway.quarantine_reason or "")
    return True


async def quarantined(connection: Connection) -> list[EdgeGateway]:
    """Return the gateways in quarantine, by name."""
    return await all_rows(connection, EdgeGateway, _SQL["quarantined"])


async def put_code(
    connection: Connection, gateway: EdgeGateway, code_sha256: bytes, *, at: datetime, expires_at: datetime
) -> None:
    """Give a gateway a one-time code in place of what it had."""
    fields = {"gateway_id": gateway.gateway_id, "code_sha256": code_sha256, "at": at, "expires_at": expires_at}
    await run(connection, _SQL["put_code"], **fields)
    await note(connection, "code_made", gateway.name, f"valid until {expires_at:%Y-%m-%dT%H:%M:%SZ}")


async def take_code(connection: Connection, gateway: EdgeGateway) -> EnrolmentCode | None:
    """Return and lock a gateway's code, if it has one."""
    return await one_row(connection, EnrolmentCode, _SQL["take_code"], {"gateway_id": gateway.gateway_id})


async def use_code(connection: Connection, gateway: EdgeGateway, *, at: datetime) -> None:
    """Note that a code was used; it is not accepted again."""
    await run(connection, _SQL["use_code"], gateway_id=gateway.gateway_id, at=at)


async def count_wrong_code(connection: Connection, gateway: EdgeGateway) -> None:
    """Note that somebody gave a wrong code for a gateway."""
    await run(connection, _SQL["count_wrong_code"], gateway_id=gateway.gateway_id)


async def add_certificate(
    connection: Connection,
    gateway: EdgeGateway,
    *,
    serial: str,
    sha256: bytes,
    valid_from: datetime,
    expires_at: datetime,
    at: datetime,
) -> None:
    """Keep the facts of a certificate that is about to be handed out."""
    facts = {"serial": serial, "sha256": sha256, "valid_from": valid_from, "expires_at": expires_at, "at": at}
    await run(connection, _SQL["add_certificate"], gateway_id=gateway.gateway_id, **facts)


async def revoke_certificates(connection: Connection, gateway: EdgeGateway, *, reason: str, at: datetime) -> int:
    """Revoke all valid certificates of a gateway; return how many there were."""
    parameters = {"gateway_id": gateway.gateway_id, "reason": reason, "at": at}
    async with translated_errors():
        count = (await connection.execute(_SQL["revoke_certificates"], parameters)).rowcount
    await note(connection, "revoked", gateway.name, f"{count} certificates: {reason}")
    return count


async def certificates(connection: Connection, gateway_name: str | None = None) -> list[IssuedCertificate]:
    """Return certificates by gateway and age, of one gateway or of all."""
    return await all_rows(connection, IssuedCertificate, _SQL["certificates"], {"gateway_name": gateway_name})


async def kept_out(connection: Connection, *, at: datetime) -> Sequence[KeptOut]:
    """Return what the revocation list has to name at a time."""
    return await all_rows(connection, KeptOut, _SQL["kept_out"], {"at": at})


async def note(connection: Connection, action: str, gateway_name: str, detail: str) -> None:
    """Write down what was done, or attempted in vain."""
    await run(
        connection, _SQL["note_edge_event"], action=action, gateway_name=gateway_name[:200], detail=detail[:1_000]
    )


async def edge_events(connection: Connection, gateway_name: str | None = None, *, limit: int = 50) -> list[EdgeEvent]:
    """Return the newest events, of one gateway or of all, newest first."""
    parameters = {"gateway_name": gateway_name, "row_limit": limit}
    return await all_rows(connection, EdgeEvent, _SQL["edge_events"], parameters)
