"""Make day-ahead forecasts of a small town add up, day after day as it would have been done then, and score them.

Each transformer supplies seven homes: half-hourly curves of six measured Australian homes, each shifted by whole
numbers of eight days so that one becomes twenty-one; without the reference data, simulated homes. Sixteen transformers
make five feeders, two substations and one territory, and by another cut four communes. Every figure comes from a
replay: on each of the scored days, weights and quantiles know nothing that came later.

Expected from a study with the same homes and other days: 2 to 4 % less error at feeders, substations and communes, as
much at the territory, up to 1 % more at transformers, coverage as before. Seen first: that, see docs/decisions/0022.

Figures on the last line with ``--json``:

``sum_error_rel``
    The most by which a total differs from the sum of its parts, relative to it, in every run below.
``mae_ratio_by_level``
    Mean absolute error of coherent over that of base forecasts. The same of peers: ``bottom_up_ratio_by_level`` (only
    transformers are forecast), ``weekly_naive_ratio_by_level``, ``scaled_ratio_by_level`` (variance scaling, no common
    error), ``shrunk_ratio_by_level`` (the whole covariance after Schaefer and Strimmer, dense).
``crps_ratio_by_level``
    The score of the quantiles, coherent over base.
``coverage_90_by_level``, ``base_coverage_90_by_level``
    Share of loads between the quantiles of 5 and 95 %.
``seconds_10000x96``, ``seconds_10000x96_tree``
    Time to make 96 leads of 10,000 places add up, over grid and communes with a common error, and over the grid alone.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import _series
from core.slots import SLOTS_PER_DAY
from grid.backtest import LEVELS, Replay, Scores, replay
from grid.coherence import CoherentForecasts, add_up, error_shares
from grid.day_features import LAGGED, day_features
from grid.experts import WEEKLY_NAIVE, Ahead
from grid.forecast_model import COMBINED, SeriesForecasts
from grid.kernels.reconcile import reconcile
from grid.kernels.skill import quantile_skill
from grid.kernels.sums import Sums, sums_of
from grid.kernels.warm import warm_up

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FIRST, DAYS, SHIFT_DAYS, SHIFTS = date(2013, 2, 12), 200, 8, 21
#: Daily origins; those without quantiles, and so many after them, are learned from only. [days]
ORIGINS, QUANTILES_FROM, LEARNED = 80, 28, 24
ISSUE_SLOT, HORIZON = 18, 96
TRANSFORMERS, HOMES_EACH, COMMUNES = 16, 7, 4
LEVEL_NAMES = ("power_transformer", "feeder", "substation", "commune", "territory")


@dataclass(frozen=True, slots=True)
class Town:
    """Hold load, shape (place, slot) [W], the places above each, shape (2, place), and the level of each place."""

    load_w: Float
    parent: Int
    level: Int


def hierarchy(rng: np.random.Generator, sizes: Sequence[int]) -> tuple[Int, Int]:
    """Return parents, shape (2, place), and levels: transformers, feeders, substations, communes, the territory."""
    transformers, feeders, substations, communes = sizes
    first = np.cumsum([0, *sizes])
    parent = np.full((2, first[-1] + 1), -1)
    parent[0, :transformers] = first[1] + np.sort(np.arange(transformers) % feeders)
    parent[0, first[1] : first[2]] = first[2] + np.sort(np.arange(feeders) % substations)
    parent[0, first[2] : first[3]] = first[4]
    parent[1, :transformers] = first[3] + rng.permutation(np.arange(transformers) % communes)
    parent[1, first[3] : first[4]] = first[4]
    return parent, np.repeat(np.arange(5), [*sizes, 1])


def totalled(leaves: Float, sums: Sums) -> Float:
    """Return leaves and all of their sums, shape (place, time)."""
    whole = np.zeros((sums.place_count, leaves.shape[1]))
    whole[: leaves.shape[0]] = leaves
    for number, total in enumerate(sums.total):
        whole[total] = whole[sums.part[sums.first[number] : sums.first[number + 1]]].sum(axis=0)
    return whole


def homes(data: Path) -> Float:
    """Return the load of the homes, shape (home, slot). [W]."""
    slots = DAYS * SLOTS_PER_DAY
    if not data.is_dir():
        rng, hour = np.random.default_rng(1), np.arange(slots) % SLOTS_PER_DAY / 2.0
        evening = 1.0 + 1.5 * np.exp(-(((hour - rng.normal(19.0, 1.0, (126, 1))) / 2.0) ** 2))
        weekend = 1.0 + 0.2 * (np.arange(slots) // SLOTS_PER_DAY % 7 >= 5)  # noqa: PLR2004
        simulated: Float = 300.0 * evening * weekend * rng.gamma(2.0, 0.5, (126, slots))
        return simulated
    curves = []
    for one in _series.homes(data):
        begin = (FIRST - one.first).days * SLOTS_PER_DAY
        if one.group == "sgsc":
            kwh = np.nan_to_num(one.load[begin:], nan=float(np.nanmedian(one.load)))
            shifts = SHIFT_DAYS * SLOTS_PER_DAY * np.arange(SHIFTS)
            curves += [2_000.0 * kwh[shift : shift + slots] for shift in shifts]
    return np.array(curves)


def town(data: Path) -> Town:
    """Return the town."""
    rng = np.random.default_rng(0)
    curves = homes(data)
    some = curves[rng.permutation(curves.shape[0])[: TRANSFORMERS * HOMES_EACH]]
    parent, level = hierarchy(rng, (TRANSFORMERS, 5, 2, COMMUNES))
    leaves = some.reshape(TRANSFORMERS, HOMES_EACH, -1).sum(axis=1)
    return Town(totalled(leaves, sums_of(parent)), parent, level)


def replayed(load_w: Float) -> Replay:
    """Return what was forecast of each place by itself at the daily origins."""
    end = (DAYS - 3) * SLOTS_PER_DAY + ISSUE_SLOT
    features = np.ascontiguousarray(day_features(FIRST, DAYS + 4)[: end + HORIZON])
    found = replay(
        load_w[:, :end],
        Ahead(features, LAGGED),
        origins=ORIGINS,
        horizon=HORIZON,
        fitted_before=end - (ORIGINS - 1) * SLOTS_PER_DAY,
        quantiles_from=QUANTILES_FROM,
    )
    at = end - SLOTS_PER_DAY * np.arange(ORIGINS - 1, -1, -1)[:, np.newaxis] + np.arange(HORIZON)
    return Replay(found.asked, load_w[:, at], found.combined_w, found.quantile_w, found.weight)


def issued(past: Replay, origin: int) -> SeriesForecasts:
    """Return the forecasts of one day, with the errors that were known that day."""
    series = past.actual_w.shape[0]
    span = slice(origin - LEARNED, origin + 1)
    error = (past.actual_w[:, span] - past.combined_w[:, span]).astype(np.float32)
    error[:, -1], error[:, -2, SLOTS_PER_DAY:] = np.nan, np.nan
    nothing = Scores(np.zeros(series, np.int64), *(np.full(series, np.nan) for _ in range(6)))
    return SeriesForecasts(
        past.combined_w[:, origin],
        past.quantile_w[:, origin],
        (COMBINED,) * series,
        np.ones(series, np.bool_),
        nothing,
        (),
        error,
        LEARNED - 14,
        np.zeros(series),
    )


def shrunk(made: SeriesForecasts, parent: Int, leaves: int) -> Float:
    """Return S (S' W^-1 S)^-1 S' W^-1 y with the covariance of all errors, shrunk to its diagonal."""
    error = made.error_w.reshape(made.error_w.shape[0], -1).astype(np.float64)
    error = error[:, np.isfinite(error).all(axis=0)]
    count, deviation = error.shape[1], np.sqrt(np.mean(error**2, axis=1))
    even = error / deviation[:, np.newaxis]
    correlation = even @ even.T / count
    variance = (even**2 @ (even**2).T / count - correlation**2) / (count - 1)
    off = ~np.eye(error.shape[0], dtype=np.bool_)
    shrinkage = float(np.clip(variance[off].sum() / (correlation[off] ** 2).sum(), 0.0, 1.0))
    covariance = np.where(off, (1.0 - shrinkage) * correlation, 1.0) * np.outer(deviation, deviation)
    summing = totalled(np.eye(leaves), sums_of(parent))
    weighted = np.linalg.solve(covariance, summing)
    found: Float = summing @ np.linalg.solve(summing.T @ weighted, weighted.T @ made.load_w)
    return found


def sum_error(load_w: Float, sums: Sums) -> float:
    """Return the most by which a total differs from the sum of its parts, relative to it."""
    worst = 0.0
    for number, total in enumerate(sums.total):
        parts = load_w[sums.part[sums.first[number] : sums.first[number + 1]]].sum(axis=0)
        off = np.abs(load_w[total] - parts) / np.maximum(np.abs(load_w[total]), 1.0)
        worst = max(worst, float(off.max()))
    return worst


def peers(made: SeriesForecasts, parent: Int) -> dict[str, Float]:
    """Return the forecasts of one day as they are, and as others make them add up."""
    sums = sums_of(parent)
    shares = error_shares(made, sums)
    return {
        "base": made.load_w,
        "bottom_up": totalled(made.load_w[:TRANSFORMERS], sums),
        "scaled": reconcile(made.load_w, shares.own_w2 + shares.common_w**2, sums),
        "shrunk": shrunk(made, parent, TRANSFORMERS),
    }


def scored(place: Town) -> dict[str, object]:
    """Return the figures of the town."""
    sums, past = sums_of(place.parent), replayed(place.load_w)
    days = range(QUANTILES_FROM + LEARNED, ORIGINS)
    said: dict[str, list[Float]] = {}
    coherent: list[CoherentForecasts] = []
    for origin in days:
        made = issued(past, origin)
        coherent.append(add_up(made, sums))
        naive = past.said_w[:, WEEKLY_NAIVE, origin]
        for name, value in {"mae": coherent[-1].load_w, "weekly_naive": naive, **peers(made, place.parent)}.items():
            said.setdefault(name, []).append(value)
    actual = past.actual_w[:, days.start :]
    mae = {name: np.abs(np.stack(of, axis=1) - actual).mean(axis=(1, 2)) for name, of in said.items()}
    figures: dict[str, object] = {
        "sum_error_rel": max(sum_error(one.load_w, sums) for one in coherent),
        "scored_days": len(days),
    }
    for name in ("mae", "bottom_up", "weekly_naive", "scaled", "shrunk"):
        figures[f"{name}_ratio_by_level"] = by_level(mae[name], place.level, over=mae["base"])
    after = quantile_skill(actual, np.stack([one.quantile_load_w for one in coherent], axis=1), LEVELS)
    before = quantile_skill(actual, past.quantile_w[:, days.start :], LEVELS)
    scores = [np.asarray(one.crps_w.mean(axis=1)) for one in (after, before)]
    figures["crps_ratio_by_level"] = by_level(scores[0], place.level, over=scores[1])
    for name, one in (("coverage_90", after), ("base_coverage_90", before)):
        covered = (one.coverage_ratio[:, :, -1] - one.coverage_ratio[:, :, 0]).mean(axis=1)
        figures[f"{name}_by_level"] = by_level(covered, place.level)
    return figures


def by_level(values: Float, level: Int, *, over: Float | None = None) -> dict[str, float]:
    """Return the sum over a level, over that of other values; the mean where there are none."""
    weight = np.ones_like(values) if over is None else over
    return {
        name: round(float(values[level == number].sum() / weight[level == number].sum()), 4)
        for number, name in enumerate(LEVEL_NAMES)
    }


def timed(figures: dict[str, object]) -> None:
    """Add the times for 10,000 places, and let their sums count in the error."""
    rng = np.random.default_rng(2)
    sizes = (9_300, 560, 44, 95)
    parent, _ = hierarchy(rng, sizes)
    both, grid = sums_of(parent), sums_of(parent[:1])
    truth = totalled(rng.gamma(2.0, 20_000.0, (sizes[0], HORIZON)), both)
    base = truth * rng.normal(1.0, 0.1, truth.shape)
    variance, common = (0.1 * truth.mean(axis=1)) ** 2, 0.03 * truth.mean(axis=1)
    worst = float(str(figures["sum_error_rel"]))
    for name, sums, part in (("seconds_10000x96", both, common), ("seconds_10000x96_tree", grid, None)):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            found = reconcile(base, variance, sums, common_w=part, floor_w=np.zeros(base.shape[0]))
            times.append(time.perf_counter() - started)
        figures[name] = round(sorted(times)[1], 3)
        worst = max(worst, sum_error(found, sums))
    figures["sum_error_rel"] = worst


def main(arguments: Sequence[str] | None = None) -> int:
    """Score the town, time the large one, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    data = Path(os.environ.get("SOMEL_REFERENCE_DATA") or beside)
    parser.add_argument("--data", type=Path, default=data, help="folder of measured reference data")
    parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    chosen = parser.parse_args(arguments)
    print(f"kernels ready after {warm_up():.1f} s", file=sys.stderr, flush=True)
    figures = scored(town(chosen.data))
    timed(figures)
    for name, value in figures.items():
        print(f"{name:32s} {value}")
    if chosen.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
