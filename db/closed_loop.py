"""The closed loop of an event: whom it called and what became of it, how it goes, and what was decided meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.connection import Connection, translated_errors
from db.copy import Field, read_columns
from db.demand_response_rows import Event
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("closed_loop")
_USAGE_POINT_POWER: Final = {"usage_point_id": Field.INT4, "slot": Field.INT4, "load_w": Field.FLOAT8}


@dataclass(frozen=True, slots=True)
class CalledResource:
    """One command of an event, with what its resource had said it needs when it was called. [W, Wh]."""

    command_id: UUID
    end_device_id: int
    usage_point_id: int
    power_transformer_place_id: int
    rated_power_w: int
    reported_at: datetime
    energy_needed_wh: int
    max_power_w: int
    available_from: datetime
    ready_by: datetime
    issued_at: datetime
    start_at: datetime
    step_s: int
    dispatch_setpoint_w: list[float]
    status: str
    attempt_count: int
    kind: str = ""
    natural_w: list[float] | None = None
    is_followed: bool = False


@dataclass(frozen=True, slots=True)
class Obedience:
    """How many of the calls that were answered, or will not be any more, were accepted."""

    accepted_count: int
    answered_count: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What events were predicted to give, and what was measured, summed over their slots. [W]."""

    predicted_w: float
    measured_w: float


@dataclass(frozen=True, slots=True)
class EventTracking:
    """How one slot of an event goes.

    Attributes
    ----------
    called_count, accepted_count, declined_count, unanswered_count : int
        Resources called so far, and what they answered.
    planned_w, predicted_w : float
        Reduction if all obeyed, and as it is to be expected. [W]
    measured_w : float or None
        Reduction by readings so far; None while they are too few. [W]
    coverage_ratio : float
        Share of the predicted reduction behind usage points with readings. [ratio]
    shortfall_w : float or None
        Target less the measured or predicted reduction; None without target. [W]
    """

    slot_start_at: datetime
    tracked_at: datetime
    called_count: int
    accepted_count: int
    declined_count: int
    unanswered_count: int
    planned_w: float
    predicted_w: float
    measured_w: float | None
    coverage_ratio: float
    shortfall_w: float | None


@dataclass(frozen=True, slots=True)
class EventAdjustment:
    """What was decided after the plan of an event was approved: redispatch, rebalance or release. [W, Wh]."""

    purpose: str
    decided_at: datetime
    command_count: int
    first_slot_at: datetime
    wanted_w: list[float]
    planned_reduction_w: list[float]
    unserved_wh: float


async def called_resources(connection: Connection, event_id: UUID) -> list[CalledResource]:
    """Return the commands of an event by transformer, resource and time of issue."""
    return await all_rows(connection, CalledResource, _SQL["called_resources"], {"event_id": event_id})


async def obedience(connection: Connection, *, since: datetime) -> Obedience:
    """Return how calls issued since a time were answered."""
    found = await one_row(connection, Obedience, _SQL["obedience"], {"since": since})
    return found or Obedience(0, 0)


async def delivery(connection: Connection, *, since: datetime) -> Delivery:
    """Return what events that ended since a time gave of what they had been predicted to."""
    found = await one_row(connection, Delivery, _SQL["delivery"], {"since": since})
    return found or Delivery(0.0, 0.0)


async def store_tracking(connection: Connection, event_id: UUID, rows: Sequence[EventTracking]) -> None:
    """Store how slots go, over what was stored of the same slots."""
    values = [asdict(row) | {"event_id": event_id} for row in rows]
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.executemany(_SQL["store_tracking"], values)


async def tracking_of_event(connection: Connection, event_id: UUID) -> list[EventTracking]:
    """Return how an event goes, slot by slot."""
    return await all_rows(connection, EventTracking, _SQL["tracking_of_event"], {"event_id": event_id})


async def insert_adjustment(connection: Connection, event_id: UUID, adjustment: EventAdjustment) -> None:
    """Store what was decided."""
    await _execute(connection, "insert_adjustment", asdict(adjustment) | {"event_id": event_id})


async def adjustments_of_event(connection: Connection, event_id: UUID) -> list[EventAdjustment]:
    """Return what was decided after the plan of an event was approved, in order."""
    return await all_rows(connection, EventAdjustment, _SQL["adjustments_of_event"], {"event_id": event_id})


async def replace_commands(
    connection: Connection, event_id: UUID, end_device_ids: Sequence[int], *, now: datetime
) -> None:
    """Close the open commands of resources that are about to get a later one of the same event."""
    values = {"event_id": event_id, "end_device_ids": list(end_device_ids), "now": now}
    await _execute(connection, "replace_commands", values)


async def running_events(connection: Connection) -> list[Event]:
    """Return the events that are scheduled or active, by start."""
    return await all_rows(connection, Event, _SQL["running_events"], {})


async def usage_point_power(
    connection: Connection, *, usage_point_ids: Sequence[int], start: datetime, end: datetime
) -> NDArray[np.float64]:
    """Return the mean of the instantaneous power read in each half-hour, so far.

    Parameters
    ----------
    connection : Connection
        A role that reads readings.
    usage_point_ids : sequence of int
        Rising.
    start, end : datetime
        Span, on slots' edges.

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Import positive; NaN where nothing was read. [W]
    """
    span = {"usage_point_ids": list(usage_point_ids), "start": start, "end": end}
    async with translated_errors():
        columns = await read_columns(connection, _SQL["usage_point_power"], span, _USAGE_POINT_POWER)
    load_w = np.full((len(usage_point_ids), (end - start) // SLOT), np.nan)
    row = np.searchsorted(np.asarray(usage_point_ids, dtype=np.int64), columns["usage_point_id"])
    load_w[row, columns["slot"]] = columns["load_w"]
    return load_w


async def _execute(connection: Connection, name: str, values: Mapping[str, object]) -> None:
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(_SQL[name], values)
