"""Forecasts and their skill: written whole, read as they were known at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from db.connection import Connection, translated_errors
from db.forecast_copy import BaseForecasts, encode_forecasts
from db.rows import all_rows, one_row
from db.statements import statements


@dataclass(frozen=True, slots=True)
class ForecastRun:
    """One issue of forecasts for many places.

    Attributes
    ----------
    forecast_run_id : int
        Key.
    issued_at, known_until : datetime
        Time it speaks from; end of the last slot of load that was known.
    horizon_slots : int
        Slots forecast for each place. [slots]
    quantiles : list of float
        Rising, in (0, 1). [1]
    """

    forecast_run_id: int
    issued_at: datetime
    known_until: datetime
    horizon_slots: int
    quantiles: list[float]


@dataclass(frozen=True, slots=True)
class ForecastSlot:
    """What was forecast for one place and slot, by the newest issue that may be known.

    Attributes
    ----------
    load_w : float
        Expected net load, import positive. [W]
    quantile_load_w : list of float
        In the order of ``quantiles``. [W]
    """

    forecast_run_id: int
    issued_at: datetime
    valid_from: datetime
    load_w: float
    quantiles: list[float]
    quantile_load_w: list[float]


@dataclass(frozen=True, slots=True)
class PlaceForecastSlot:
    """What one issue says of one place and slot; powers in watts.

    Attributes
    ----------
    load_w, quantile_load_w
        Made to add up: a total is the sum of its parts. [W]
    base_load_w, base_quantile_load_w
        Forecast of the place by itself; None in issues that were not made to add up. [W]
    """

    place_id: int
    valid_from: datetime
    load_w: float
    quantile_load_w: list[float]
    base_load_w: float | None = None
    base_quantile_load_w: list[float] | None = None


@dataclass(frozen=True, slots=True)
class ForecastSkill:
    """How good the method was lately for a place; figures are None where there was too little history.

    Attributes
    ----------
    method : str
        What the forecast was made with; a fall-back is named here.
    origin_count : int
        Backtest origins scored.
    mae_w, naive_mae_w, crps_w : float or None
        Mean absolute errors, the weekly naive's for comparison, and the score of the quantiles. [W]
    mape_ratio, naive_mape_ratio, coverage_ratio : float or None
        Mean absolute percentage errors; share of loads between the outermost quantiles. [1]
    coherent_mae_w : float or None
        Mean absolute error once forecasts add up; the other figures are of the place by itself. [W]
    """

    forecast_run_id: int
    place_id: int
    method: str
    origin_count: int
    mae_w: float | None
    naive_mae_w: float | None
    mape_ratio: float | None
    naive_mape_ratio: float | None
    crps_w: float | None
    coverage_ratio: float | None
    coherent_mae_w: float | None = None


async def insert_run(
    connection: Connection,
    *,
    issued_at: datetime,
    known_until: datetime,
    horizon_slots: int,
    quantiles: Sequence[float],
) -> int:
    """Store the head of an issue and return its key."""
    values = {
        "issued_at": issued_at,
        "known_until": known_until,
        "horizon_slots": horizon_slots,
        "quantiles": list(quantiles),
    }
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(statements("forecasts")["insert_run"], values)
        rows = await cursor.fetchall()
    return int(rows[0][0])


async def insert_forecasts(
    connection: Connection,
    *,
    forecast_run_id: int,
    place_id: NDArray[np.int32],
    first_valid_from: datetime,
    load_w: NDArray[np.float64],
    quantile_load_w: NDArray[np.float64],
    base: BaseForecasts | None = None,
) -> None:
    """Store the forecasts of many places by binary COPY.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that stored the run.
    forecast_run_id : int
        From `insert_run`.
    place_id : ndarray, shape (place,), int32
        Places.
    first_valid_from : datetime
        Start of lead 0.
    load_w : ndarray, shape (place, lead), float64
        Finite. [W]
    quantile_load_w : ndarray, shape (place, lead, quantile), float64
        Finite, rising along the last axis. [W]
    base : BaseForecasts, optional
        What places were forecast by themselves, of the same shapes; left out where nothing was made to add up.
    """
    payload = encode_forecasts(forecast_run_id, place_id, first_valid_from, load_w, quantile_load_w, base)
    columns = "forecast_run_id, place_id, valid_from, load_w, quantile_load_w"
    if base is not None:
        columns += ", base_load_w, base_quantile_load_w"
    statement = f"COPY somel.forecast ({columns}) FROM STDIN (FORMAT binary)"
    async with translated_errors(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        await copy.write(payload)


async def insert_skill(connection: Connection, skills: Sequence[ForecastSkill]) -> None:
    """Store the skill of many places of one run."""
    if not skills:
        return
    columns: dict[str, object] = {
        field.name: [getattr(skill, field.name) for skill in skills] for field in fields(ForecastSkill)
    }
    columns["forecast_run_id"] = skills[0].forecast_run_id
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(statements("forecasts")["insert_skill"], columns)


async def latest_run(connection: Connection, *, as_of: datetime) -> ForecastRun | None:
    """Return the newest issue known at `as_of`."""
    return await one_row(connection, ForecastRun, statements("forecasts")["latest_run"], {"as_of": as_of})


async def forecast_between(
    connection: Connection, *, place_id: int, start: datetime, end: datetime, as_of: datetime
) -> list[ForecastSlot]:
    """Return for each slot in ``[start, end)`` what the newest issue known at `as_of` says of it."""
    span = {"place_id": place_id, "start": start, "end": end, "as_of": as_of}
    return await all_rows(connection, ForecastSlot, statements("forecasts")["forecast_between"], span)


async def forecast_of_run(
    connection: Connection, *, forecast_run_id: int, place_ids: Sequence[int]
) -> list[PlaceForecastSlot]:
    """Return what one issue says of several places, ordered by place and slot."""
    wanted = {"forecast_run_id": forecast_run_id, "place_ids": list(place_ids)}
    return await all_rows(connection, PlaceForecastSlot, statements("forecasts")["forecast_of_run"], wanted)


async def skill_of_place(connection: Connection, *, place_id: int, as_of: datetime) -> ForecastSkill | None:
    """Return the skill stored with the newest issue for the place known at `as_of`."""
    wanted = {"place_id": place_id, "as_of": as_of}
    return await one_row(connection, ForecastSkill, statements("forecasts")["skill_of_place"], wanted)


async def skill_of_level(connection: Connection, *, forecast_run_id: int, level: str) -> list[ForecastSkill]:
    """Return the skill of every place of a level in one issue."""
    wanted = {"forecast_run_id": forecast_run_id, "level": level}
    return await all_rows(connection, ForecastSkill, statements("forecasts")["skill_of_level"], wanted)
