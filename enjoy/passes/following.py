"""What follows from validations that were stored: uses are counted, passes begin, what looks wrong is flagged."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from db import validations as store
from db.connection import Connection
from db.validations import NewUse, NewValidation
from enjoy.passes.doors import Judging
from enjoy.passes.tourism.using import Admission, note_admission
from enjoy.reader.reasons import Reason
from enjoy.reader.rules import tallies


@dataclass(frozen=True, slots=True)
class Followed:
    """Hold a validation that was stored now and for the first time, and what its reader judges by.

    Attributes
    ----------
    validation : NewValidation
        What was stored.
    judging : Judging
        The reader and the rules, with those that ended where it was offline.
    """

    validation: NewValidation
    judging: Judging


async def follow(connection: Connection, followed: Sequence[Followed], flags: Sequence[tuple[UUID, str]]) -> None:
    """Count what was admitted, and flag.

    Parameters
    ----------
    connection : Connection
        In the transaction that stored them, in the role that keeps passes.
    followed : sequence of Followed
        What was stored.
    flags : sequence of pairs
        Nonces, and what is wrong with each; those that were not stored are left out.
    """
    admitted = [one for one in followed if one.validation.reason == Reason.ADMITTED]
    uses = [use for one in admitted for use in _uses(one)]
    if uses:
        await store.add_uses(connection, uses)
    firsts = [
        (one.validation.subject_id, one.validation.at)
        for one in admitted
        if one.validation.subject_id is not None and any(rule.lasts_s is not None for rule in one.judging.rules)
    ]
    if firsts:
        await store.begin_uses(connection, firsts)
    known = {one.validation.nonce for one in followed}
    wrong = [one for one in flags if one[0] in known]
    if wrong:
        await store.flag(connection, wrong)
    await _note_tourism(connection, admitted, {nonce for nonce, _ in wrong})


async def _note_tourism(connection: Connection, admitted: Sequence[Followed], flagged: set[UUID]) -> None:
    """Let tourism passes begin, and partners be paid."""
    for one in admitted:
        validation = one.validation
        if one.judging.door.kind == "tourism" and validation.subject_id is not None:
            admission = Admission(
                subject_id=validation.subject_id,
                venue_id=validation.venue_id,
                at=validation.at,
                is_offline=validation.is_offline,
                is_flagged=validation.nonce in flagged,
            )
            await note_admission(connection, admission)


def _uses(one: Followed) -> list[NewUse]:
    validation = one.validation
    rule = next((rule for rule in one.judging.rules if rule.rule_id == validation.rule_id), None)
    if rule is None or validation.subject_id is None:
        return []
    return [
        NewUse(validation.subject_id, tally.rule_id, tally.per, tally.start, tally.venue)
        for tally in tallies(rule, one.judging.door.venue, validation.at)
    ]
