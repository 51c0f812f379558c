"""Presentations judged online: read, judged against what was used before, and stored, many in one transaction.

Who is shown is held until the transaction ends, so two readers at one moment do not both admit what may be used once;
and what is answered is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.errors import ConflictError, InputError
from db import validations as store
from db.connection import Connection
from db.validations import Key, NewValidation, ShownRow, StoredRow
from enjoy.passes.doors import Judging
from enjoy.passes.following import Followed, follow
from enjoy.passes.knowing import Knowledge, know
from enjoy.passes.secret import PassSecret
from enjoy.passes.serials import serial_of
from enjoy.reader.presenting import Presented, read_presented
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.rules import Asked, Verdict, judge

#: How far the clock of a reader may be from ours.
CLOCK_OFF: Final = timedelta(seconds=120)
_REFUSALS: Final = {1: Reason.REVOKED, 2: Reason.BLOCKED}


@dataclass(frozen=True, slots=True)
class Presentation:
    """Hold what a reader was shown.

    Attributes
    ----------
    nonce : UUID
        Number of the scan.
    judging : Judging
        The reader, and what it judges by.
    key : Key
        What was shown, as the database knows it.
    proof : Proof or None
        How it was shown; None: it could not be read.
    wrong : Reason or None
        Why it is refused whoever it is.
    """

    nonce: UUID
    judging: Judging
    key: Key
    proof: Proof | None
    wrong: Reason | None


def read_shown(
    judging: Judging,
    nonce: UUID,
    *,
    text: str | None,
    serial: str | None,
    at: datetime | None,
    keys: dict[bytes, str],
    secret: PassSecret,
    now: datetime,
) -> Presentation:
    """Return what was shown, read with no database.

    Parameters
    ----------
    judging : Judging
        The reader, and what it judges by.
    nonce : UUID
        Number of the scan.
    text, serial : str or None
        Text of a code, or serial of a card.
    at : datetime or None
        What the clock of the reader says.
    keys : dict
        Public keys that tokens may be signed with.
    secret : PassSecret
        What serials are hashed under.
    now : datetime
        Time.
    """
    door = judging.door
    key = Key(door.service_id, None, None, None, now)
    wrong = Reason.CLOCK_WRONG if at is not None and abs(at - now) > CLOCK_OFF else None
    if not door.is_open:
        wrong = Reason.VENUE_OTHER
    if text is None:
        try:
            digest = secret.serial_hmac(door.service_id, serial_of(serial or ""))
        except InputError:
            return Presentation(nonce, judging, key, None, wrong or Reason.UNREADABLE)
        return Presentation(nonce, judging, replace(key, serial_hmac=digest), Proof.SERIAL, wrong)
    shown = read_presented(text, keys, now)
    if not isinstance(shown, Presented):
        return Presentation(nonce, judging, key, None, wrong or shown)
    if shown.token.service != door.service:
        return Presentation(nonce, judging, key, None, wrong or Reason.SERVICE_OTHER)
    found = replace(key, token_id=shown.token.token_id, step=shown.step)
    return Presentation(nonce, judging, found, shown.proof, wrong)


async def validate(connection: Connection, asked: Sequence[Presentation]) -> list[StoredRow | ConflictError]:
    """Judge presentations in their order and store them; what was told before is answered as it was then.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes; whatever is answered holds once its transaction is committed.
    asked : sequence of Presentation
        Of any readers.

    Returns
    -------
    list
        For each the answer; ``nonce_taken`` where the nonce is another reader's.
    """
    async with connection.pipeline():  # what brings nothing back does not wait for its own round trip
        return await _validated(connection, asked)


async def _validated(connection: Connection, asked: Sequence[Presentation]) -> list[StoredRow | ConflictError]:
    keys = [one.key for one in asked]
    await store.hold_subjects(connection, keys)
    before = await store.stored(connection, [one.nonce for one in asked])
    knowledge = await know(connection, keys)
    new: dict[UUID, NewValidation] = {}
    flags: list[tuple[UUID, str]] = []
    for place, one in enumerate(asked):
        if one.nonce not in before and one.nonce not in new:
            new[one.nonce] = _judged(one, knowledge, place, flags)
    inserted = await store.insert_validations(connection, list(new.values())) if new else set()
    judging = {one.nonce: one.judging for one in asked}
    stored = [one for nonce, one in new.items() if nonce in inserted]
    await follow(connection, [Followed(one, judging[one.nonce]) for one in stored], flags)
    if len(inserted) < len(new):  # told at the same moment to another process
        before |= await store.stored(connection, list(new.keys() - inserted))
    return [_answer(one, before, new) for one in asked]


def _judged(one: Presentation, knowledge: Knowledge, place: int, flags: list[tuple[UUID, str]]) -> NewValidation:
    shown = knowledge.shown[place]
    verdict = _verdict(one, shown, knowledge)
    door = one.judging.door
    if verdict.rule_id is not None and shown.subject_id is not None and one.proof is not None:
        if one.proof is Proof.SERIAL and knowledge.is_too_fast(shown.subject_id, door, one.key.at):
            flags.append((one.nonce, "serial"))
        knowledge.add(shown.subject_id, one.judging, verdict.rule_id, one.key, one.proof)
    return NewValidation(
        nonce=one.nonce,
        reader_id=door.reader_id,
        venue_id=door.venue_id,
        at=one.key.at,
        subject_id=shown.subject_id,
        token_id=one.key.token_id,
        serial_hmac=one.key.serial_hmac,
        step=one.key.step,
        proof=one.proof,
        reason=verdict.reason,
        rule_id=verdict.rule_id,
        price_class=verdict.price_class,
        is_offline=False,
    )


def _verdict(one: Presentation, shown: ShownRow, knowledge: Knowledge) -> Verdict:
    """Return whether somebody is admitted: first what was shown, then who shows it, then the rules."""
    wrong = one.wrong or _refusal(one, shown, knowledge)
    if wrong is not None or one.proof is None or shown.subject_id is None:
        return Verdict(False, wrong or Reason.UNREADABLE)
    asked = Asked(
        rights=frozenset(shown.rights),
        venue=one.judging.door.venue,
        at=one.key.at,
        proof=one.proof,
        uses=knowledge.used(shown.subject_id),
    )
    return judge(one.judging.rules, asked, proof=one.judging.least)


def _refusal(one: Presentation, shown: ShownRow, knowledge: Knowledge) -> Reason | None:
    if shown.subject_id is None:
        return Reason.SERIAL_UNKNOWN if one.proof is Proof.SERIAL else Reason.REVOKED
    if shown.service_id != one.judging.door.service_id:
        return Reason.SERVICE_OTHER
    if shown.status or shown.has_left:
        return _REFUSALS.get(shown.status, Reason.REVOKED)
    if shown.is_blocked:
        return Reason.BLOCKED
    if shown.is_replayed or (one.key.token_id, one.key.step) in knowledge.taken:
        return Reason.PROOF_REPLAYED
    return None


def _answer(
    one: Presentation, before: dict[UUID, StoredRow], new: dict[UUID, NewValidation]
) -> StoredRow | ConflictError:
    known = before.get(one.nonce)
    if known is None:
        made = new[one.nonce]
        is_admitted = made.reason == Reason.ADMITTED
        known = StoredRow(made.nonce, made.reader_id, is_admitted, made.reason, made.price_class)
    if known.reader_id != one.judging.door.reader_id:
        return ConflictError("nonce_taken", "The nonce is that of another scan.")
    return known
