"""From a plan to what each resource is told."""

from datetime import datetime
from typing import Final

import numpy as np

from core.slots import SLOT
from db.demand_response import Event, NewCommand
from grid.demand_response.flexibility import Fleet
from grid.demand_response.optimisation import Optimum

#: Differences under this are rounding. [W]
_TINY_W: Final = 0.5


def commands_of(event: Event, fleet: Fleet, optimum: Optimum, *, now: datetime) -> list[NewCommand]:
    """Return one command for each resource that the plan has do something else than by itself.

    Notes
    -----
    The setpoints cover the slots from the first to the last that differ, and on to the end of the event, where a
    resource that turns out to need more would otherwise draw. Outside them it is free, which there is as planned.
    """
    differs = np.abs(optimum.power_w - fleet.natural_w) > _TINY_W
    commands: list[NewCommand] = []
    for device in np.flatnonzero(differs.any(axis=1)):
        slots = np.flatnonzero(differs[device])
        first, stop = int(slots[0]), max(int(slots[-1]) + 1, fleet.event_slots.stop)
        commands.append(
            NewCommand(
                event.event_id,
                int(fleet.end_device_id[device]),
                issued_at=now,
                expires_at=fleet.start_at + stop * SLOT,
                start_at=fleet.start_at + first * SLOT,
                dispatch_setpoint_w=np.round(optimum.power_w[device, first:stop], 1).tolist(),
                natural_w=np.round(fleet.natural_w[device, first:stop], 1).tolist(),
            )
        )
    return commands
