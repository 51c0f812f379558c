"""Services that holders joined, at each of which they are a random number."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row, stored
from db.statements import statements

_SQL: Final = statements("joined")


@dataclass(frozen=True, slots=True)
class Joined:
    """Describe a service that a holder uses, and as whom."""

    subject_id: UUID
    service_id: int
    service: str
    title: str
    kind: Literal["public", "tourism"]
    proof: Literal["device", "token", "serial"]
    joined_on: date
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """Name who a holder is to a service."""

    subject_id: UUID


async def joined_of(connection: Connection, holder_id: UUID) -> list[Joined]:
    """Return the services that a holder uses."""
    return await all_rows(connection, Joined, _SQL["joined_of"], {"holder_id": holder_id})


async def insert_subject(connection: Connection, holder_id: UUID, service_id: int, *, today: date) -> UUID:
    """Store that a holder joined a service, and return who they are to it."""
    facts = {"holder_id": holder_id, "service_id": service_id, "today": today}
    made = await one_row(connection, Subject, _SQL["insert_subject"], facts)
    return stored(made).subject_id


async def is_barred(connection: Connection, holder_id: UUID, service_id: int) -> bool:
    """Tell whether a service blocked a holder, also one who left since."""
    facts = {"holder_id": holder_id, "service_id": service_id}
    return await one_row(connection, Subject, _SQL["is_barred"], facts) is not None


async def leave_subject(connection: Connection, subject_id: UUID, *, today: date) -> None:
    """Store that a holder left a service, and end their rights there."""
    async with translated_errors():
        await connection.execute(_SQL["leave_subject"], {"subject_id": subject_id, "today": today})
        await connection.execute(_SQL["end_rights"], {"subject_id": subject_id})
