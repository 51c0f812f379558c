"""Follow an event slot by slot: who answered what, what is to be expected, what readings show, and what is lacking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, slot_floor
from db.closed_loop import EventTracking, usage_point_power
from db.connection import Connection
from db.demand_response import Event, flexible_resources
from db.history import usage_point_load
from grid.demand_response.called import Called
from grid.demand_response.control_group import Loads, beyond_history, control_group
from grid.demand_response.expected import expected_load
from grid.demand_response.rates import Rates

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: With readings behind less of the predicted reduction than this, nothing is said to be measured. [ratio]
LEAST_COVERAGE: Final = 0.3
#: What readings show counts for as much as the prediction after so long.
_BELIEVED_AFTER: Final = timedelta(minutes=20)
#: Readings do not correct the prediction beyond this. [ratio]
_CORRECTION_RANGE: Final = (0.6, 1.4)
#: A slot that has just begun has too few readings of power to tell.
_SETTLING: Final = timedelta(minutes=8)


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what readings show of each slot of an event so far, shape (slot,).

    Attributes
    ----------
    measured_w : ndarray, float64
        Reduction of all that may obey, scaled up to those without readings; NaN where too few have any. [W]
    coverage : ndarray, float64
        Share of the predicted reduction behind usage points with readings. [ratio]
    """

    measured_w: Float
    coverage: Float


async def see(connection: Connection, event: Event, called: Called, *, now: datetime, controlled: bool = True) -> Seen:
    """Return what readings show so far.

    Parameters
    ----------
    connection : Connection
        A role that reads readings, commands and statements.
    event : Event
        The event.
    called : Called
        Whom it has called.
    now : datetime
        Time.
    controlled : bool, default True
        Whether what the control group draws beyond its history is added to what the called are expected to draw.

    Notes
    -----
    A slot's load is the interval reading where it has come, else the mean of the instantaneous power read so far. The
    usage points looked at are those of all that may still obey, as in the result of an event. What is missing is taken
    to behave as what is there: the sum is divided by the share of the prediction that has readings.
    """
    slots = (event.ends_at - event.starts_at) // SLOT
    told = called.accepted | called.waiting
    if now <= event.starts_at or not told.any():
        return Seen(np.full(slots, np.nan), np.zeros(slots))
    free = await flexible_resources(connection, place_id=event.place_id, event_id=event.event_id, now=now)
    group = control_group(free if controlled else [], called, event)
    points, row = np.unique(called.usage_point_id[told], return_inverse=True)
    everyone = np.union1d(points, group.usage_point_id)
    usage_points = [int(point) for point in everyone]
    expected_w = await expected_load(connection, event, usage_points)
    load_w = await _load_so_far(connection, event, usage_points, now=now)
    its, theirs = np.searchsorted(everyone, points), np.searchsorted(everyone, group.usage_point_id)
    natural_w, predicted_w = _by_usage_point(called, told, row, event)
    if controlled:
        seen_of_group = Loads(expected_w[theirs], load_w[theirs])
        expected_w[its] += beyond_history(group, seen_of_group, natural_w, expected_w[its])
    return scaled(expected_w[its], load_w[its], predicted_w)


async def _load_so_far(connection: Connection, event: Event, usage_points: list[int], *, now: datetime) -> Float:
    """Return the load in the event's slots that have begun, shape (usage_point, slot). [W]."""
    start, end = event.starts_at, event.ends_at
    whole_w = await usage_point_load(connection, usage_point_ids=usage_points, start=start, end=end)
    so_far_w = await usage_point_power(connection, usage_point_ids=usage_points, start=start, end=end)
    load_w = np.where(np.isnan(whole_w), so_far_w, whole_w)
    load_w[:, [start + slot * SLOT + _SETTLING > now for slot in range(load_w.shape[1])]] = np.nan
    return load_w


def _by_usage_point(called: Called, told: Bool, row: Int, event: Event) -> tuple[Float, Float]:
    """Return what the told would draw by themselves, and what they are predicted to give, by usage point. [W]."""
    slots = (event.ends_at - event.starts_at) // SLOT
    offset = called.slot_of(event.starts_at)
    span = slice(offset, offset + slots)
    natural_w, predicted_w = np.zeros((2, int(row.max()) + 1, slots))
    np.add.at(natural_w, row, called.natural_w[told, span])
    np.add.at(predicted_w, row, called.reduction_w(span, predicted=True)[told])
    return natural_w, predicted_w


def scaled(expected_w: Float, load_w: Float, predicted_w: Float) -> Seen:
    """Return the reduction that readings show, scaled by how much of the prediction lies behind them.

    Parameters
    ----------
    expected_w, load_w : ndarray, shape (usage_point, slot), float64
        Load without the event, and as read; NaN where not known. [W]
    predicted_w : ndarray, shape (usage_point, slot), float64
        Reduction predicted. [W]

    Examples
    --------
    >>> scaled(np.array([[5.0], [5.0]]), np.array([[1.0], [np.nan]]), np.array([[4.0], [4.0]]))
    Seen(measured_w=array([8.]), coverage=array([0.5]))
    """
    both = ~np.isnan(expected_w) & ~np.isnan(load_w)
    total_w = predicted_w.sum(axis=0)
    behind_w = np.where(both, predicted_w, 0.0).sum(axis=0)
    coverage = np.divide(behind_w, total_w, out=np.zeros_like(total_w), where=total_w > 0)
    reduction_w = np.where(both, expected_w - load_w, 0.0).sum(axis=0)
    enough = coverage >= LEAST_COVERAGE
    measured_w = np.divide(reduction_w, coverage, out=np.full_like(total_w, np.nan), where=enough)
    return Seen(measured_w, np.clip(coverage, 0.0, 1.0))


def correction(seen: Seen, predicted_w: Float, event: Event, *, now: datetime, rates: Rates) -> float:
    """Return by what the prediction of later slots is multiplied: what was measured of it, the more the longer.

    Before anything was measured, it is what earlier events delivered.
    """
    shown = ~np.isnan(seen.measured_w) & (predicted_w > 0)
    if not shown.any():
        return rates.delivery_ratio
    share = seen.measured_w[shown].sum() / predicted_w[shown].sum()
    low, high = _CORRECTION_RANGE
    weight = (now - event.starts_at) / (now - event.starts_at + _BELIEVED_AFTER)
    return rates.delivery_ratio * (1 - weight) + weight * float(min(max(share, low), high))


def track(event: Event, called: Called, seen: Seen, *, now: datetime, rates: Rates) -> list[EventTracking]:
    """Return how each slot of an event goes, by what is known now.

    A slot that is over counts as it was measured; one to come, or that nobody measured, as it is predicted.
    """
    slots = (event.ends_at - event.starts_at) // SLOT
    offset = called.slot_of(event.starts_at)
    span = slice(offset, offset + slots)
    planned_w = called.reduction_w(span, predicted=False).sum(axis=0)
    raw_w = called.reduction_w(span, predicted=True).sum(axis=0)
    factor = correction(seen, raw_w, event, now=now, rates=rates)
    starts = [event.starts_at + number * SLOT for number in range(slots)]
    begun = np.array([start < slot_floor(now) + SLOT for start in starts])
    predicted_w = np.where(begun & ~np.isnan(seen.measured_w), raw_w, factor * raw_w)
    declined = ~called.accepted & ~called.waiting
    return [
        EventTracking(
            slot_start_at=start,
            tracked_at=now,
            called_count=int(called.end_device_id.size),
            accepted_count=int(called.accepted.sum()),
            declined_count=int(declined.sum()),
            unanswered_count=int(called.waiting.sum()),
            planned_w=float(planned_w[slot]),
            predicted_w=float(predicted_w[slot]),
            measured_w=None if np.isnan(seen.measured_w[slot]) else float(seen.measured_w[slot]),
            coverage_ratio=float(seen.coverage[slot]),
            shortfall_w=_shortfall_w(event, float(predicted_w[slot]), float(seen.measured_w[slot])),
        )
        for slot, start in enumerate(starts)
    ]


def _shortfall_w(event: Event, predicted_w: float, measured_w: float) -> float | None:
    if event.target_w is None:
        return None
    return event.target_w - (predicted_w if np.isnan(measured_w) else measured_w)
