"""What came of the event: by readings in the database, and by the simulator, which knows what it did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOT_S
from db.closed_loop import CalledResource, adjustments_of_event, called_resources, tracking_of_event
from db.connection import Role, connect
from db.demand_response import Event, commands_of_event
from grid.demand_response.called import gather_called
from grid.demand_response.limits import POWER_FACTOR
from grid.demand_response.measurement import compute_result
from grid.demand_response.rates import Rates
from grid.demand_response.tracking import see
from simulators.evenings import FlexibleLoad
from simulators.fleet import Fleet
from simulators.flexible import window

Float = NDArray[np.float64]

_REBOUND_SLOTS: Final = 2
_KW: Final = 1_000.0


@dataclass(frozen=True, slots=True)
class Told:
    """One command that was accepted: the resource's name, when it began, and its setpoints. [W]."""

    resource: str
    start_at: datetime
    setpoint_w: list[float]


async def judge(database_url: str, fleet: Fleet, event: Event, now: datetime) -> dict[str, Any]:
    """Return the figures of an event that is over.

    Notes
    -----
    ``measured_kw`` is what the loop itself goes by: against the middle 6 of 10 like days, with what a control group of
    flexible households that were not called draws beyond its history; ``measured_middle_6_of_10_kw`` is without that.
    ``measured_high_5_of_10_kw`` is the result as it is published. ``true_kw`` is what the simulated fleet drew
    less than the same fleet that nobody had asked anything.
    """
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        rows = await called_resources(connection, event.event_id)
        called = gather_called(rows, event, Rates())
        seen = await see(connection, event, called, now=now)
        by_history = await see(connection, event, called, now=now, controlled=False)
        results = await compute_result(connection, event_id=event.event_id, now=now)
        adjustments = await adjustments_of_event(connection, event.event_id)
        tracked = await tracking_of_event(connection, event.event_id)
        commands = await commands_of_event(connection, event.event_id)
    accepted = [
        Told(one.resource, one.start_at, one.dispatch_setpoint_w) for one in commands if one.status == "accepted"
    ]
    slots = (event.ends_at - event.starts_at) // SLOT
    start_s = int(event.starts_at.timestamp())
    end_s = int(event.ends_at.timestamp())
    reduced_w = _flexible_w(fleet.load, fleet, start_s, slots, natural=True) - _flexible_w(
        fleet.load, fleet, start_s, slots
    )
    night = _slots_to_morning(event)
    return {
        "target_kw": round((event.target_w or 0.0) / _KW, 1),
        "measured_kw": round(float(np.mean(seen.measured_w)) / _KW, 1),
        "measured_middle_6_of_10_kw": round(float(np.mean(by_history.measured_w)) / _KW, 1),
        "measured_high_5_of_10_kw": round(_mean(one.baseline_w - one.measured_w for one in results) / _KW, 1),
        "true_kw": round(float(reduced_w.sum(axis=0).mean()) / _KW, 1),
        "measured_by_slot_kw": [round(float(watts) / _KW, 1) for watts in seen.measured_w],
        "true_by_slot_kw": [round(float(watts) / _KW, 1) for watts in reduced_w.sum(axis=0)],
        "tracked_by_slot_kw": [None if one.measured_w is None else round(one.measured_w / _KW, 1) for one in tracked],
        "coverage": round(float(seen.coverage.min()), 3),
        "worst_rebound_loading": round(_loading(fleet, end_s, _REBOUND_SLOTS), 3),
        "worst_night_loading": round(_loading(fleet, end_s, night), 3),
        "worst_rebound_loading_all_at_once": round(_at_once(fleet, accepted, event, _REBOUND_SLOTS), 3),
        "worst_rebound_loading_without_event": round(_loading(fleet, end_s, _REBOUND_SLOTS, natural=True), 3),
        "called": int(called.end_device_id.size),
        "accepted": int(called.accepted.sum()),
        "unanswered": int(called.waiting.sum()),
        "declined": int((~called.accepted & ~called.waiting).sum()),
        "called_twice": _called_twice(rows),
        "adjustments": [f"{one.decided_at:%H:%M} {one.purpose} {one.command_count}" for one in adjustments],
    }


def _called_twice(rows: list[CalledResource]) -> int:
    """Return how many resources were told twice at one time."""
    told = [(row.end_device_id, row.start_at, tuple(row.dispatch_setpoint_w)) for row in rows]
    return len(told) - len(set(told))


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))


def _flexible_w(load: FlexibleLoad, fleet: Fleet, first_s: int, slots: int, *, natural: bool = False) -> Float:
    """Return the power of the flexible devices, as it was or had nobody been asked; shape (resource, slot). [W]."""
    asked = FlexibleLoad(fleet.load.flexible) if natural else load
    return asked.slot_wh(first_s, slots) * (3600 / SLOT_S)


def _loading(
    fleet: Fleet, first_s: int, slots: int, *, natural: bool = False, load: FlexibleLoad | None = None
) -> float:
    """Return the highest loading of any transformer, of the limit that plans are given."""
    net_w = fleet.curves.net_wh(first_s, slots) * (3600 / SLOT_S)
    flexible_w = _flexible_w(load or fleet.load, fleet, first_s, slots, natural=natural)
    np.add.at(net_w, fleet.load.flexible.usage_point, flexible_w)
    by_transformer_w = np.add.reduceat(net_w, fleet.first_point[:-1], axis=0)
    limit_w = POWER_FACTOR * np.array([one.rated_va for one in fleet.network.power_transformers], dtype=np.float64)
    return float((by_transformer_w / limit_w[:, np.newaxis]).max())


def _at_once(fleet: Fleet, accepted: list[Told], event: Event, slots: int) -> float:
    """Return the loading if those who obeyed had all come back the moment the event ended."""
    row = {name: index for index, name in enumerate(fleet.orders.names)}
    load = FlexibleLoad(fleet.load.flexible)
    for told in accepted:
        count = max(int((event.ends_at - told.start_at) / SLOT), 1)
        start_s = int(told.start_at.timestamp())
        load.limit(row[told.resource], start_s, start_s, SLOT_S, told.setpoint_w[:count])
    return _loading(fleet, int(event.ends_at.timestamp()), slots, load=load)


def _slots_to_morning(event: Event) -> int:
    opens_s, minutes = window(event.starts_at.date())
    return (opens_s + minutes * 60 - int(event.ends_at.timestamp())) // SLOT_S
