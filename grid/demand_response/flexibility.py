"""What resources need, on the slots of a plan: from their last statements to the arrays that kernels take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOT_S, slot_floor
from db.demand_response import Event, FlexibleResource
from grid.demand_response.onoff import Resource
from grid.kernels.natural import natural_schedule

Float = NDArray[np.float64]
Int = NDArray[np.int64]

SLOT_HOURS: Final = SLOT_S / 3_600
#: Deadlines further off than this after the start of an event are cut to it.
LONGEST_TAIL: Final = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Store:
    """Hold a resource that is planned by what it stores, not by a need; see `grid.demand_response.stores`.

    Attributes
    ----------
    resource : Resource
        What is known of it, on the slots of the plan.
    beside_w : ndarray, shape (slot,), float64
        What it draws in slots that its plan leaves alone. [W]
    gives_w : ndarray, shape (slot,), float64
        What it draws less than by itself under the event's prices, with no limit in the way. [W]
    bound_eur : float
        Least that its plan can cost more than what it does by itself; at most 0, but for what it owes. [EUR]
    """

    resource: Resource
    beside_w: Float
    gives_w: Float
    bound_eur: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """Hold the resources of a plan, ordered by transformer.

    Attributes
    ----------
    start_at : datetime
        Start of slot 0 of the plan.
    event_slots : slice
        The slots of the event.
    end_device_id, transformer_id : ndarray, shape (device,), int64
        Resource, and place of its transformer, not falling.
    need_wh, power_cap_w : ndarray, shape (device,), float64
        Energy to be planned, and the highest power. [Wh], [W]
    first_slot, last_slot : ndarray, shape (device,), int64
        Window ``[first_slot, last_slot)`` of whole slots. [slots]
    natural_w : ndarray, shape (device, slot), float64
        What each would draw by itself: full power from the moment it is available until it has its energy. [W]
    fixed_w : ndarray, shape (device, slot), float64
        The part of it that is left alone: in the slot before the event in which a window opens half-way. Of stores all,
        until `grid.demand_response.rounding` has planned them. [W]
    stores : mapping of int to Store
        Devices that are stores, by end device; they have no need.
    """

    start_at: datetime
    event_slots: slice
    end_device_id: Int
    transformer_id: Int
    need_wh: Float
    power_cap_w: Float
    first_slot: Int
    last_slot: Int
    natural_w: Float
    fixed_w: Float
    stores: Mapping[int, Store] = field(default_factory=dict)

    @property
    def is_store(self) -> NDArray[np.bool_]:
        """Tell which devices are stores, shape (device,)."""
        return np.isin(self.end_device_id, list(self.stores))

    @property
    def slot_count(self) -> int:
        """Return the slots of the plan."""
        return int(self.natural_w.shape[1])


@dataclass(frozen=True, slots=True)
class _Windows:
    """Hold when devices may draw, shape (device,): whole slots, and the hours before them in a slot that has begun."""

    first: Int
    last: Int
    early_h: Float


def slot_ceil(instant: datetime) -> datetime:
    """Return the start of the first slot that does not begin before `instant`."""
    floor = slot_floor(instant)
    return floor if floor == instant else floor + SLOT


def gather_fleet(
    resources: Sequence[FlexibleResource], event: Event, *, now: datetime, until: datetime | None = None
) -> Fleet:
    """Lay the resources' statements on the slots from `now` to the last deadline, and at least to the event's end.

    Parameters
    ----------
    resources : sequence of FlexibleResource
        Ordered by transformer.
    event : Event
        Starts on or after the plan's first slot.
    now : datetime
        Time; the plan starts with the next slot.
    until : datetime, optional
        The plan reaches so far at least; None: to the last deadline.

    Returns
    -------
    Fleet
        Without stores.

    Notes
    -----
    A statement ages: a resource whose window had opened has been drawing since, so that much is taken off its need.
    What a resource could not take in its window at full power is left out too: that is its own shortage, not the
    grid's. A deadline is rounded down to its slot.
    """
    start = slot_ceil(now)
    latest = event.starts_at + LONGEST_TAIL
    end = max([event.ends_at, until or start, *(min(slot_floor(resource.ready_by), latest) for resource in resources)])
    event_slots = slice((event.starts_at - start) // SLOT, (event.ends_at - start) // SLOT)
    slots = (end - start) // SLOT
    windows = _windows(resources, start, slots)
    cap_w = np.array([_cap_w(resource) for resource in resources], dtype=np.float64)
    left_wh = np.array([_left_wh(resource, start) for resource in resources], dtype=np.float64)
    room_wh = cap_w * SLOT_HOURS * (windows.last - windows.first)
    early_wh = np.minimum(left_wh, cap_w * windows.early_h)
    later_wh = np.minimum(left_wh - early_wh, room_wh)
    later_w, _ = natural_schedule(later_wh, cap_w, first_slot=windows.first, last_slot=windows.last, slots=slots)
    early_w = np.zeros_like(later_w)
    begun = np.flatnonzero(early_wh > 0)
    early_w[begun, windows.first[begun] - 1] = early_wh[begun] / SLOT_HOURS
    fixed_w = early_w.copy()
    fixed_w[:, event_slots] = 0.0
    movable_wh = (early_w - fixed_w).sum(axis=1) * SLOT_HOURS
    return Fleet(
        start,
        event_slots,
        np.array([resource.end_device_id for resource in resources], dtype=np.int64),
        np.array([resource.power_transformer_place_id for resource in resources], dtype=np.int64),
        np.minimum(later_wh + movable_wh, room_wh),
        cap_w,
        windows.first,
        windows.last,
        early_w + later_w,
        fixed_w,
    )


def subset(fleet: Fleet, rows: NDArray[np.int64]) -> Fleet:
    """Return some devices of a fleet, in the fleet's order."""
    kept = {
        one.name: getattr(fleet, one.name)[rows]
        for one in fields(fleet)
        if isinstance(getattr(fleet, one.name), np.ndarray)
    }
    return replace(fleet, **kept)


def _windows(resources: Sequence[FlexibleResource], start: datetime, slots: int) -> _Windows:
    """Return windows of whole slots in ``[0, slots)``, and what of the slot before is open as well."""
    opens = [max(resource.available_from, start) for resource in resources]
    shuts = [(slot_floor(resource.ready_by) - start) // SLOT for resource in resources]
    first = np.array([(slot_ceil(one) - start) // SLOT for one in opens], dtype=np.int64)
    early_h = np.array([(slot_ceil(one) - one) / timedelta(hours=1) for one in opens], dtype=np.float64)
    last = np.clip(np.array(shuts, dtype=np.int64), 0, slots)
    early_h[first > last] = 0.0
    return _Windows(np.minimum(first, last), last, early_h)


def _cap_w(resource: FlexibleResource) -> float:
    return float(min(resource.rated_power_w, resource.max_power_w))


def _left_wh(resource: FlexibleResource, start: datetime) -> float:
    drawing_since = max(resource.reported_at, resource.available_from)
    drawn_h = max(start - drawing_since, timedelta(0)) / timedelta(hours=1)
    return max(resource.energy_needed_wh - drawn_h * _cap_w(resource), 0.0)
