"""What rights follow from, and the rights that were derived, as they are stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows, run
from db.statements import statements

_SQL: Final = statements("pass_rights")
EvidenceKind = Literal["residence", "birth", "social_tariff"]


@dataclass(frozen=True, slots=True)
class SubjectOf:
    """Say who a holder is to a service."""

    subject_id: UUID
    holder_id: UUID
    service_id: int


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Hold a derived right; see the comments of ``pass.entitlement``."""

    subject_id: UUID
    number: int
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Attestation:
    """Tell what a desk saw; see the comments of ``pass.attestation``. `commune` is a name."""

    attestation_id: UUID
    holder_id: UUID
    kind: EvidenceKind
    insee_code: str | None
    commune: str | None
    born_on: date | None
    quotient_below_eur: int | None
    document: str
    valid_until: date | None
    attested_on: date
    organisation: str
    organisation_title: str


@dataclass(frozen=True, slots=True)
class RightOf:
    """Tell a holder of a right at a service that they use; without times they have it not."""

    subject_id: UUID
    service: str
    service_title: str
    service_kind: str
    title: str
    condition: Any
    valid_from: datetime | None
    valid_until: datetime | None


async def derive_again(connection: Connection, service_id: int) -> None:
    """Have the rights of all who use a service derived again, by the next run of the job."""
    await run(connection, _SQL["derive_again"], service_id=service_id)


async def hold_due(connection: Connection, *, before: date, limit: int) -> list[SubjectOf]:
    """Hold subjects whose rights were derived before a day, for this transaction; those that others hold are left."""
    return await all_rows(connection, SubjectOf, _SQL["hold_due"], {"before": before, "limit": limit})


async def hold_subjects(
    connection: Connection, *, subject_id: UUID | None = None, holder_id: UUID | None = None
) -> list[SubjectOf]:
    """Hold one subject, or all of a holder's, for this transaction."""
    asked = {"subject_id": subject_id, "holder_id": holder_id}
    return await all_rows(connection, SubjectOf, _SQL["hold_subjects"], asked)


async def entitlements_of(connection: Connection, subject_ids: Iterable[UUID]) -> list[Entitlement]:
    """Return the rights of subjects, those that have ended too."""
    return await all_rows(connection, Entitlement, _SQL["entitlements_of"], {"subject_ids": list(subject_ids)})


async def put_entitlements(
    connection: Connection,
    rights: Sequence[tuple[UUID, int, datetime]],
    *,
    valid_from: datetime,
    today: date,
) -> None:
    """Store rights: subject, number, until when; one that holds keeps the time since when."""
    facts = {
        "subject_ids": [subject_id for subject_id, _, _ in rights],
        "numbers": [number for _, number, _ in rights],
        "untils": [until for _, _, until in rights],
        "valid_from": valid_from,
        "today": today,
    }
    await run(connection, _SQL["put_entitlements"], **facts)


async def delete_entitlements(connection: Connection, rights: Sequence[tuple[UUID, int]]) -> None:
    """Delete rights that hold no more: subject, number."""
    facts = {"subject_ids": [subject_id for subject_id, _ in rights], "numbers": [number for _, number in rights]}
    await run(connection, _SQL["delete_entitlements"], **facts)


async def mark_derived(connection: Connection, subject_ids: Sequence[UUID], *, today: date) -> None:
    """Note on which day rights were derived."""
    await run(connection, _SQL["mark_derived"], subject_ids=list(subject_ids), today=today)


async def attestations_of(connection: Connection, holder_ids: Iterable[UUID]) -> list[Attestation]:
    """Return what desks saw of holders, for derivation, for their holder's page and their export."""
    asked = {"holder_ids": list(holder_ids)}
    return await all_rows(connection, Attestation, _SQL["attestations_of"], asked)


async def put_attestation(connection: Connection, holder_id: UUID, **facts: object) -> None:
    """Store what a desk saw, in the place of what was of its kind."""
    await run(connection, _SQL["put_attestation"], **facts, holder_id=holder_id)


async def correct_birth(connection: Connection, holder_id: UUID, born_on: date) -> None:
    """Let what a desk saw stand for what was only said, where a day of birth was said at all."""
    await run(connection, _SQL["correct_birth"], holder_id=holder_id, born_on=born_on)


async def delete_attestation(connection: Connection, holder_id: UUID, attestation_id: UUID) -> EvidenceKind | None:
    """Forget what a desk saw; return its kind, None where there is nothing of the sort."""
    facts = {"holder_id": holder_id, "attestation_id": attestation_id}
    async with translated_errors():
        found = await (await connection.execute(_SQL["delete_attestation"], facts)).fetchone()
    return found[0] if found else None


async def forget_evidence(connection: Connection, *, before: date) -> int:
    """Forget what counted until before a day; return how much."""
    async with translated_errors():
        return (await connection.execute(_SQL["forget_evidence"], {"before": before})).rowcount


async def rights_of_holder(connection: Connection, holder_id: UUID) -> list[RightOf]:
    """Return every right at every service that a holder uses, those that they have not too."""
    return await all_rows(connection, RightOf, _SQL["rights_of_holder"], {"holder_id": holder_id})
