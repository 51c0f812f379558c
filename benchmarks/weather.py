"""Forecast measured loads for two days with and without the weather, as a place with a short history does.

Every forecast is the platform's own (`grid.forecast_model.forecast_series`) from windows of 35, 90 and 365 days. The
temperature and the sun are near-analysis, better than any forecast of them: what is gained here is the most there is.

Expected before it was first run: a fifth less error for France with 35 days, a third with a year; nothing for certain
for single feeders, but for the sun where there are panels. ``panels`` forecasts as the platform does: with the panels'
part taken out where the load shows some, else with degrees and sun.

Figures on the last line with ``--json``: ``<series>_<days>``, for each set of columns 1 - MAE / MAE without weather.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.slots import SLOT, SLOTS_PER_DAY
from grid.forecast_model import SeriesForecasts, forecast_series
from grid.weather.features import degree_columns, sun_column
from grid.weather.panels import has_panels, panel_area_m2, panel_load_w

Float = NDArray[np.float64]

HORIZON_DAYS = 2
_NOON = SLOTS_PER_DAY // 2
_J_PER_HOUR_AND_M2_IN_W = 3_600.0


@dataclass(frozen=True, slots=True)
class Followed:
    """Hold a load with columns of weather on the same half-hours, and how often to forecast it, by days of history.

    Irradiance is None where it is not known. [W/m2]
    """

    name: str
    start: datetime
    load: Float
    columns: Mapping[str, Float]
    every_days: Mapping[int, int]
    irradiance_w_m2: Float | None = None


def france(folder: Path) -> Followed:
    """Return France with the mean temperature of ten cities."""
    table = pd.read_parquet(folder / "national_fr_entsoe_2021_2023.parquet")
    lille = pd.read_parquet(folder / "weather_lille_openmeteo_hourly_2021_2023.parquet").assign(city="lille")
    others = pd.read_parquet(folder / "weather_fr9_openmeteo_hourly_2021_2023.parquet")
    cities = pd.concat([lille[others.columns], others])
    warmth = cities.pivot_table(index="time", columns="city", values="temperature_2m", dropna=False).mean(axis=1)
    slots = pd.date_range("2021-04-01 12:00", "2023-12-30 23:30", freq=SLOT, tz="UTC")
    load = pd.Series(table["actual_mw"].to_numpy(), index=pd.DatetimeIndex(table["time_utc"]))
    temperature = warmth.reindex(slots, method="ffill", limit=1).to_numpy(dtype=np.float64)
    hours = load.reindex(slots, method="ffill", limit=1).to_numpy(dtype=np.float64)
    columns = {"degrees": degree_columns(temperature)}
    return Followed("france", slots[0].to_pydatetime(), hours, columns, {35: 9, 90: 9, 365: 20})


def feeder(folder: Path, number: int) -> Followed:
    """Return a Dutch feeder with the temperature and the sun there."""
    table = pd.read_parquet(folder / f"feeder_nl_openstef_{number}_15min.parquet")
    halves = table.set_index(pd.DatetimeIndex(table["time_utc"]))[["load", "temp", "radiation"]].resample(SLOT).mean()
    halves = halves.iloc[_NOON:]
    weather = halves[["temp", "radiation"]].ffill().bfill()
    degrees = degree_columns(weather["temp"].to_numpy(dtype=np.float64))
    irradiance_w_m2 = weather["radiation"].to_numpy(dtype=np.float64) / _J_PER_HOUR_AND_M2_IN_W
    sun = sun_column(irradiance_w_m2)
    columns = {"degrees": degrees, "sun": sun, "both": np.concatenate((degrees, sun), axis=1)}
    load = halves["load"].to_numpy(dtype=np.float64)
    start = halves.index[0].to_pydatetime()
    return Followed(f"feeder_{number}", start, load, columns, {35: 2, 90: 2}, irradiance_w_m2)


def stations(folder: Path) -> Iterator[Followed]:
    """Yield Dutch stations with the sun there, three of which have panels; rows are quarters from August 2021 on."""
    table = pd.read_parquet(folder / "substations_nl_openstef_5x_15min.parquet")
    for name, rows in table.groupby("station"):
        quarters = rows[["total_substation", "radiation"]].to_numpy(dtype=np.float64)
        load, radiation = quarters.reshape(-1, 2, 2).mean(axis=1)[_NOON:].T
        irradiance_w_m2 = np.maximum(radiation, 0.0) / _J_PER_HOUR_AND_M2_IN_W
        columns = {"sun": sun_column(irradiance_w_m2)}
        start = datetime(2021, 8, 1, 12, tzinfo=UTC)
        yield Followed(f"station_{str(name).lower()}", start, load.copy(), columns, {35: 2}, irradiance_w_m2)


def gains(of: Followed, days: int) -> dict[str, float]:
    """Return for each set of columns by which part the error falls."""
    length, horizon = days * SLOTS_PER_DAY, HORIZON_DAYS * SLOTS_PER_DAY
    begins = range(0, of.load.size - length - horizon, of.every_days[days] * SLOTS_PER_DAY)
    error: dict[str, list[float]] = {}
    for begin in begins:
        for name, columns in {"none": None, **of.columns}.items():
            extra = None if columns is None else columns[begin : begin + length + horizon]
            start = of.start + begin * SLOT
            made = forecast_series(of.load[np.newaxis, begin : begin + length], start, horizon=horizon, extra=extra)
            error.setdefault(name, []).append(_error(of, made, begin + length))
        if of.irradiance_w_m2 is not None:
            error.setdefault("panels", []).append(_error(of, _with_panels(of, start, begin, length), begin + length))
    without = float(np.mean(error.pop("none")))
    return {name: round(1.0 - float(np.mean(off)) / without, 4) for name, off in error.items()}


def _error(of: Followed, made: SeriesForecasts, end: int) -> float:
    """Return the mean absolute error of a forecast from a slot on."""
    return float(np.nanmean(np.abs(made.load_w[0] - of.load[end : end + made.load_w.shape[1]])))


def _with_panels(of: Followed, start: datetime, begin: int, length: int) -> SeriesForecasts:
    """Forecast with the panels' part taken out where there is one, else with all columns."""
    horizon = HORIZON_DAYS * SLOTS_PER_DAY
    span, load = slice(begin, begin + length + horizon), of.load[np.newaxis, begin : begin + length]
    sun = np.asarray(of.irradiance_w_m2, dtype=np.float64)[span]
    if not has_panels(load, sun[:length], start)[0]:
        return forecast_series(load, start, horizon=horizon, extra=of.columns[list(of.columns)[-1]][span])
    panels = panel_load_w(panel_area_m2(load, sun[:length], start), sun, start)
    degrees = of.columns["degrees"][span] if "degrees" in of.columns else None
    return forecast_series(load, start, horizon=horizon, extra=degrees, known_w=panels)


def measured(folder: Path) -> Iterator[Followed]:
    """Yield all loads that are followed."""
    yield france(folder)
    yield feeder(folder, 287)
    yield feeder(folder, 307)
    yield from stations(folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what weather is worth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    data = Path(os.environ.get("SOMEL_REFERENCE_DATA") or beside)
    parser.add_argument("--data", type=Path, default=data, help="folder of measured reference data")
    parser.add_argument("--days", type=int, nargs="*", choices=(35, 90, 365), default=(35, 90, 365), help="of history")
    parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    chosen = parser.parse_args(arguments)
    figures: dict[str, dict[str, float]] = {}
    if not chosen.data.is_dir():
        print(f"skipped: the reference data is not at {chosen.data}; set SOMEL_REFERENCE_DATA", file=sys.stderr)
    else:
        for of in measured(chosen.data):
            for days in sorted(set(of.every_days) & set(chosen.days)):
                figures[f"{of.name}_{days}"] = gains(of, days)
                print(f"{of.name}_{days:<12d} {figures[f'{of.name}_{days}']}", flush=True)
    if chosen.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
