"""What the commands of an event do to residents' bills, by the prices of their own tariffs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.calls import PlannedLoad, planned_loads
from db.connection import Connection
from grid.demand_response.tariffs import bill_change_eur, read_tariff_slots

#: Less is rounding. [EUR]
RISEN_EUR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class BillChange:
    """By how much the bill behind a resource rises at most; None where a price is missing. [EUR]."""

    resource: str
    tariff: str
    bill_change_eur: float | None


async def bill_changes(connection: Connection, event_id: UUID) -> list[BillChange]:
    """Return what an event's commands that count do to bills, by resource.

    Notes
    -----
    Compared is what a plan has a resource draw with what the plan expected it to draw by itself. Of commands that
    overlap the later counts. Commands that were issued without that expectation are left out.
    """
    loads = await planned_loads(connection, event_id)
    if not loads:
        return []
    start = min(load.start_at for load in loads)
    slots = max((load.start_at - start) // SLOT + len(load.natural_w) for load in loads)
    of_resource = [list(some) for _, some in groupby(loads, key=lambda load: load.end_device_id)]
    rows = [_laid(some, start, slots) for some in of_resource]
    tariffs = await read_tariff_slots(
        connection, [some[0].usage_point_id for some in of_resource], start_at=start, slots=slots
    )
    change = bill_change_eur(np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows]), tariffs)
    return [
        BillChange(some[0].resource, some[0].tariff, None if np.isnan(change[row]) else float(change[row]))
        for row, some in enumerate(of_resource)
    ]


def _laid(loads: Sequence[PlannedLoad], start: datetime, slots: int) -> NDArray[np.float64]:
    """Return what one resource would draw and is to draw, shape (2, slot). [W]."""
    both = np.zeros((2, slots))
    for load in loads:
        first = (load.start_at - start) // SLOT
        both[:, first : first + len(load.natural_w)] = (load.natural_w, load.dispatch_setpoint_w)
    return both
