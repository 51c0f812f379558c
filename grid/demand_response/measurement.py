"""What an event changed: the measured load of those who took part, against what they usually draw.

The baseline is *high 5 of 10*: for each usage point, the mean of the five days with the most energy in the event's
hours, among the ten days before that resemble the event's day and had no event. All figures are indicative.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE, SLOT, slot_floor, slot_starts
from db.connection import Connection
from db.demand_response import (
    Event,
    EventResult,
    earlier_events_of,
    open_events,
    participating_usage_points,
    plan_of_event,
    results_of_event,
    store_results,
)
from db.history import usage_point_load
from grid.demand_response.lifecycle import EventStatus, require_event
from grid.kernels.baseline import adjust_same_day, high_x_of_y
from grid.like_days import like_days

Float = NDArray[np.float64]

BASELINE_DAYS: Final = 10
HIGHEST_DAYS: Final = 5
LOOK_BACK_DAYS: Final = 45
#: Readings that come later than this after an event change nothing any more.
SETTLED_AFTER: Final = timedelta(days=7)
#: A slot is published once this share of those who took part was measured in it ... [ratio]
COVERAGE_RATIO: Final = 0.9
#: ... or this long after it ended, with those who were.
PATIENCE: Final = timedelta(hours=24)
#: The same-day adjustment compares the hour that ends three hours before the event, too early to be heated for it.
ADJUSTMENT_STARTS: Final = timedelta(hours=4)
ADJUSTMENT_SLOTS: Final = 2

_HOURLY_MINUTES: Final = 5
_MEASURED: Final = (EventStatus.ACTIVE, EventStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class _Curves:
    """Hold loads of usage points: baseline and measured, shape (usage_point, slot). [W]."""

    baseline_w: Float
    measured_w: Float


async def compute_result(connection: Connection, *, event_id: UUID, now: datetime) -> list[EventResult]:
    """Measure the slots of an event that have ended, store what is new, and return all that is stored.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : UUID
        Active or completed; any other has no result.
    now : datetime
        Time.

    Returns
    -------
    list of EventResult
        In order. From `SETTLED_AFTER` after the event on, what is stored is final.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    """
    event = await require_event(connection, event_id)
    stored = await results_of_event(connection, event_id)
    if event.status not in _MEASURED or now >= event.ends_at + SETTLED_AFTER:
        return stored
    measured = await measure_event(connection, event, now=now)
    known = {_figures(result) for result in stored}
    news = [result for result in measured if _figures(result) not in known]
    if not news:
        return stored
    async with connection.transaction():
        await store_results(connection, event_id, news)
        return await results_of_event(connection, event_id)


async def compute_results(connection: Connection, *, now: datetime) -> None:
    """Measure every event that is running or whose late readings still count.

    Called every few minutes; an event of which everything has been measured is looked at again each full hour.
    """
    is_full_hour = now.minute < _HOURLY_MINUTES
    for event in await open_events(connection, completed_after=now - SETTLED_AFTER):
        if event.status in _MEASURED and (is_full_hour or not await _is_complete(connection, event)):
            await compute_result(connection, event_id=event.event_id, now=now)


async def _is_complete(connection: Connection, event: Event) -> bool:
    participants = len(await participating_usage_points(connection, event.event_id))
    stored = await results_of_event(connection, event.event_id)
    slots = (event.ends_at - event.starts_at) // SLOT
    return len(stored) == slots and all(result.usage_point_count == participants for result in stored)


async def measure_event(
    connection: Connection, event: Event, *, now: datetime, same_day_adjustment: bool = False
) -> list[EventResult]:
    """Return baseline against measured load for each slot that has ended, without storing it.

    Parameters
    ----------
    connection : Connection
        A role that reads interval readings.
    event : Event
        With commands that were sent.
    now : datetime
        Time.
    same_day_adjustment : bool, default False
        Shift each baseline by how far the same day ran from it, from four to three hours before the event; the five
        days are then the highest over that hour and the event. Off, because heating or charging ahead of an event
        raises the adjustment and with it the reduction; compare both to see that.

    Returns
    -------
    list of EventResult
        Slots with too few measurements so far, and all where nobody has five like days, are left out.
    """
    usage_points = await participating_usage_points(connection, event.event_id)
    plan = await plan_of_event(connection, event.event_id)
    days = await _baseline_days(connection, event, usage_points)
    if not usage_points or plan is None or len(days) < HIGHEST_DAYS:
        return []
    lead = ADJUSTMENT_STARTS if same_day_adjustment else timedelta(0)
    curves = await _curves(connection, event, usage_points, days, lead=lead)
    slots = slot_starts(event.starts_at, event.ends_at)
    results = [
        _slot_result(start, curves, column, plan.planned_reduction_w[column], now) for column, start in enumerate(slots)
    ]
    return [one for one in results if _is_ready(one, len(usage_points), now)]


async def _curves(
    connection: Connection, event: Event, usage_points: list[int], days: list[date], *, lead: timedelta
) -> _Curves:
    """Return the curves of the event's slots, the baseline adjusted when it is looked at from `lead` earlier on."""
    past = [await _load_on(connection, event, usage_points, day, lead=lead) for day in days]
    load_w = np.stack(past, axis=1)
    observed_w = await _load_on(connection, event, usage_points, _local_date(event), lead=lead)
    before = lead // SLOT
    if not before:
        return _Curves(await asyncio.to_thread(high_x_of_y, load_w, x=HIGHEST_DAYS), observed_w)
    compared = np.r_[0:ADJUSTMENT_SLOTS, before : load_w.shape[2]]
    baseline_w = await asyncio.to_thread(high_x_of_y, load_w[:, :, compared], x=HIGHEST_DAYS)
    is_early = np.arange(compared.size) < ADJUSTMENT_SLOTS
    adjusted_w = adjust_same_day(baseline_w, observed_w[:, compared], is_early)
    return _Curves(adjusted_w[:, ~is_early], observed_w[:, before:])


async def _load_on(
    connection: Connection, event: Event, usage_points: list[int], day: date, *, lead: timedelta
) -> Float:
    """Return the load of a day in the event's hours by the local clock, and `lead` before them. [W]."""
    local = event.starts_at.astimezone(LOCAL_ZONE)
    start = slot_floor(datetime.combine(day, local.time(), tzinfo=LOCAL_ZONE).astimezone(UTC))
    end = start + (event.ends_at - event.starts_at)
    return await usage_point_load(connection, usage_point_ids=usage_points, start=start - lead, end=end)


async def _baseline_days(connection: Connection, event: Event, usage_points: list[int]) -> list[date]:
    after = event.starts_at - timedelta(days=LOOK_BACK_DAYS + 1)
    earlier = await earlier_events_of(
        connection, event_id=event.event_id, usage_point_ids=usage_points, after=after, before=event.starts_at
    )
    slots = (start for span in earlier for start in slot_starts(span.starts_at, span.ends_at))
    disturbed = {start.astimezone(LOCAL_ZONE).date() for start in slots}
    return like_days(_local_date(event), count=BASELINE_DAYS, within_days=LOOK_BACK_DAYS, excluded=disturbed)


def _local_date(event: Event) -> date:
    return event.starts_at.astimezone(LOCAL_ZONE).date()


def _slot_result(start: datetime, curves: _Curves, column: int, planned_w: float, now: datetime) -> EventResult:
    baseline_w, measured_w = curves.baseline_w[:, column], curves.measured_w[:, column]
    both = ~np.isnan(baseline_w) & ~np.isnan(measured_w)
    return EventResult(
        start, now, int(both.sum()), float(baseline_w[both].sum()), float(measured_w[both].sum()), planned_w
    )


def _is_ready(result: EventResult, participants: int, now: datetime) -> bool:
    ended = result.slot_start_at + SLOT
    if now < ended or not result.usage_point_count:
        return False
    return result.usage_point_count >= COVERAGE_RATIO * participants or now >= ended + PATIENCE


def _figures(result: EventResult) -> tuple[datetime, int, float, float]:
    """Return what makes one result differ from another, as the database stores it: in single precision."""
    single = (float(np.float32(watts)) for watts in (result.baseline_w, result.measured_w))
    return (result.slot_start_at, result.usage_point_count, *single)  # type: ignore[return-value]  # two of them
