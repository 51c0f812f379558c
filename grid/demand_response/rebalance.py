"""Move those who obey, where those who do not would drive a transformer above its limit."""

import asyncio
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from db.closed_loop import EventAdjustment
from db.connection import Connection
from db.demand_response import Event, insert_commands
from grid.demand_response.adjustments import from_now, note_adjustment
from grid.demand_response.called import Called, fleet_of
from grid.demand_response.commands import held_commands
from grid.demand_response.flexibility import Fleet, slot_ceil
from grid.demand_response.optimisation import optimise
from grid.demand_response.room import excess_w, limits_beside, moved_by_transformer

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: A transformer is looked at again when it would be above its limit by more than this, and helped if by so much. [W]
_EXCESS_W: Final = 100.0
_TINY_W: Final = 1.0


async def rebalance(connection: Connection, event: Event, called: Called, *, now: datetime) -> bool:
    """Plan anew those behind transformers that would be above their limit; tell whether anybody was moved.

    Parameters
    ----------
    connection : Connection
        In the role that computes, in a transaction in which the event is locked.
    event : Event
        The event.
    called : Called
        Whom it has called.
    now : datetime
        Time.

    Notes
    -----
    A plan takes everybody to obey. Who does not draws when it would by itself, which may be where others were told to
    wait until. Commands go out only where they help by more than 100 W.
    """
    start, obeying = slot_ceil(now), called.obeys
    if not obeying.any() or called.slot_of(start) >= called.natural_w.shape[1]:
        return False
    excess = await _excess(connection, event, called, start=start, now=now)
    over = [place for place, watts in excess.items() if watts > _EXCESS_W]
    movable = called.accepted & obeying & np.isin(called.transformer_id, over)
    if not movable.any():
        return False
    fleet = fleet_of(called, movable, event, start=start)
    limits = await limits_beside(connection, fleet, event, called, obeying & ~movable, now=now)
    optimum = await asyncio.to_thread(optimise, fleet, limits)
    after_w = excess_w(limits, _added_w(fleet, optimum.power_w))
    helped = [
        one.place_id
        for one, watts in zip(limits.rating, after_w, strict=True)
        if excess[one.place_id] - watts > _EXCESS_W
    ]
    running, planned_w = from_now(called, movable, fleet, optimum.power_w, now=now)
    changed = np.abs(planned_w - called.held_w[movable, called.slot_of(now) :]).max(axis=1) > _TINY_W
    chosen = changed & np.isin(fleet.transformer_id, helped)
    if not chosen.any():
        return False
    commands = held_commands(event, running, planned_w, chosen, now=now, purpose="rebalance", until=event.ends_at)
    await insert_commands(connection, commands)
    missing_wh = float(optimum.missing_wh.sum())
    made = EventAdjustment("rebalance", now, len(commands), start, [], [], missing_wh)
    await note_adjustment(connection, event, made)
    return True


async def _excess(
    connection: Connection, event: Event, called: Called, *, start: datetime, now: datetime
) -> dict[int, float]:
    """Return by how much each transformer would be above its limit as things stand, by place. [W]."""
    fleet = fleet_of(called, called.obeys, event, start=start)
    nobody = np.zeros_like(called.obeys)
    limits = await limits_beside(connection, fleet, event, called, nobody, now=now)
    places = [one.place_id for one in limits.rating]
    over_w = excess_w(limits, moved_by_transformer(called, called.obeys, places, fleet))
    return dict(zip(places, over_w.tolist(), strict=True))


def _added_w(fleet: Fleet, power_w: Float) -> Float:
    """Return what a plan adds to the natural load of each transformer, shape (transformer, slot). [W]."""
    _, first = np.unique(fleet.transformer_id, return_index=True)
    return np.asarray(np.add.reduceat(power_w - fleet.natural_w, first, axis=0))
