"""Rights are derived: when a holder joins a service, when what a desk saw changes, and every month again.

Every bound of a right is the first of a month, so between two of them nothing changes by itself: the job derives what
was not derived in this month yet. A right that is lost before the day until which it was promised is in tokens already;
they are revoked, and the holder's phone fetches others.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.errors import NotFoundError
from db import pass_desks, pass_services
from db import pass_rights as store
from db.connection import Connection, Role
from db.pass_rights import Attestation, Entitlement, SubjectOf
from db.pass_tokens import Whose
from enjoy.acting import Connect
from enjoy.passes.conditions import Condition, read_condition
from enjoy.passes.listing import set_statuses_by_night
from enjoy.passes.rights import GRACE, Evidence, holds_until, midnight_of, month_after, today_of
from enjoy.reader.status import REVOKED

_STEP: Final = 500


@dataclass(frozen=True, slots=True)
class Derived:
    """Tell what came of a derivation.

    Attributes
    ----------
    subjects : int
        Subjects whose rights were derived.
    lost : tuple of UUID
        Subjects that lost a right before the day until which it was promised.
    """

    subjects: int
    lost: tuple[UUID, ...]


async def derive_subject(connection: Connection, subject_id: UUID, *, now: datetime) -> Derived:
    """Derive the rights of a holder at one service; call it when they join."""
    return await _derive(connection, await store.hold_subjects(connection, subject_id=subject_id), now)


async def derive_holder(connection: Connection, holder_id: UUID, *, now: datetime) -> Derived:
    """Derive the rights of a holder at every service that they use; call it when what desks saw has changed."""
    return await _derive(connection, await store.hold_subjects(connection, holder_id=holder_id), now)


async def derive_due(lend: Connect, *, now: datetime) -> int:
    """Derive what was not derived in this month yet, in small transactions, and return how many that was.

    What counts no more is forgotten. The time has to be the wall's, whatever the platform replays.
    """
    count, today = 0, today_of(now)
    while True:
        async with lend(Role.ENJOY_PASS) as connection:
            due = await store.hold_due(connection, before=month_after(today, 0), limit=_STEP)
            count += (await _derive(connection, due, now)).subjects
            if len(due) < _STEP:
                await store.forget_evidence(connection, before=month_after(today, 0) - GRACE)
                await pass_desks.forget_desks(connection, now=now)
                return count


async def withdraw(connection: Connection, holder_id: UUID, attestation_id: UUID, *, now: datetime) -> str:
    """Forget what a desk saw, because its holder wants it so, and end the rights that followed; return its kind.

    Raises
    ------
    NotFoundError
        ``attestation_unknown``: there is none, or it is another holder's.
    """
    kind = await store.delete_attestation(connection, holder_id, attestation_id)
    if kind is None:
        raise NotFoundError("attestation_unknown", "There is no such attestation.")
    await derive_holder(connection, holder_id, now=now)
    return kind


async def _derive(connection: Connection, subjects: Sequence[SubjectOf], now: datetime) -> Derived:
    """Derive the rights of subjects that the transaction holds."""
    if not subjects:
        return Derived(0, ())
    today, keys = today_of(now), [one.subject_id for one in subjects]
    wanted = await _wanted(connection, subjects, now)
    before = await store.entitlements_of(connection, keys)
    rights = [(subject_id, number, until) for (subject_id, number), until in wanted.items()]
    gone = [(one.subject_id, one.number) for one in before if (one.subject_id, one.number) not in wanted]
    await store.put_entitlements(connection, rights, valid_from=midnight_of(today), today=today)
    await store.delete_entitlements(connection, gone)
    await store.mark_derived(connection, keys, today=today)
    lost = tuple(dict.fromkeys(one.subject_id for one in before if _is_lost(one, wanted, now)))
    for subject_id in lost:  # a subject that its service blocked stays blocked
        await set_statuses_by_night(connection, Whose(subject_id=subject_id), REVOKED, now=now)
    return Derived(len(subjects), lost)


def _is_lost(before: Entitlement, wanted: dict[tuple[UUID, int], datetime], now: datetime) -> bool:
    until = wanted.get((before.subject_id, before.number))
    return before.valid_until > now and (until is None or until < before.valid_until)


async def _wanted(
    connection: Connection, subjects: Sequence[SubjectOf], now: datetime
) -> dict[tuple[UUID, int], datetime]:
    """Return until when which rights hold, by subject and number."""
    today = today_of(now)
    metropolis = frozenset(await pass_services.communes(connection))
    seen: defaultdict[UUID, list[Attestation]] = defaultdict(list)
    for one in await store.attestations_of(connection, {subject.holder_id for subject in subjects}):
        seen[one.holder_id].append(one)
    conditions: defaultdict[int, list[tuple[int, Condition]]] = defaultdict(list)
    for kind in await pass_services.kinds_of(connection, {subject.service_id for subject in subjects}):
        if kind.ended_on is None:
            conditions[kind.service_id].append((kind.number, read_condition(kind.condition)))
    ends = {
        (subject.subject_id, number): holds_until(
            condition, evidence_of(seen[subject.holder_id]), metropolis=metropolis, today=today
        )
        for subject in subjects
        for number, condition in conditions[subject.service_id]
    }
    return {key: midnight_of(end) for key, end in ends.items() if end is not None}


def evidence_of(attestations: Sequence[Attestation]) -> Evidence:
    """Return what desks saw of one holder, as the derivation takes it."""
    of = {one.kind: one for one in attestations}
    residence, birth, social = of.get("residence"), of.get("birth"), of.get("social_tariff")
    return Evidence(
        insee_code=residence.insee_code if residence else None,
        residence_until=residence.valid_until if residence else None,
        born_on=birth.born_on if birth else None,
        quotient_below_eur=social.quotient_below_eur if social else None,
        quotient_until=social.valid_until if social else None,
    )
