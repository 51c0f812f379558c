"""What transformers leave room for while an event runs: its own commands taken into account."""

from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from db.connection import Connection
from db.demand_response import Event
from grid.demand_response.called import Called
from grid.demand_response.flexibility import Fleet
from grid.demand_response.limits import POWER_FACTOR, Limits, read_limits

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


async def limits_beside(
    connection: Connection, fleet: Fleet, event: Event, called: Called, beside: Bool, *, now: datetime
) -> Limits:
    """Return the limits of a fleet, with others whom the event has called put where they are taken to draw.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    fleet : Fleet
        Who is to be planned.
    event : Event
        Its forecast is the last one from before its start: a later one has seen it.
    called : Called
        All whom the event has called.
    beside : ndarray, shape (device,), bool
        Those of them who are not in the fleet.
    now : datetime
        Time.

    Raises
    ------
    ConflictError
        ``forecast_missing``.
    """
    limits = await read_limits(connection, fleet, now=min(now, event.starts_at))
    moved_w = moved_by_transformer(called, beside, [one.place_id for one in limits.rating], fleet)
    return replace(limits, forecast_w=limits.forecast_w + moved_w)


def moved_by_transformer(called: Called, who: Bool, places: list[int], fleet: Fleet) -> Float:
    """Return what commands add to the load of transformers, shape (transformer, slot of the fleet). [W]."""
    offset = called.slot_of(fleet.start_at)
    added_w = (called.likely_w() - called.natural_w)[who, offset : offset + fleet.slot_count]
    moved_w = np.zeros((len(places), fleet.slot_count))
    row = np.searchsorted(np.array(places, dtype=np.int64), called.transformer_id[who])
    here = np.isin(called.transformer_id[who], places)
    np.add.at(moved_w[:, : added_w.shape[1]], row[here], added_w[here])
    return moved_w


def room_beside_w(limits: Limits, moved_w: Float) -> Float:
    """Return what transformers have room for beside forecast and commands, below 0 where there is none. [W].

    Shape (transformer, slot).
    """
    rated_w = POWER_FACTOR * np.array([[one.rated_va] for one in limits.rating], dtype=np.float64)
    room_w: Float = rated_w - limits.forecast_w - moved_w
    return room_w


def excess_w(limits: Limits, moved_w: Float) -> Float:
    """Return by how much each transformer would be above its limit at worst, shape (transformer,). [W]."""
    over_w: Float = np.maximum(-room_beside_w(limits, moved_w), 0.0).max(axis=1, initial=0.0)
    return over_w
