"""Logs of readers that were told later: kept whatever they say, counted, and flagged where something looks wrong.

Nobody is un-admitted: who was let in was let in. What cannot be true is refused, entry by entry, beside the good ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from core.errors import InputError
from db import validations as store
from db.connection import Connection
from db.validations import Key, NewValidation, ShownRow
from enjoy.passes.doors import Judging
from enjoy.passes.following import Followed, follow
from enjoy.passes.knowing import Knowledge, know
from enjoy.passes.validating import CLOCK_OFF
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.rules import Rule, tallies

#: Entries in one request, and in one transaction: who is shown in it is held until its end.
MOST_ENTRIES: Final = 5_000
AT_ONCE: Final = 200
_OLDEST: Final = timedelta(days=35)
_MOST_STEP: Final = 2**53


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hold what a reader did alone; see the comments of ``pass.validation``."""

    nonce: UUID
    at: datetime
    token_id: UUID | None = None
    step: int | None = None
    proof: Proof | None = None
    reason: Reason
    rule_id: int | None = None
    price_class: str | None = None


@dataclass(slots=True)
class Outcome:
    """Tell what became of a log.

    Attributes
    ----------
    stored, known, flagged : int
        Entries that are new, that were told before, and flags that were set.
    refused : list of pairs
        Nonces, and the code of what is wrong with each entry.
    """

    stored: int = 0
    known: int = 0
    flagged: int = 0
    refused: list[tuple[UUID, str]] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Add what became of a part."""
        self.stored += other.stored
        self.known += other.known
        self.flagged += other.flagged
        self.refused += other.refused


def read_entry(content: object) -> Entry:
    """Return an entry that JSON declares.

    Raises
    ------
    InputError
        ``entry_invalid``.
    """
    try:
        entry = msgspec.convert(content, Entry)
    except msgspec.ValidationError as error:
        raise InputError("entry_invalid", f"The entry cannot be read: {error}.") from None
    if entry.at.tzinfo is None or not 0 <= (entry.step or 0) <= _MOST_STEP:
        raise InputError("entry_invalid", "A time names its zone, and a step is a number of half minutes.")
    if entry.reason is Reason.ADMITTED and (entry.token_id is None or entry.rule_id is None or entry.proof is None):
        raise InputError("entry_invalid", "An admission names its token, proof and rule.")
    return entry


async def store_log(connection: Connection, judging: Judging, entries: Sequence[Entry], *, now: datetime) -> Outcome:
    """Store some entries of one reader, at most `AT_ONCE`.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes.
    judging : Judging
        The reader, with the rules that ended as well.
    entries : sequence of Entry
        In any order; those told before change nothing.
    now : datetime
        Time.
    """
    ordered = sorted({entry.nonce: entry for entry in entries}.values(), key=lambda entry: entry.at)
    keys = [Key(judging.door.service_id, one.token_id, None, one.step, one.at) for one in ordered]
    await store.hold_subjects(connection, keys)
    before = await store.stored(connection, [one.nonce for one in ordered])
    knowledge = await know(connection, keys)
    outcome = Outcome(known=len(before))
    new: list[NewValidation] = []
    flags: list[tuple[UUID, str]] = []
    for entry, shown, key in zip(ordered, knowledge.shown, keys, strict=True):
        if entry.nonce in before:
            continue
        wrong = _wrong(entry, shown, judging, now)
        if wrong is not None:
            outcome.refused.append((entry.nonce, wrong))
            continue
        flags += [(entry.nonce, kind) for kind in _flags(entry, shown, judging, knowledge)]
        new.append(_validation(entry, shown, judging))
        if entry.reason is Reason.ADMITTED and shown.subject_id and entry.rule_id and entry.proof:
            knowledge.add(shown.subject_id, judging, entry.rule_id, key, entry.proof)
    inserted = await store.insert_validations(connection, new) if new else set()
    await follow(connection, [Followed(one, judging) for one in new if one.nonce in inserted], flags)
    outcome.stored = len(inserted)
    outcome.flagged = sum(nonce in inserted for nonce, _ in flags)
    outcome.known += len(new) - len(inserted)
    return outcome


def _wrong(entry: Entry, shown: ShownRow, judging: Judging, now: datetime) -> str | None:
    """Return the code of why an entry cannot be true."""
    if entry.at > now + CLOCK_OFF:
        return "entry_in_future"
    if entry.at < now - _OLDEST:
        return "entry_too_old"
    if entry.token_id is not None and shown.subject_id is None:
        return "token_unknown"
    if shown.service_id not in (None, judging.door.service_id) and entry.reason is Reason.ADMITTED:
        return "token_of_other_service"
    if entry.rule_id is not None and _rule_of(judging, entry.rule_id) is None:
        return "rule_unknown"
    return None


def _flags(entry: Entry, shown: ShownRow, judging: Judging, knowledge: Knowledge) -> list[str]:
    """Return what looks wrong with an admission."""
    if entry.reason is not Reason.ADMITTED or shown.subject_id is None or entry.rule_id is None:
        return []
    rule = _rule_of(judging, entry.rule_id)
    is_replayed = shown.is_replayed or (entry.step is not None and (entry.token_id, entry.step) in knowledge.taken)
    is_entitled = rule is None or not rule.rights or bool(rule.rights & frozenset(shown.rights))
    found = {
        "uses": rule is not None and _is_used_up(entry, rule, shown.subject_id, judging, knowledge),
        "proof": is_replayed,
        "not_valid": shown.is_lost or not is_entitled,
        "reader_revoked": judging.door.revoked_at is not None,
    }
    return [kind for kind, holds in found.items() if holds]


def _is_used_up(entry: Entry, rule: Rule, subject_id: UUID, judging: Judging, knowledge: Knowledge) -> bool:
    counts = knowledge.used(subject_id).counts
    most = [use.most for use in dict.fromkeys(rule.uses)]
    counted = tallies(rule, judging.door.venue, entry.at)
    return any(counts.get(tally, 0) >= limit for limit, tally in zip(most, counted, strict=True))


def _rule_of(judging: Judging, rule_id: int) -> Rule | None:
    return next((one for one in judging.rules if one.rule_id == rule_id), None)


def _validation(entry: Entry, shown: ShownRow, judging: Judging) -> NewValidation:
    is_own = shown.service_id == judging.door.service_id
    return NewValidation(
        nonce=entry.nonce,
        reader_id=judging.door.reader_id,
        venue_id=judging.door.venue_id,
        at=entry.at,
        subject_id=shown.subject_id if is_own else None,
        token_id=entry.token_id if is_own else None,
        serial_hmac=None,
        step=entry.step,
        proof=entry.proof,
        reason=entry.reason,
        rule_id=entry.rule_id,
        price_class=None if entry.price_class is None else entry.price_class[:40],
        is_offline=True,
    )
