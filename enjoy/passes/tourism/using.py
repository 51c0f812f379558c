"""What follows from an admission with a tourism pass: it begins, and a partner is owed an entry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from db import tourism_uses as store
from db.connection import Connection

#: Days and months of statements are those of people.
LILLE: Final = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Admission:
    """Tell of one admission.

    Attributes
    ----------
    subject_id : UUID
        Who was admitted.
    venue_id : int
        Where.
    at : datetime
        When, as the reader says.
    is_offline : bool
        Whether the reader admitted on its own and says so later.
    is_flagged : bool
        Whether the server would not have admitted: a double use, or a code that was revoked.
    """

    subject_id: UUID
    venue_id: int
    at: datetime
    is_offline: bool
    is_flagged: bool


async def note_admission(connection: Connection, admission: Admission) -> bool:
    """Let a pass begin and note the entry, in the transaction that records the admission; to be called once for each.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes.
    admission : Admission
        Of a service of kind tourism, online or told later.

    Returns
    -------
    bool
        Whether a partner is paid for it. Not where the subject holds no pass that was sold.

    Notes
    -----
    An earlier admission that is told later makes the pass begin, and end, earlier; nobody is un-admitted by it, and a
    later one never makes it last longer.
    """
    begun = await store.begin_pass(connection, admission.subject_id, at=admission.at)
    if begun is None:
        return False
    if begun.ends_at is not None:
        await store.end_right(connection, admission.subject_id, begun.right_number, until=begun.ends_at)
    return await store.insert_entry(
        connection,
        begun.product_id,
        admission.venue_id,
        at=admission.at,
        day=admission.at.astimezone(LILLE).date(),
        is_offline=admission.is_offline,
        is_flagged=admission.is_flagged or begun.is_late,
    )
