"""Certificates by which OpenADR's VENs come to the broker: issued, listed, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import NotFoundError
from db.connection import Connection, translated_errors
from db.edge import KeptOut
from db.rows import all_rows, one_row
from db.statements import statements

_SQL: Final = statements("openadr_certificates")


@dataclass(frozen=True, slots=True)
class NamedVen:
    """A VEN object: its identity and its name."""

    ven_id: str
    name: str


@dataclass(frozen=True, slots=True)
class VenCertificate:
    """A certificate of a VEN; `is_known` says whether its object is still there."""

    serial: str
    ven_id: str
    ven_name: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    is_known: bool


async def ven_by_name(connection: Connection, name: str) -> NamedVen:
    """Return a VEN object.

    Raises
    ------
    NotFoundError
        ``ven_unknown``.
    """
    return _there(await one_row(connection, NamedVen, _SQL["ven_by_name"], {"name": name}), name)


async def ven_by_id(connection: Connection, ven_id: str) -> NamedVen:
    """Return a VEN object.

    Raises
    ------
    NotFoundError
        ``ven_unknown``.
    """
    return _there(await one_row(connection, NamedVen, _SQL["ven_by_id"], {"ven_id": ven_id}), ven_id)


async def add_certificate(
    connection: Connection,
    ven: NamedVen,
    *,
    serial: str,
    sha256: bytes,
    valid_from: datetime,
    expires_at: datetime,
    at: datetime,
) -> None:
    """Keep the facts of a certificate that is about to be handed out."""
    facts = {"serial": serial, "sha256": sha256, "valid_from": valid_from, "expires_at": expires_at, "at": at}
    async with translated_errors():
        await connection.execute(_SQL["add_certificate"], {"ven_id": ven.ven_id, "ven_name": ven.name, **facts})


async def certificates(connection: Connection) -> list[VenCertificate]:
    """Return all certificates of VENs, by name and age."""
    return await all_rows(connection, VenCertificate, _SQL["certificates"])


async def revoke_certificates(connection: Connection, name: str, *, at: datetime) -> list[NamedVen]:
    """Revoke all valid certificates of a VEN, which may be gone; return whom they named, once for each."""
    return await all_rows(connection, NamedVen, _SQL["revoke_certificates"], {"ven_name": name, "at": at})


async def kept_out(connection: Connection, *, at: datetime) -> Sequence[KeptOut]:
    """Return what the revocation list of VENs has to name at a time."""
    return await all_rows(connection, KeptOut, _SQL["kept_out"], {"at": at})


def _there(ven: NamedVen | None, asked: str) -> NamedVen:
    if ven is None:
        raise NotFoundError("ven_unknown", f"The VTN has no VEN object {asked!r}.", ven=asked)
    return ven
