"""Who acts for which child, and the codes that families hand on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from db.access import hash_of
from db.connection import Connection
from db.rows import all_rows, one_row, run
from db.statements import statements

_SQL: Final = statements("families")
CodeKind = Literal["guardian", "claim"]


@dataclass(frozen=True, slots=True)
class Ward:
    """Tell for whom somebody acts."""

    member: UUID
    child_id: UUID
    born_on: date | None
    label: str
    signs_in: bool


@dataclass(frozen=True, slots=True)
class Guardian:
    """Tell who acts for a child."""

    member: UUID
    guardian_id: UUID
    label: str
    began_on: date


@dataclass(frozen=True, slots=True)
class FamilyCode:
    """Tell what a code gives."""

    child_id: UUID
    kind: CodeKind
    born_on: date | None


async def insert_guardianship(connection: Connection, guardian_id: UUID, child_id: UUID, *, today: date) -> None:
    """Let somebody act for a child; once is enough."""
    await run(connection, _SQL["insert_guardianship"], guardian_id=guardian_id, child_id=child_id, today=today)


async def end_guardianship(connection: Connection, member: UUID) -> None:
    """Let a guardian no longer act for a child."""
    await run(connection, _SQL["end_guardianship"], member=member)


async def end_guardianships(connection: Connection, child_id: UUID) -> None:
    """Let nobody act for a child any more."""
    await run(connection, _SQL["end_guardianships"], child_id=child_id)


async def ward_of(connection: Connection, guardian_id: UUID, member: UUID) -> Ward | None:
    """Return the child that a guardian names so, or None."""
    return await one_row(connection, Ward, _SQL["wards_of"], {"guardian_id": guardian_id, "member": member})


async def wards_of(connection: Connection, guardian_id: UUID) -> list[Ward]:
    """Return for whom somebody acts, the oldest first."""
    return await all_rows(connection, Ward, _SQL["wards_of"], {"guardian_id": guardian_id, "member": None})


async def guardians_of(connection: Connection, child_id: UUID) -> list[Guardian]:
    """Return who acts for a child."""
    return await all_rows(connection, Guardian, _SQL["guardians_of"], {"child_id": child_id})


async def insert_family_code(
    connection: Connection, child_id: UUID, kind: CodeKind, code: str, *, expires_at: datetime
) -> None:
    """Keep the hash of a code; one of its kind that was made before is no longer taken."""
    await run(connection, _SQL["withdraw_family_codes"], child_id=child_id, kind=kind)
    facts = {"secret_sha256": hash_of(code), "child_id": child_id, "kind": kind, "expires_at": expires_at}
    await run(connection, _SQL["insert_family_code"], **facts)


async def find_family_code(connection: Connection, code: str, *, now: datetime) -> FamilyCode | None:
    """Return what a code gives, and keep others from taking it meanwhile; None where it is not open."""
    return await one_row(connection, FamilyCode, _SQL["find_family_code"], {"secret_sha256": hash_of(code), "now": now})


async def delete_family_code(connection: Connection, code: str) -> None:
    """Let a code be taken no more."""
    await run(connection, _SQL["delete_family_code"], secret_sha256=hash_of(code))


async def withdraw_family_codes(connection: Connection, child_id: UUID, kind: CodeKind) -> None:
    """Let no code of a kind be taken any more."""
    await run(connection, _SQL["withdraw_family_codes"], child_id=child_id, kind=kind)


async def forget_family_codes(connection: Connection, *, now: datetime) -> None:
    """Forget codes that are too old."""
    await run(connection, _SQL["forget_family_codes"], now=now)


async def of_age(connection: Connection, *, born_by: date) -> list[Ward]:
    """Return everybody who was born on a day or before and for whom somebody still acts, each once."""
    return await all_rows(connection, Ward, _SQL["of_age"], {"born_by": born_by})
