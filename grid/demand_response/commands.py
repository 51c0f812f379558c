"""From a plan to what each resource is told."""

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
    resource that turns out to need more would otherwise draw. Outside them it is free, which there is as planned. A
    store draws what its setpoints say, and gives back below 0; all others draw at most that.
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
                is_followed=int(fleet.end_device_id[device]) in fleet.stores,
            )
        )
    return commands


def held_commands(
    event: Event,
    fleet: Fleet,
    power_w: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    *,
    now: datetime,
    purpose: str,
    until: datetime,
    followed: NDArray[np.bool_] | None = None,
) -> list[NewCommand]:
    """Return later commands for resources that an event holds already; they replace what those were told before.

    Parameters
    ----------
    event : Event
        The event.
    fleet : Fleet
        Who is held; slot 0 is the one that runs, for a command holds from its start on.
    power_w : ndarray, shape (device, slot), float64
        Highest power. [W]
    chosen : ndarray, shape (device,), bool
        Who gets a command.
    now : datetime
        Time.
    purpose : str
        ``rebalance`` or ``release``.
    until : datetime
        So far each is told at least, drawing or not.
    followed : ndarray, shape (device,), bool, optional
        Who is to draw its power, and not just at most that; None: nobody.
    """
    commands: list[NewCommand] = []
    least = max((until - fleet.start_at) // SLOT, 1)
    for device in np.flatnonzero(chosen):
        drawing = np.flatnonzero(power_w[device] > _TINY_W)
        stop = min(max(int(drawing[-1]) + 1 if drawing.size else 0, least), power_w.shape[1])
        commands.append(
            NewCommand(
                event.event_id,
                int(fleet.end_device_id[device]),
                issued_at=now,
                expires_at=fleet.start_at + stop * SLOT,
                start_at=fleet.start_at,
                dispatch_setpoint_w=np.round(power_w[device, :stop], 1).tolist(),
                purpose=purpose,
                is_followed=followed is not None and bool(followed[device]),
            )
        )
    return commands
