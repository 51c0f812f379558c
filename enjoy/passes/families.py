"""Families: guardians act for children until these are eighteen, and by then a child has a way in of their own.

A child is a holder whom nobody signs in as. From sixteen on they may have a way in: they take a claim code that a
guardian made at any time before, or that a desk gives who has seen them and their card. At majority, in Lille, nobody
acts for them any more from that moment on; a job forgets then that anybody did.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from core.errors import ConflictError, InputError, NotFoundError
from db import families as store
from db.connection import Connection, Role
from db.families import CodeKind, FamilyCode
from db.holders import hold_holder, holder_of, insert_holder
from enjoy.acting import Connect
from enjoy.passes.ages import MAJORITY, SEES_WHO_ACTS, birthday, has_reached, moment_of, today_at
from enjoy.passes.recovery import make_handed_code, read_handed_code

_log = structlog.get_logger()

INVITATION_LASTS: Final = timedelta(days=7)
#: A claim code that was made beforehand is taken until so long after majority; one of a desk is handed over at once.
_CLAIM_AGE: Final = MAJORITY + 2
DESK_CLAIM_LASTS: Final = timedelta(days=1)
_MOST_CHILDREN: Final = 20
_MOST_GUARDIANS: Final = 4


async def add_child(
    connection: Connection, guardian_id: UUID, *, label: str, born_on: date, language: str, now: datetime
) -> None:
    """Make a holder of a child, for whom the guardian acts from now on.

    Raises
    ------
    InputError
        ``not_a_child`` where they are of age, or not born yet.
    ConflictError
        ``family_full``.
    """
    if not birthday(born_on, 0) <= today_at(now) or has_reached(born_on, MAJORITY, now):
        raise InputError("not_a_child", "A child is born already, and not of age yet.", field="born_on")
    await hold_holder(connection, guardian_id)
    if len(await store.wards_of(connection, guardian_id)) >= _MOST_CHILDREN:
        raise ConflictError("family_full", f"A guardian acts for {_MOST_CHILDREN} children at most.")
    child_id = await insert_holder(
        connection, None, language=language, today=today_at(now), label=label, born_on=born_on
    )
    await store.insert_guardianship(connection, guardian_id, child_id, today=today_at(now))


async def invite_guardian(connection: Connection, child_id: UUID, *, now: datetime) -> tuple[str, datetime]:
    """Make a code by which somebody else becomes a guardian of a child too; return it and until when it is good.

    Raises
    ------
    ConflictError
        ``family_full``.
    """
    if len(await store.guardians_of(connection, child_id)) >= _MOST_GUARDIANS:
        raise ConflictError("family_full", f"A child has {_MOST_GUARDIANS} guardians at most.")
    return await _hand_on(connection, child_id, "guardian", expires_at=now + INVITATION_LASTS)


async def prepare_claim(connection: Connection, child_id: UUID) -> tuple[str, datetime]:
    """Make the code by which a child will sign in, from sixteen on; return it and until when it is good.

    Raises
    ------
    NotFoundError
        ``holder_gone``.
    ConflictError
        ``signs_in_already``.
    """
    child = await holder_of(connection, child_id)
    if child is None or child.born_on is None:
        raise NotFoundError("holder_gone", "The card account was left.")
    if child.signs_in:
        raise ConflictError("signs_in_already", "They sign in by themselves already.")
    return await _hand_on(connection, child_id, "claim", expires_at=moment_of(birthday(child.born_on, _CLAIM_AGE)))


async def claim_at_desk(connection: Connection, holder_id: UUID, *, now: datetime) -> tuple[str, datetime]:
    """Make a claim code for who stands at a desk with their card; none that was made before is taken any more.

    Raises
    ------
    NotFoundError
        ``holder_gone``.
    ConflictError
        ``signs_in_already``: a desk opens nobody's account. ``too_young`` below sixteen.
    """
    holder = await holder_of(connection, holder_id)
    if holder is None:
        raise NotFoundError("holder_gone", "The card account was left.")
    if holder.signs_in:
        raise ConflictError("signs_in_already", "They sign in by themselves already.")
    if not has_reached(holder.born_on, SEES_WHO_ACTS, now):
        raise ConflictError("too_young", f"Nobody signs in by themselves before {SEES_WHO_ACTS}.")
    return await _hand_on(connection, holder_id, "claim", expires_at=now + DESK_CLAIM_LASTS)


async def _hand_on(
    connection: Connection, child_id: UUID, kind: CodeKind, *, expires_at: datetime
) -> tuple[str, datetime]:
    code = make_handed_code()
    await store.insert_family_code(connection, child_id, kind, code, expires_at=expires_at)
    return code, expires_at


async def become_guardian(connection: Connection, guardian_id: UUID, code: str, *, now: datetime) -> None:
    """Take an invitation: act for a child from now on.

    Raises
    ------
    InputError
        ``code_mistyped``, or ``family_code_invalid``.
    """
    plain, found = await _open_code(connection, code, "guardian", now)
    if found.child_id == guardian_id or has_reached(found.born_on, MAJORITY, now):
        raise _invalid()
    await store.delete_family_code(connection, plain)
    await store.insert_guardianship(connection, guardian_id, found.child_id, today=today_at(now))


async def claimed(connection: Connection, code: str, *, now: datetime) -> UUID:
    """Take a claim code and return who signs in from now on.

    Raises
    ------
    InputError
        ``code_mistyped``, or ``family_code_invalid``.
    ConflictError
        ``too_young`` below sixteen.
    """
    plain, found = await _open_code(connection, code, "claim", now)
    if not has_reached(found.born_on, SEES_WHO_ACTS, now):
        raise ConflictError("too_young", f"Nobody signs in by themselves before {SEES_WHO_ACTS}.")
    await store.delete_family_code(connection, plain)
    return found.child_id


async def _open_code(connection: Connection, code: str, kind: CodeKind, now: datetime) -> tuple[str, FamilyCode]:
    plain = read_handed_code(code)
    found = await store.find_family_code(connection, plain, now=now)
    if found is None or found.kind != kind:
        raise _invalid()
    return plain, found


def _invalid() -> InputError:
    return InputError("family_code_invalid", "The code is not good: it was taken, or another was made, or is too old.")


async def end_guarding(connection: Connection, guardian_id: UUID, member: UUID) -> None:
    """Let a guardian act for a child no more; somebody has to be left for a child who does not sign in.

    Raises
    ------
    NotFoundError
        ``member_unknown``.
    ConflictError
        ``last_guardian``.
    """
    ward = await store.ward_of(connection, guardian_id, member)
    if ward is None:
        raise NotFoundError("member_unknown", "You act for nobody of this number: they may have come of age.")
    await hold_holder(connection, ward.child_id)
    if not ward.signs_in and len(await store.guardians_of(connection, ward.child_id)) == 1:
        message = "Nobody else acts for this child: invite another guardian, or leave for the child first."
        raise ConflictError("last_guardian", message)
    await store.end_guardianship(connection, member)


def still_minor(born_on: date | None, now: datetime) -> bool:
    """Tell whether somebody is known not to be of age yet."""
    return born_on is not None and not has_reached(born_on, MAJORITY, now)


async def end_at_majority(lend: Connect, *, now: datetime) -> int:
    """Forget who acted for those who are of age, and return how many these were."""
    ended = 0
    # some days less than eighteen years: who is of age is said below
    born_by = today_at(now) - timedelta(days=MAJORITY * 365)
    async with lend(Role.ENJOY_PASS) as connection:
        await store.forget_family_codes(connection, now=now)
        for one in await store.of_age(connection, born_by=born_by):
            if has_reached(one.born_on, MAJORITY, now):
                await store.end_guardianships(connection, one.child_id)
                await store.withdraw_family_codes(connection, one.child_id, "guardian")
                ended += 1
    if ended:
        _log.info("came_of_age", count=ended)
    return ended
