"""Measured load for the forecasts' benchmark, on the local half-hour grid, with the weather that came with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.slots import SLOT, SLOTS_PER_DAY
from grid.weather.features import degree_columns

Float = NDArray[np.float64]

#: Around Paris live twelve of 67 millions, but it is one of ten cities. [1]
_PARIS_MORE = 0.17
_FRENCH, _DUTCH = "Europe/Paris", "Europe/Amsterdam"


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold one series.

    Attributes
    ----------
    name, group : str
        What it is, and which figures it counts in.
    first : date
        Local day of slot 0.
    load : ndarray, shape (slot,), float64
        In whatever unit it was published in; NaN where missing; whole days.
    weather : ndarray, shape (slot, column), float64
        Weather at each slot, near-analysis and so better than any forecast of it; no columns where there is none.
    rival : ndarray, shape (slot,), float64, or None
        A forecast that was published for it.
    """

    name: str
    group: str
    first: date
    load: Float
    weather: Float
    rival: Float | None = None


def measured(
    name: str,
    group: str,
    when: "pd.Series[pd.Timestamp]",
    load: "pd.Series[float]",
    weather: list[Float] | None = None,
    rival: "pd.Series[float] | None" = None,
) -> Measured:
    """Return a series from local times and values of any step that divides a half-hour, or of an hour."""
    on_grid, first = _on_grid(when, load)
    columns = np.zeros((on_grid.size, 0)) if not weather else np.stack(weather, axis=1)
    return Measured(name, group, first, on_grid, columns, None if rival is None else _on_grid(when, rival)[0])


def local(when: "pd.Series[pd.Timestamp]", zone: str) -> "pd.Series[pd.Timestamp]":
    """Return times as the clocks of a zone show them."""
    return when.dt.tz_convert(zone).dt.tz_localize(None)


def homes(folder: Path) -> Iterator[Measured]:
    """Yield six Australian homes, then French and London ones."""
    table = pd.read_parquet(folder / "household_sgsc_6x_30min.parquet")
    for customer, of in table.groupby("customer_id"):
        yield measured(f"sgsc {customer}", "sgsc", of["reading_datetime"], of["kwh"])
    sceaux = pd.read_parquet(folder / "household_fr_sceaux_hourly_2006_2009.parquet")
    yield measured("sceaux", "homes", sceaux["time_local"], sceaux["active_kwh"].where(sceaux["active_kwh"] > 0))
    emhass = pd.read_parquet(folder / "household_fr_emhass_30min_train.parquet")
    yield measured("emhass", "homes", local(emhass["time_utc"], _FRENCH), emhass["load_w"])
    london = pd.read_csv(folder / "household_lcl_MAC000002.csv.gz")
    kwh = pd.to_numeric(london["KW"], errors="coerce")
    yield measured("london", "homes", pd.to_datetime(london["DateTime"]), kwh)


def grid(folder: Path) -> Iterator[Measured]:
    """Yield Dutch feeders and stations, and the portfolio of a French supplier."""
    for number in (287, 307):
        table = pd.read_parquet(folder / f"feeder_nl_openstef_{number}_15min.parquet")
        when = local(table["time_utc"], _DUTCH)
        weather = [_even(when, table[name]) for name in ("radiation", "temp", "windspeed_100m")]
        yield measured(f"feeder {number}", "feeders", when, table["load"], weather)
    stations = pd.read_parquet(folder / "substations_nl_openstef_5x_15min.parquet")
    for station, of in stations.groupby("station"):
        when = pd.Series(pd.date_range("2021-08-01", periods=len(of), freq="15min"))
        weather = [_even(when, of[name].reset_index(drop=True)) for name in ("radiation", "windspeed_100m")]
        weather += [column**2 for column in weather]
        yield measured(f"station {station}", "stations", when, of["total_substation"], weather)
    supplier = pd.read_parquet(folder / "supplier_fr_enercoop_30min_2015_2019.parquet")
    when = local(supplier["time"], _FRENCH)
    weather = list(degree_columns(_on_grid(when, supplier["t_smooth"])[0]).T)
    for name in ("slp_kw", "smart_metered_kw"):
        yield measured(f"enercoop {name}", "enercoop", when, supplier[name], weather)


def nation(folder: Path) -> Measured:
    """Return France's load of three years, with the weather of ten cities and the grid operator's own forecast."""
    table = pd.read_parquet(folder / "national_fr_entsoe_2021_2023.parquet")
    when = local(table["time_utc"], _FRENCH)
    lille = pd.read_parquet(folder / "weather_lille_openmeteo_hourly_2021_2023.parquet").assign(city="lille")
    others = pd.read_parquet(folder / "weather_fr9_openmeteo_hourly_2021_2023.parquet")
    cities = pd.concat([lille[others.columns], others])
    mean = {}
    for name in ("temperature_2m", "cloud_cover", "wind_speed_10m"):
        by_city = cities.pivot_table(index="time", columns="city", values=name, dropna=False)
        weighted = by_city.mean(axis=1, skipna=False) + _PARIS_MORE * (by_city["paris"] - by_city.mean(axis=1))
        mean[name] = _on_grid(local(pd.Series(weighted.index), _FRENCH), weighted.reset_index(drop=True))[0]
    cold = list(degree_columns(mean["temperature_2m"]).T)
    weather = [*cold, mean["cloud_cover"] / 100.0, mean["wind_speed_10m"] / 20.0 * cold[1]]
    return measured("france", "france", when, table["actual_mw"], weather, rival=table["day_ahead_mw"])


def _on_grid(when: "pd.Series[pd.Timestamp]", values: "pd.Series[float]") -> tuple[Float, date]:
    """Return means over half-hours of whole local days; an hour fills both of its halves, a spring hour is missing."""
    halves = pd.Series(values.to_numpy(dtype=np.float64)).groupby(pd.DatetimeIndex(when).floor(SLOT)).mean()
    found = pd.DatetimeIndex(halves.index)
    days = pd.date_range(found[0].normalize(), found[-1].normalize(), freq="D")
    filled = halves.reindex(pd.date_range(days[0], periods=days.size * SLOTS_PER_DAY, freq=SLOT))
    if np.median(np.diff(found.to_numpy())) > np.timedelta64(SLOT):
        filled = filled.ffill(limit=1)
    return np.asarray(filled, dtype=np.float64), days[0].date()


def _even(when: "pd.Series[pd.Timestamp]", values: "pd.Series[float]") -> Float:
    """Return weather without gaps, about zero and of size one."""
    found = pd.Series(_on_grid(when, values)[0]).ffill().bfill().to_numpy()
    even: Float = (found - found.mean()) / found.std()
    return even
