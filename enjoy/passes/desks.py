"""What a desk says that it saw: with the holder before it, of a closed list of documents, and never with a copy.

A holder shows a code that is good for five minutes and once. The desk that takes it has the holder before it for some
minutes, and no number that would let it find them again. All that it does is noted, and the holder sees it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from core.errors import ForbiddenError, InputError, NotFoundError
from db import pass_desks, pass_rights, pass_services
from db.audit import record
from db.connection import Connection
from db.pass_access import note_access
from db.pass_rights import EvidenceKind
from enjoy.accounts import Operator
from enjoy.passes.deriving import derive_holder
from enjoy.passes.rights import GRACE, SOON, today_of

CODE_LASTS: Final = timedelta(minutes=5)
SESSION_LASTS: Final = timedelta(minutes=10)
#: Without signs that look alike.
_SIGNS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_SIGN_COUNT: Final = 8
_SECRET_BYTES: Final = 32
#: What was shown counts for a year when nothing else is said, and never for much longer.
_COUNTS_FOR: Final = timedelta(days=365)
_LONGEST: Final = timedelta(days=400)
_EARLIEST_BIRTH: Final = date(1900, 1, 1)
#: Documents that a desk may have seen, by what they show.
DOCUMENTS: Final[Mapping[EvidenceKind, tuple[str, ...]]] = {
    "residence": ("utility_bill", "rent_receipt", "tax_notice", "home_insurance", "host_certificate", "town_register"),
    "birth": ("identity_card", "passport", "residence_permit", "family_record_book", "birth_certificate"),
    "social_tariff": ("family_allowance_notice", "tax_notice", "social_services_letter"),
}
#: Whose word makes rights: a partner's does not.
_PUBLIC: Final = frozenset({"metropolis", "commune"})


@dataclass(frozen=True, slots=True)
class Held:
    """Tell a desk of one kind of evidence: whether it is there, and whether it is time to show it anew."""

    kind: EvidenceKind
    holds: bool
    ends_soon: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what a desk saw.

    Attributes
    ----------
    kind : str
        residence, birth or social_tariff.
    document : str
        One of `DOCUMENTS`.
    insee_code, born_on, quotient_below_eur : optional
        What the document shows: the one that its kind is about. [EUR]
    valid_until : date or None
        Last day on which it counts; None: for a year. A day of birth counts for ever.
    """

    kind: EvidenceKind
    document: str
    insee_code: str | None = None
    born_on: date | None = None
    quotient_below_eur: int | None = None
    valid_until: date | None = None


async def make_code(connection: Connection, holder_id: UUID, *, now: datetime) -> tuple[str, datetime]:
    """Make the code that a holder shows at a desk; return it, as it is shown, and until when it is good."""
    drawn = "".join(secrets.choice(_SIGNS) for _ in range(_SIGN_COUNT))
    await pass_desks.put_code(connection, holder_id, drawn, expires_at=now + CODE_LASTS)
    return f"{drawn[:4]}-{drawn[4:]}", now + CODE_LASTS


async def require_public(connection: Connection, desk: Operator) -> None:
    """Let only the metropolis and its communes say what rights follow from.

    Raises
    ------
    ForbiddenError
        ``desk_not_public``.
    """
    if await pass_services.organisation_kind(connection, desk.organisation_id) not in _PUBLIC:
        raise ForbiddenError("desk_not_public", "Only the metropolis and communes say what rights follow from.")


async def take_code(connection: Connection, desk: Operator, code: str, *, now: datetime) -> tuple[str, datetime]:
    """Take a holder's code; return the secret of some minutes with them, and until when it is good.

    Raises
    ------
    ForbiddenError
        ``desk_not_public``.
    InputError
        ``desk_code_invalid``.
    """
    await require_public(connection, desk)
    plain = "".join(sign for sign in code.upper() if sign not in "- ")
    holder_id = await pass_desks.take_code(connection, plain, now=now)
    if holder_id is None:
        raise InputError("desk_code_invalid", "The code is not good: it was taken, or is too old. Ask for another.")
    secret, until = f"desk_{secrets.token_urlsafe(_SECRET_BYTES)}", now + SESSION_LASTS
    await pass_desks.insert_session(
        connection,
        secret,
        holder_id,
        organisation_id=desk.organisation_id,
        actor=desk.actor,
        expires_at=until,
    )
    await _note(connection, desk, holder_id, "desk opened", now)
    return secret, until


async def holder_before(connection: Connection, desk: Operator, secret: str, *, now: datetime) -> UUID:
    """Return who is before a desk.

    Raises
    ------
    NotFoundError
        ``desk_session_over``.
    """
    found = await pass_desks.find_session(
        connection, secret, organisation_id=desk.organisation_id, actor=desk.actor, now=now
    )
    if found is None:
        raise NotFoundError("desk_session_over", "Nobody is before the desk any more; take another code.")
    return found


async def evidence_held(connection: Connection, holder_id: UUID, *, now: datetime) -> list[Held]:
    """Tell which evidence there is, and nothing of what it says."""
    today = today_of(now)
    until = {
        one.kind: one.valid_until or date.max for one in await pass_rights.attestations_of(connection, [holder_id])
    }
    return [
        Held(
            kind,
            holds=kind in until and (until[kind] == date.max or until[kind] + GRACE >= today),
            ends_soon=kind in until and until[kind] != date.max and until[kind] - today <= SOON,
        )
        for kind in DOCUMENTS
    ]


async def attest(connection: Connection, desk: Operator, holder_id: UUID, seen: Seen, *, now: datetime) -> None:
    """Store what a desk saw, in the place of what was of its kind, and derive the holder's rights.

    Raises
    ------
    InputError
        ``evidence_invalid``: says what.
    """
    today = today_of(now)
    until = _until(seen, today)
    await pass_rights.put_attestation(
        connection,
        holder_id,
        kind=seen.kind,
        insee_code=seen.insee_code,
        born_on=seen.born_on,
        quotient_below_eur=seen.quotient_below_eur,
        document=seen.document,
        valid_until=until,
        today=today,
        organisation_id=desk.organisation_id,
    )
    if seen.born_on is not None:
        await pass_rights.correct_birth(connection, holder_id, seen.born_on)
    await derive_holder(connection, holder_id, now=now)
    await _note(connection, desk, holder_id, f"{seen.kind} recorded", now)
    facts = {"kind": seen.kind, "document": seen.document}
    subject = f"organisation/{desk.organisation}"
    await record(connection, at=now, actor=desk.actor, action="attestation.said", subject=subject, facts=facts)


def _until(seen: Seen, today: date) -> date | None:
    """Return until when what was seen counts, once all of it is as it has to be."""
    if seen.document not in DOCUMENTS[seen.kind]:
        raise _invalid(f"of {seen.kind}, documents are {', '.join(DOCUMENTS[seen.kind])}")
    if seen.kind == "birth":
        if seen.born_on is None or not _EARLIEST_BIRTH <= seen.born_on <= today or seen.valid_until is not None:
            raise _invalid("a day of birth is from 1900 to today, and counts for ever")
        return None
    if seen.valid_until is None:
        return today + _COUNTS_FOR
    if not today <= seen.valid_until <= today + _LONGEST:
        raise _invalid(f"it counts from today to {_LONGEST.days} days ahead")
    return seen.valid_until


def _invalid(what: str) -> InputError:
    return InputError("evidence_invalid", f"What was seen cannot be recorded: {what}.")


async def _note(connection: Connection, desk: Operator, holder_id: UUID, purpose: str, now: datetime) -> None:
    await note_access(
        connection,
        holder_id,
        at=now,
        actor=desk.actor,
        organisation=desk.organisation,
        subject="attestation",
        purpose=purpose,
    )
