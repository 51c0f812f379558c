"""Validate a year of homes against pandas, and estimate gaps held out of real homes against a straight line.

Speed: the kernels count slots, gaps, runs, spikes and overlaps of 200 usage points over 30 days; the peer does the same
counts with pandas' grouped operations (missing slots, the three highest, runs of equal values), as such checks are
usually written. Both start from columns in memory, and both must find the same missing slots and spikes.

Accuracy: from real homes (SOMEL_REFERENCE_DATA) gaps of 3 to 24 hours are cut at places drawn once, estimated without
looking, and compared with what was measured: the mean absolute error of the mean of like days, as a part of that of a
straight line between the neighbours (``estimate_mae_vs_linear``; not printed without the data); the same when both are
scaled to the energy of the gap, as two indexes tell it (``estimate_scaled_mae_vs_linear``).

Expected before measuring: at least 20 times as fast as pandas; errors of like days at most 0.85 of the line's. Seen
first: more than 1,000 times, for pandas sorts each of thousands of groups; errors at 0.90, and nearer to 0.84 once like
days were taken at the level of the day before and after; scaled to the energy the line gains more than they do: 0.92.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.limits import DEFAULT_LIMITS
from core.settings import read_settings
from db.vee_columns import RowColumns
from ingest.vee import kernels
from ingest.vee.cells import Cells
from ingest.vee.days import LocalDays
from ingest.vee.estimation import IndexPair, estimate, make_grid
from ingest.vee.rules import RuleLimits
from ingest.vee.series_rules import check

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Home = tuple[Int, Float, int]

POINTS: Final = 200
DAYS: Final = 30
START_S: Final = 1_767_225_600 - 3_600  # 2026-01-01, midnight in Lille
SUBSCRIBED_VA: Final = 6_000
ROUNDS: Final = 5
_HISTORY_DAYS: Final = 56
#: What is known when a gap is estimated, 48 hours after its day.
_AFTER_DAYS: Final = 2
_SPIKE_SHARE: Final = 0.0005
_MISSING_SHARE: Final = 0.02
_STEP_S: Final = 1_800


def draw_rows() -> RowColumns:
    """Return half-hours of homes with 2 % missing and a spike now and then."""
    generator = np.random.default_rng(4)
    slots = DAYS * 48
    value = np.rint(generator.gamma(2.0, 90.0, (POINTS, slots)))
    value[generator.random(value.shape) < _SPIKE_SHARE] = 4_000.0
    told = generator.random(value.shape) > _MISSING_SHARE
    start_s = np.broadcast_to(START_S + 1_800 * np.arange(slots), value.shape)
    point = np.broadcast_to(np.arange(1, POINTS + 1)[:, np.newaxis], value.shape)[told]
    facts = np.stack([start_s[told], np.full(point.size, 1_800), np.zeros(point.size, np.int64), start_s[told] + 1_860])
    return RowColumns(point.astype(np.int64), np.ones(point.size, np.int64), facts, value[told])


def make_all_cells(rows: RowColumns) -> Cells:
    """Return the cells of all days but the first, whose rows are the context of the second."""
    point, day = (axis.ravel() for axis in np.meshgrid(np.arange(1, POINTS + 1), np.arange(1, DAYS), indexing="ij"))
    order = rows.usage_point_id * 2**34 + rows.facts[0]
    start_s = START_S + 86_400 * day
    edges = [np.searchsorted(order, point * 2**34 + start_s + shift) for shift in (-86_400, 86_400)]
    bounds = np.stack(
        [*edges, start_s, start_s + 86_400, np.zeros(day.size, np.int64), np.full(day.size, 1_800)], axis=1
    )
    return Cells(point, np.ones(day.size, np.int64), day, np.full(day.size, SUBSCRIBED_VA), bounds)


def with_pandas(rows: RowColumns) -> tuple[int, int]:
    """Return missing slots and spikes of all days but the first, the way tables are usually checked."""
    table = pd.DataFrame({"point": rows.usage_point_id, "start_s": rows.facts[0], "value": rows.value})
    table["day"] = (table["start_s"] - START_S) // 86_400
    table["power_w"] = table["value"] * 2
    changed = (table.groupby("point")["value"].diff() != 0) | (table.groupby("point")["start_s"].diff() != _STEP_S)
    table["run"] = changed.cumsum()
    table.groupby("run")["start_s"].agg(["first", "last"])
    days = table[table["day"] > 0].groupby(["point", "day"])["power_w"]
    missing = int((48 - days.size()).sum())
    top = days.nlargest(3).groupby(level=[0, 1]).agg(["max", "min"])
    spike = (top["max"] > SUBSCRIBED_VA / 2) & (top["max"] - top["min"] > 1.8 * top["min"])
    return missing, int(spike.sum())


def speed() -> dict[str, float]:
    """Return nanoseconds for a value and how many times as long pandas takes."""
    rows = draw_rows()
    cells, limits = make_all_cells(rows), RuleLimits(DEFAULT_LIMITS)
    kernels.warm_up()
    counted, found = check(rows, cells, limits)
    ours = (int(counted.counts[:, kernels.MISSING].sum()), int((found.rule == kernels.SPIKE).sum()))
    assert ours == with_pandas(rows), "pandas finds something else"
    spent: dict[str, list[float]] = {"ours": [], "pandas": []}
    for _ in range(ROUNDS):
        for name, work in (("ours", lambda: check(rows, cells, limits)), ("pandas", lambda: with_pandas(rows))):
            began = time.perf_counter()
            work()
            spent[name].append(time.perf_counter() - began)
    best = {name: min(times) for name, times in spent.items()}
    return {"ns_per_value": 1e9 * best["ours"] / rows.value.size, "pandas_vs_ours": best["pandas"] / best["ours"]}


def read_homes(folder: Path) -> list[Home]:
    """Return real homes as starts [s], values [Wh] and step [s]; times are read as if they were UTC."""
    london = pd.read_csv(folder / "household_uk_opendsm_sample1.csv.gz")
    sceaux = pd.read_parquet(folder / "household_fr_sceaux_hourly_2006_2009.parquet")
    sydney = pd.read_parquet(folder / "household_sgsc_6x_30min.parquet")
    homes = [
        (london["start"], london["value"], 1_800),
        (sceaux["time_local"], sceaux["active_kwh"].where(sceaux["active_kwh"] > 0), 3_600),
        *((home["reading_datetime"], home["kwh"], 1_800) for _, home in sydney.groupby("customer_id")),
    ]
    return [_home(start, kwh, step_s) for start, kwh, step_s in homes]


def _home(start: "pd.Series[str]", kwh: "pd.Series[float]", step_s: int) -> Home:
    stamps = pd.to_datetime(start.astype(str)).to_numpy("datetime64[s]").astype(np.int64)
    value = np.asarray(kwh.to_numpy(), np.float64) * np.float64(1_000)
    seconds, first = np.unique(stamps[~np.isnan(value)], return_index=True)
    return seconds, np.asarray(value[~np.isnan(value)][first], np.float64), step_s


def held_out_errors(homes: list[Home], *, gaps: int) -> dict[str, float]:
    """Return the mean absolute error of each way over gaps cut out of each home. [W]."""
    generator = np.random.default_rng(12)
    errors: dict[str, list[float]] = {}
    for starts, value, step_s in homes:
        days = LocalDays(int(starts[0]), int(starts[-1]) + 86_400)
        for _ in range(gaps):
            length = int(generator.integers(3, 25)) * 3_600 // step_s
            first = int(generator.integers(_HISTORY_DAYS * 86_400 // step_s, len(starts) - length - 1))
            if starts[first + length] - starts[first - 1] != (length + 1) * step_s:
                continue  # there is a gap already
            for name, error in _errors(starts, value, step_s, (first, first + length), days).items():
                errors.setdefault(name, []).append(error)
    return {name: float(np.mean(found)) for name, found in errors.items()}


def _errors(starts: Int, value: Float, step_s: int, cut: tuple[int, int], days: LocalDays) -> dict[str, float]:
    first, end = cut
    truth = value[first:end]
    kept = np.arange(np.searchsorted(starts, starts[first] - _HISTORY_DAYS * 86_400), len(starts))
    kept = kept[((kept < first) | (kept >= end)) & (starts[kept] < starts[end] + _AFTER_DAYS * 86_400)]
    facts = np.stack([starts[kept], np.full(kept.size, step_s), np.zeros(kept.size, np.int64), starts[kept]])
    edges = int(starts[first]) - 86_400, int(starts[end]) + 86_400
    grid = make_grid(facts, value[kept], origin_s=edges[0], end_s=edges[1], step_s=step_s)
    gap = (86_400 // step_s, 86_400 // step_s + truth.size)
    index = IndexPair(float(starts[first]), 0.0, float(starts[end]), float(truth.sum()))
    history = (starts[kept], value[kept])
    line = np.interp(np.arange(1, end - first + 1), [0, end - first + 1], [value[first - 1], value[end]])
    total = max(float(line.sum()), 1e-9)
    ways = {
        "like_days": estimate(grid, gap, history, None, days).value,
        "like_days_scaled": estimate(grid, gap, history, index, days).value,
        "linear": line,
        "linear_scaled": line * truth.sum() / total,
    }
    if any(guess.size != truth.size for guess in ways.values()):
        return {}
    return {name: float(np.abs(guess - truth).mean()) * 3_600 / step_s for name, guess in ways.items()}


def measure() -> dict[str, float]:
    """Return all figures."""
    figures = speed()
    folder = read_settings().reference_data or Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    if folder.is_dir():
        errors = held_out_errors(read_homes(folder), gaps=200)
        figures |= {
            "estimate_mae_vs_linear": errors["like_days"] / errors["linear"],
            "estimate_scaled_mae_vs_linear": errors["like_days_scaled"] / errors["linear_scaled"],
            "estimate_mae_w": errors["like_days"],
        }
    return figures


def main() -> None:
    """Print the figures; with ``--json`` as one object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    as_json = parser.parse_args().json
    figures = measure()
    for name, value in figures.items():
        print(f"{name:32s} {value:16,.3f}")
    if as_json:
        print(json.dumps({name: float(f"{value:.4g}") for name, value in figures.items()}))


if __name__ == "__main__":
    main()
