"""What transformers leave room for, slot by slot, from their rating and the forecast."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ConflictError
from db.connection import Connection
from db.demand_response import TransformerRating, transformer_ratings
from db.forecasts import forecast_of_run, latest_run
from grid.demand_response.flexibility import Fleet
from grid.demand_response.upper_limits import UpperLimit, on_slots, read_upper_limits

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: Real power a transformer may carry for each VA of its rating; household load runs at about this power factor. [W/VA]
POWER_FACTOR: Final = 0.95


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold what the transformers of a plan are given to plan with.

    Attributes
    ----------
    rating : list of TransformerRating
        One per transformer, by rising place.
    forecast_w : ndarray, shape (transformer, slot), float64
        Careful forecast of all load, the flexible one included. [W]
    upper : tuple of UpperLimit
        Capacity limits beside the ratings, from the inside outwards.
    """

    rating: list[TransformerRating]
    forecast_w: Float
    upper: tuple[UpperLimit, ...] = ()


async def read_limits(connection: Connection, fleet: Fleet, *, now: datetime) -> Limits:
    """Return ratings and forecasts of the fleet's transformers over the slots of the plan, and capacity limits.

    Raises
    ------
    ConflictError
        ``forecast_missing``: a transformer, or a place with a capacity limit, was not forecast: its room is not known.
    """
    places = [int(place) for place in np.unique(fleet.transformer_id)]
    rating = await transformer_ratings(connection, places)
    run = await latest_run(connection, as_of=now)
    if run is None:
        raise ConflictError("forecast_missing", "Nothing has been forecast yet; a plan needs a forecast.")
    rows = await forecast_of_run(connection, forecast_run_id=run.forecast_run_id, place_ids=places)
    missing = [one.code for one in rating if one.place_id not in {row.place_id for row in rows}]
    if missing:
        message = "Some transformers have no forecast; a plan needs one for each."
        raise ConflictError("forecast_missing", message, power_transformers=missing)
    forecast_w = on_slots(rows, run, fleet)
    return Limits(rating, forecast_w, await read_upper_limits(connection, fleet, run, places, forecast_w))


def headroom_w(limits: Limits, fleet: Fleet, *, signed: bool = False) -> Float:
    """Return the power that flexible load may draw, shape (transformer, slot), at least 0 unless `signed`. [W].

    Notes
    -----
    The forecast is of all load, with the flexible load where it naturally falls. That natural load is taken off it, but
    for what the plan leaves alone, as the plan will put it elsewhere. The rest is not let below zero, so that neither
    PV nor a natural load that is larger than the forecast had it makes room beyond the rating.
    """
    first = group_offsets(fleet)[:-1]
    natural_w = np.add.reduceat(fleet.natural_w, first, axis=0)
    fixed_w = np.maximum(limits.forecast_w - natural_w, 0.0) + np.add.reduceat(fleet.fixed_w, first, axis=0)
    rated_w = POWER_FACTOR * np.array([[one.rated_va] for one in limits.rating], dtype=np.float64)
    room_w: Float = rated_w - fixed_w
    return room_w if signed else np.maximum(room_w, 0.0)


def group_offsets(fleet: Fleet) -> Int:
    """Return where the devices of each transformer begin, and their number, shape (transformer + 1,)."""
    _, first = np.unique(fleet.transformer_id, return_index=True)
    return np.append(first, fleet.transformer_id.size).astype(np.int64)
