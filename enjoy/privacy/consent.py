"""Consent for purposes of usage points: given with a proof, withdrawn at any time, one for each purpose.

The purposes of Enjoy and of demand response are never derived from each other: who lets a charger be called has not
agreed to be counted in what is published, and the other way round.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from core.errors import ConflictError, InputError, NotFoundError
from db import consents as store
from db.audit import record
from db.connection import Connection
from db.consents import NewUsagePointConsent

#: What a consent can be for, with a sentence for people; `grid` is given for a resource, by `/v1/resources`.
PURPOSES: Final = {
    "enjoy": "Half-hourly values of the usage point are counted in sums that Enjoy publishes",
    "grid": "A resource is called in demand response",
}
OF_USAGE_POINTS: Final = ("enjoy",)
HOW: Final = ("online", "paper", "telephone")
_COLUMNS: Final = ("usage_point_key", "purpose", "text_version", "given_at", "how", "proof")
_LONGEST: Final = 200
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(slots=True)
class Imported:
    """Tell what became of a file: consents that are new, that held already, and lines refused with their reason."""

    stored: int = 0
    known: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


async def give(connection: Connection, consent: NewUsagePointConsent, *, actor: str, now: datetime) -> bool:
    """Record that a customer agrees; return whether it is new, for where one holds already nothing changes.

    Raises
    ------
    InputError
        ``consent_invalid``: with the field.
    NotFoundError
        ``usage_point_unknown``.
    """
    _check(consent, now)
    await _id_of(connection, consent.usage_point_key)
    stored = await store.insert_consents(connection, [consent], actor=actor, now=now)
    if stored:
        await _record(connection, "consent.given", consent.usage_point_key, _facts(consent), actor, now)
    return bool(stored)


async def withdraw(
    connection: Connection, usage_point_key: UUID, purpose: str, *, how: str, actor: str, now: datetime
) -> None:
    """Record that a customer no longer agrees: nothing is published with them from now on.

    Raises
    ------
    InputError
        ``consent_invalid``.
    NotFoundError
        ``usage_point_unknown``.
    ConflictError
        ``consent_missing``: none holds.
    """
    _check_purpose(purpose)
    usage_point_id = await _id_of(connection, usage_point_key)
    if not await store.withdraw(connection, usage_point_id, purpose, how=how, actor=actor, now=now):
        raise ConflictError("consent_missing", "No consent holds that could be withdrawn.", purpose=purpose)
    await _record(connection, "consent.withdrawn", usage_point_key, {"purpose": purpose, "how": how}, actor, now)


async def consents_of(connection: Connection, usage_point_key: UUID) -> list[store.UsagePointConsent]:
    """Return all that was agreed to at a usage point, for whatever purpose, the newest first.

    Raises
    ------
    NotFoundError
        ``usage_point_unknown``.
    """
    return await store.consents_of(connection, await _id_of(connection, usage_point_key))


async def import_consents(
    connection: Connection, lines: Sequence[dict[str, str | None]], *, source: str, actor: str, now: datetime
) -> Imported:
    """Record the consents of a file; good lines are kept beside bad ones.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    lines : sequence of dict
        With the columns usage_point_key, purpose, text_version, given_at, how, proof, and perhaps proof_sha256.
    source : str
        Name of the file, for the audit log.
    actor : str
        Who imports it.
    now : datetime
        Time.

    Notes
    -----
    The same file again changes nothing.
    """
    found = Imported()
    read: dict[int, NewUsagePointConsent] = {}
    for number, line in enumerate(lines, start=1):
        try:
            read[number] = read_line(line, now)
        except InputError as error:
            found.refused.append((number, error.code, error.message))
    known = await store.usage_point_ids(connection, [one.usage_point_key for one in read.values()])
    for number in [number for number, one in read.items() if one.usage_point_key not in known]:
        found.refused.append((number, "usage_point_unknown", f"There is no {read.pop(number).usage_point_key}."))
    found.stored = len(await store.insert_consents(connection, list(read.values()), actor=actor, now=now))
    found.known = len(read) - found.stored
    found.refused.sort()
    facts = {"stored": found.stored, "known": found.known, "refused": len(found.refused)}
    await record(connection, at=now, actor=actor, action="consent.imported", subject=f"file/{source}", facts=facts)
    return found


def read_line(line: dict[str, str | None], now: datetime) -> NewUsagePointConsent:
    """Return the consent that a line of a file tells of.

    Raises
    ------
    InputError
        ``consent_invalid``: with the field.
    """
    texts = {name: (line.get(name) or "").strip() for name in (*_COLUMNS, "proof_sha256")}
    try:
        key = UUID(texts["usage_point_key"])
    except ValueError:
        raise _wrong("usage_point_key", "It is a UUID.") from None
    try:
        given_at = datetime.fromisoformat(texts["given_at"])
    except ValueError:
        raise _wrong("given_at", "It is an instant, such as 2026-01-15T18:30:00Z.") from None
    if given_at.tzinfo is None:
        raise _wrong("given_at", "An instant says its zone: Z, or +01:00.")
    digest = texts["proof_sha256"]
    if digest and not _SHA256.fullmatch(digest):
        raise _wrong("proof_sha256", "It has 64 hexadecimal digits.")
    consent = NewUsagePointConsent(
        key,
        texts["purpose"],
        texts["text_version"],
        given_at.astimezone(UTC),
        texts["how"],
        texts["proof"],
        bytes.fromhex(digest) if digest else None,
    )
    _check(consent, now)
    return consent


def _check(consent: NewUsagePointConsent, now: datetime) -> None:
    _check_purpose(consent.purpose)
    if consent.given_how not in HOW:
        raise _wrong("how", f"It is one of {', '.join(HOW)}.")
    for name in ("text_version", "proof"):
        if not 0 < len(getattr(consent, name)) <= _LONGEST or not getattr(consent, name).isprintable():
            raise _wrong(name, f"It is needed, and has at most {_LONGEST} characters.")
    if consent.given_at > now:
        raise _wrong("given_at", "It lies in the future.")


def _check_purpose(purpose: str) -> None:
    if purpose == "grid":
        raise _wrong("purpose", "Consent to demand response is given for a resource: PUT /v1/resources/{name}/consent.")
    if purpose not in OF_USAGE_POINTS:
        raise _wrong("purpose", f"It is one of {', '.join(OF_USAGE_POINTS)}.")


def _wrong(name: str, reason: str) -> InputError:
    return InputError("consent_invalid", f"{name}: {reason}", field=name)


async def _id_of(connection: Connection, key: UUID) -> int:
    found = (await store.usage_point_ids(connection, [key])).get(key)
    if found is None:
        raise NotFoundError("usage_point_unknown", f"There is no usage point {key}.")
    return found


def _facts(consent: NewUsagePointConsent) -> dict[str, str]:
    return {"purpose": consent.purpose, "text_version": consent.text_version, "how": consent.given_how}


async def _record(
    connection: Connection, action: str, key: UUID, facts: dict[str, str], actor: str, now: datetime
) -> None:
    await record(connection, at=now, actor=actor, action=action, subject=f"usage_point/{key}", facts=facts)
