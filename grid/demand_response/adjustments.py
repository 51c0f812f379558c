"""What corrections of a running event share: later commands from the slot that runs on, and a record of each."""

from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.closed_loop import EventAdjustment, insert_adjustment
from db.connection import Connection
from db.demand_response import Event
from grid.demand_response.called import Called
from grid.demand_response.flexibility import Fleet
from grid.demand_response.lifecycle import SYSTEM, note

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_ACTIONS: Final = {
    "redispatch": "event.redispatched",
    "rebalance": "event.rebalanced",
    "release": "event.surplus_returned",
}


async def note_adjustment(connection: Connection, event: Event, made: EventAdjustment) -> None:
    """Store what was decided, and record it in the audit log."""
    await insert_adjustment(connection, event.event_id, made)
    facts = {
        "commands": made.command_count,
        "first_slot_at": made.first_slot_at,
        "wanted_w": [round(watts) for watts in made.wanted_w],
        "planned_reduction_w": [round(watts) for watts in made.planned_reduction_w],
        "unserved_wh": round(made.unserved_wh),
    }
    await note(connection, event, _ACTIONS[made.purpose], facts, actor=SYSTEM, now=made.decided_at)


def from_now(called: Called, who: Bool, fleet: Fleet, power_w: Float, *, now: datetime) -> tuple[Fleet, Float]:
    """Put before a plan what each draws in the slot that runs, if that is not the plan's first."""
    held_w = called.held_w[who, called.slot_of(now) :]
    before = held_w.shape[1] - fleet.slot_count
    return (
        replace(fleet, start_at=fleet.start_at - before * SLOT),
        np.concatenate([held_w[:, :before], power_w], axis=1),
    )
