"""Counts of a store whose every value is known: for `somel chaos`."""

from dataclasses import dataclass

from core.errors import InvariantError
from db.connection import Connection
from db.rows import one_integer, one_row
from db.statements import statements

_SQL = statements("tally")


@dataclass(frozen=True, slots=True)
class Tally:
    """What is stored.

    Attributes
    ----------
    row_count, key_count, right_count : int
        Interval readings; different keys among them; those with the value that meter and slot say.
    revision_count : int
        Readings that were replaced.
    refused, stored_total : int
        Values refused, and stored for the first time, by the running totals.
    totals_add_up : bool
        Whether every worker's totals add up.
    summed_wh : float
        Energy of the territory by the sums by place. [Wh]
    """

    row_count: int
    key_count: int
    right_count: int
    revision_count: int
    refused: int
    stored_total: int
    totals_add_up: bool
    summed_wh: float


async def tally(
    connection: Connection, *, start_s: int, slots: int, meter_factor: int, slot_factor: int, modulus: int
) -> Tally:
    """Compare what is stored with what was published: ``(meter * meter_factor + slot * slot_factor) % modulus``."""
    asked = {
        "start_s": start_s,
        "slots": slots,
        "meter_factor": meter_factor,
        "slot_factor": slot_factor,
        "modulus": modulus,
    }
    found = await one_row(connection, Tally, _SQL["tally"], asked)
    if found is None:
        raise InvariantError("tally_empty", "An aggregate has one row.")
    return found


async def sums_pending(connection: Connection) -> int:
    """Return for how many spans sums by place are still to be made."""
    return await one_integer(connection, _SQL["pending"], {}) or 0
