"""Capacity limits beside ratings: of transformers, feeders, substations and the territory, one inside the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ConflictError
from core.slots import SLOT, SLOTS_PER_DAY
from db.capacity_limits import LimitSpan, limit_spans
from db.connection import Connection
from db.dispatch_solutions import PlaceAbove, places_above
from db.forecasts import ForecastRun, PlaceForecastSlot, forecast_of_run
from grid.demand_response.flexibility import Fleet

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: The load that cannot move is taken at this quantile of the forecast, so that one slot in a hundred is worse. Where
#: twenty transformers come back to their limits for two slots each, one in twenty would leave two above. [ratio]
CAREFUL_QUANTILE: Final = 0.99
#: From the inside outwards; limits of communes hold for no plan, as feeders cross their borders.
LEVELS: Final = ("power_transformer", "feeder", "substation", "territory")


@dataclass(frozen=True, slots=True)
class UpperLimit:
    """Hold the capacity limit of a place, from `start_at` on.

    Attributes
    ----------
    place_id, level, code
        Place.
    transformer_id : tuple of int
        Transformers of the plan in it, by rising place.
    limit_w : ndarray, shape (slot,), float64
        Most net load; infinite where there is no limit. [W]
    forecast_w : ndarray, shape (slot,), float64
        Careful forecast of all its load. [W]
    transformer_forecast_w : ndarray, shape (transformer, slot), float64
        The same of those transformers: what is added to them later is added to the place, too. [W]
    """

    place_id: int
    level: str
    code: str
    transformer_id: tuple[int, ...]
    start_at: datetime
    limit_w: Float
    forecast_w: Float
    transformer_forecast_w: Float


async def read_upper_limits(
    connection: Connection, fleet: Fleet, run: ForecastRun, places: Sequence[int], forecast_w: Float
) -> tuple[UpperLimit, ...]:
    """Return the capacity limits that hold over the slots of a plan, from the inside outwards.

    Parameters
    ----------
    connection : Connection
        Any role that reads.
    fleet : Fleet
        To be planned.
    run : ForecastRun
        Issue to plan with.
    places : sequence of int
        Its transformers, rising.
    forecast_w : ndarray, shape (transformer, slot)
        Their careful forecast. [W]

    Raises
    ------
    ConflictError
        ``forecast_missing``: a limited place was not forecast, so that its room is not known.
    """
    above = await places_above(connection, places)
    end = fleet.start_at + fleet.slot_count * SLOT
    spans = await limit_spans(connection, sorted({one.place_id for one in above}), start=fleet.start_at, end=end)
    limited = {span.place_id for span in spans}
    rows = await forecast_of_run(connection, forecast_run_id=run.forecast_run_id, place_ids=sorted(limited))
    known = sorted({row.place_id for row in rows})
    missing = sorted({one.code for one in above if one.place_id in limited.difference(known)})
    if missing:
        message = "Some places with a capacity limit have no forecast; a plan needs one for each."
        raise ConflictError("forecast_missing", message, places=missing)
    if not limited:
        return ()
    load_w = dict(zip(known, on_slots(rows, run, fleet), strict=True))
    found = [_limit(place, above, spans, load_w[place], places, forecast_w, fleet) for place in known]
    return tuple(sorted(found, key=lambda one: (LEVELS.index(one.level), one.place_id)))


def upper_room_w(upper: UpperLimit, fleet: Fleet, places: Sequence[int], forecast_w: Float) -> Float:
    """Return the power that flexible load in a limited place may draw, shape (slot,), infinite without limit. [W].

    Parameters
    ----------
    upper : UpperLimit
        The place.
    fleet : Fleet
        Planned devices.
    places : sequence of int
        Their transformers, rising.
    forecast_w : ndarray, shape (transformer, slot)
        What these are taken to draw; it may have changed since limits were read. [W]
    """
    at = np.clip((fleet.start_at - upper.start_at) // SLOT + np.arange(fleet.slot_count), 0, upper.limit_w.size - 1)
    load_w = upper.forecast_w[at]
    for row, place in enumerate(places):
        if place in upper.transformer_id:
            load_w = load_w + forecast_w[row] - upper.transformer_forecast_w[upper.transformer_id.index(place)][at]
    inside = np.isin(fleet.transformer_id, upper.transformer_id)
    rest_w = np.maximum(load_w - fleet.natural_w[inside].sum(axis=0), 0.0) + fleet.fixed_w[inside].sum(axis=0)
    room_w: Float = np.maximum(upper.limit_w[at] - rest_w, 0.0)
    return room_w


def parents(upper: Sequence[UpperLimit], places: Sequence[int]) -> Int:
    """Return the node above each transformer, and then above each of the limits, -1 for none."""
    inside = [{place} for place in places] + [set(one.transformer_id) for one in upper]
    above = np.full(len(inside), -1, dtype=np.int64)
    for node, members in enumerate(inside):
        for higher in range(max(node + 1, len(places)), len(inside)):
            if members & inside[higher]:
                above[node] = higher
                break
    return above


def on_slots(rows: Sequence[PlaceForecastSlot], run: ForecastRun, fleet: Fleet) -> Float:
    """Return the careful quantile, shape (place, slot); past the horizon the forecast's last day repeats. [W]."""
    load_w = np.array([row.quantile_load_w for row in rows], dtype=np.float64)
    values = careful_w(np.array(run.quantiles, dtype=np.float64), load_w).reshape(-1, run.horizon_slots)
    lead = (fleet.start_at - rows[0].valid_from) // SLOT + np.arange(fleet.slot_count)
    past_by_days = np.maximum(lead - run.horizon_slots + SLOTS_PER_DAY, 0) // SLOTS_PER_DAY
    within = np.clip(lead - past_by_days * SLOTS_PER_DAY, 0, run.horizon_slots - 1)
    return values[:, within]


def careful_w(level: Float, load_w: Float) -> Float:
    """Return the load at `CAREFUL_QUANTILE`, shape (row,). [W].

    Parameters
    ----------
    level : ndarray, shape (quantile,), float64
        Stated quantiles, rising. [ratio]
    load_w : ndarray, shape (row, quantile), float64
        Their loads. [W]

    Notes
    -----
    Beyond the outermost quantile the density falls off exponentially from what it is beside it, as where overload is
    judged (`grid.kernels.overload`): with m the mass beyond q and s the mass between q and the quantile p before it,
    the tail has the scale :math:`m (q - p) / s`. A single quantile, or one that is beyond, is taken as it is.

    Examples
    --------
    >>> careful_w(np.array([0.9, 0.95]), np.array([[100.0, 110.0]])).round(1)
    array([126.1])
    """
    last = level.size - 1
    beyond = 1.0 - level[last]
    if last == 0 or level[last] >= CAREFUL_QUANTILE:
        return load_w[:, int(np.abs(level - CAREFUL_QUANTILE).argmin())]
    scale_w = beyond * (load_w[:, last] - load_w[:, last - 1]) / (level[last] - level[last - 1])
    return np.asarray(load_w[:, last] + scale_w * np.log(beyond / (1.0 - CAREFUL_QUANTILE)))


def _limit(
    place: int,
    above: Sequence[PlaceAbove],
    spans: Sequence[LimitSpan],
    load_w: Float,
    places: Sequence[int],
    forecast_w: Float,
    fleet: Fleet,
) -> UpperLimit:
    mine = [one for one in above if one.place_id == place]
    inside = tuple(one.power_transformer_place_id for one in mine)
    limit_w = np.full(fleet.slot_count, np.inf)
    for span in spans:
        if span.place_id == place:
            first = max((span.valid_from - fleet.start_at) // SLOT, 0)
            # A limit that ends within a slot holds for all of it.
            last = fleet.slot_count if span.valid_until is None else -((fleet.start_at - span.valid_until) // SLOT)
            limit_w[first:last] = np.minimum(limit_w[first:last], span.limit_w)
    rows = [row for row, one in enumerate(places) if one in inside]
    return UpperLimit(place, mine[0].level, mine[0].code, inside, fleet.start_at, limit_w, load_w, forecast_w[rows])
