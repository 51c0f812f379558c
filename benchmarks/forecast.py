"""Forecast measured loads a day ahead, as it would have been done then, and compare with naive and published forecasts.

Every figure comes from a replay: at the issue hour of each day, weights, fits and quantiles know nothing that came
later. The weather is near-analysis, better than any forecast of it would have been; RTE's own forecast of France had to
do with forecasts. Holidays are the French ones for every series.

Expected before it was first run: France 2.0 % in 2022 and in 2023, a fifth to a third less error than the better naive
forecast in each group, intervals that cover 88 to 91 %. Seen first: see the table in README.md.

All parts run unless an option leaves one out, some a quarter of an hour in all; what this machine lacks is left out and
named on stderr. Figures on the last line with ``--json``:

``fr_2022_mape``, ``fr_2023_mape``
    France, issued at noon for the next local day, in percent; RTE's own on the same hours: ``fr_2022_rte_mape``, …
``group_skill``
    For each group the mean over its series of 1 - MAE / MAE of the better of the weekly and the daily naive forecast.
``worst_skill``
    The least over all series.
``coverage_90``
    For each group the share of loads between the quantiles of 5 and 95 %.
``rmae``, ``rcrps``
    For each group MAE and CRPS over the range from the first to the 99th percentile of the load.
``vs_naive``
    MAE over that of the weekly naive: for each group the mean over its series.
``taylor_midnight_mape``, ``taylor_all_mape``, ``taylor_uncorrected_…``
    Half-hourly load of England and Wales, eight weeks to fit, in percent: 48 steps from each of 28 midnights, and from
    each of 1,344 half-hours; by Holt-Winters and what its errors mean at a time of day (without that: ``uncorrected``),
    for want of a calendar. ``vs_naive`` has them as well. The wheel that holds the series is fetched once.
``vs_mstl``
    How many times as long MSTL with ARIMA takes for a series of a year, where ``make peers`` has set the peers up.
``vs_lightgbm``, ``taylor_vs_mstl``, ``fit_s``, …
    How good they are, and how long they take; some ten minutes: see `benchmarks._against`.
``refit_10k_s``, ``update_10k_s``, ``per_series_ms``, ``linearity``, ``rss_mb``
    In a process of its own, with nothing beside it: see `benchmarks._scale`; linearity is the time over ten times that
    of a tenth of the series. With ``--scale 200`` the names say ``200`` instead of ``10k``.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import _against, _forecast_options, _peers, _scale, _series, _taylor
from benchmarks._forecast_options import HORIZON, ISSUE_HOUR, say
from benchmarks._series import Measured
from core.slots import SLOTS_PER_DAY
from grid.backtest import LEVELS, Replay, replay
from grid.day_features import LAGGED, day_features
from grid.experts import EXPERTS, Ahead
from grid.kernels.skill import point_skill, quantile_skill
from grid.kernels.warm import warm_up

Float = NDArray[np.float64]
Figures = dict[str, object]

#: The first part of a series is learned from only, and of a long one no more than two years are scored.
LEARNED_SHARE, MOST_SCORED_DAYS = 0.33, 731
QUANTILE_DAYS = 28
NAIVE = tuple(EXPERTS.index(name) for name in ("weekly_naive", "daily_naive"))


class Scored:
    """Score the day after each issue.

    Parameters
    ----------
    series : Measured
        What to forecast.
    issue_hour : int
        Local hour. [h]
    horizon : int
        Leads; those of the next local day are scored, or all where there are fewer. [slots]
    school : bool
        Whether the school holidays of zone B are among what is known ahead.
    """

    def __init__(
        self, series: Measured, *, issue_hour: int = ISSUE_HOUR, horizon: int = HORIZON, school: bool = False
    ) -> None:
        days = series.load.size // SLOTS_PER_DAY
        end = (series.load.size - horizon - 2 * issue_hour) // SLOTS_PER_DAY * SLOTS_PER_DAY + 2 * issue_hour
        scored = min(MOST_SCORED_DAYS, int(days * (1.0 - LEARNED_SHARE)))
        origins = min(scored + QUANTILE_DAYS, end // SLOTS_PER_DAY)
        features = day_features(series.first, days + horizon // SLOTS_PER_DAY + 1, school=school)[: series.load.size]
        more = np.arange(series.weather.shape[1] + school) >= school  # weather counts by its change, too
        ahead = Ahead(
            np.ascontiguousarray(np.concatenate((features, series.weather), axis=1)[: end + horizon]),
            np.concatenate((LAGGED, more)),
        )
        found = replay(
            series.load[np.newaxis, :end],
            ahead,
            origins=origins,
            horizon=horizon,
            fitted_before=end - (origins - 1) * SLOTS_PER_DAY,
            quantiles_from=origins - scored,
        )
        tomorrow = slice(SLOTS_PER_DAY - 2 * issue_hour, 2 * SLOTS_PER_DAY - 2 * issue_hour)
        self.leads = tomorrow if tomorrow.stop <= horizon else slice(0, horizon)
        self.span = slice(origins - scored, origins)
        first = end + self.leads.start - (scored - 1) * SLOTS_PER_DAY
        self.first_slot, self.days = first, scored
        self.load = self._of_the_day_after(series.load)
        self.point = found.combined_w[0, self.span, self.leads]
        self.quantiles = found.quantile_w[0, self.span, self.leads]
        self.naive = [found.said_w[0, number, self.span, self.leads] for number in NAIVE]
        self.rival = None if series.rival is None else self._of_the_day_after(series.rival)
        self.found: Replay = found

    def _of_the_day_after(self, values: Float) -> Float:
        length = self.leads.stop - self.leads.start
        at = self.first_slot + SLOTS_PER_DAY * np.arange(self.days)[:, np.newaxis] + np.arange(length)
        picked: Float = np.append(values, np.nan)[np.minimum(at, values.size)]
        return picked

    def skill(self) -> float:
        """Return 1 - MAE over that of the better naive forecast, on the slots that all of them have."""
        errors = [np.abs(said - self.load) for said in (self.point, *self.naive)]
        known = np.isfinite(sum(errors))
        ours, *theirs = (float(error[known].mean()) for error in errors)
        return 1.0 - ours / min(theirs)

    def vs_naive(self) -> float:
        """Return MAE over that of the weekly naive forecast, on the slots that both have."""
        ours, theirs = np.abs(self.point - self.load), np.abs(self.naive[0] - self.load)
        known = np.isfinite(ours + theirs)
        return float(ours[known].mean() / theirs[known].mean())

    def spread(self) -> dict[str, float]:
        """Return coverage, rMAE and rCRPS."""
        together = self.load.reshape(1, -1, 1)
        point = point_skill(together, self.point.reshape(1, -1, 1))
        bands = quantile_skill(together, self.quantiles.reshape(1, -1, 1, LEVELS.size), LEVELS)
        covered = float(bands.coverage_ratio[0, 0, -1] - bands.coverage_ratio[0, 0, 0])
        return {"coverage_90": covered, "rmae": float(point.rmae_ratio[0, 0]), "rcrps": float(bands.rcrps_ratio[0, 0])}


def groups(series: Sequence[Measured], figures: Figures, *, school: bool) -> list[tuple[Measured, Scored, float]]:
    """Add the figures of all groups; return the series, what was said of them, and how long it took. [s]."""
    skills: dict[str, list[float]] = {}
    spreads: dict[str, list[dict[str, float]]] = {}
    all_scored = []
    for one in series:
        started = time.perf_counter()
        scored = Scored(one, school=school)
        all_scored.append((one, scored, time.perf_counter() - started))
        skills.setdefault(one.group, []).append(scored.skill())
        spreads.setdefault(one.group, []).append(scored.spread() | {"vs_naive": scored.vs_naive()})
        now = spreads[one.group][-1]
        say(f"{one.name:26s} skill {skills[one.group][-1]:+.3f}  coverage {now['coverage_90']:.3f}")
    figures["group_skill"] = {group: round(float(np.mean(of)), 4) for group, of in skills.items()}
    figures["worst_skill"] = min(min(of) for of in skills.values())
    for name in ("coverage_90", "rmae", "rcrps", "vs_naive"):
        figures[name] = {group: round(float(np.mean([one[name] for one in of])), 4) for group, of in spreads.items()}
    return all_scored


def france(folder: Path, figures: Figures, *, school: bool) -> tuple[Measured, Scored, float]:
    """Add the error of our forecasts of France and that of its grid operator, on the same hours."""
    series, started = _series.nation(folder), time.perf_counter()
    scored = Scored(series, school=school)
    took_s = time.perf_counter() - started
    assert scored.rival is not None
    day_of = pd.date_range(series.first, periods=series.load.size // SLOTS_PER_DAY, freq="D")
    years = day_of.year.to_numpy()[scored.first_slot // SLOTS_PER_DAY :][: scored.days]
    for year in (2022, 2023):
        for name, said in (("", scored.point), ("_rte", scored.rival)):
            error = np.abs(said - scored.load)[years == year] / scored.load[years == year]
            if name == "" and np.isnan(error).sum() > np.isnan(scored.load[years == year]).sum():
                raise SystemExit(f"Some hours of {year} have no forecast.")
            figures[f"fr_{year}{name}_mape"] = 100.0 * float(np.nanmean(error))
    figures["fr_coverage_90"] = scored.spread()["coverage_90"]
    return series, scored, took_s


def measured_series(folder: Path, figures: Figures, peers: _peers.Peers | None, *, school: bool) -> None:
    """Add the figures of France and of all groups, and those of LightGBM on the same slots."""
    if not folder.is_dir():
        say(f"skipped: the reference data is not at {folder}; set SOMEL_REFERENCE_DATA, or name a --series")
        return
    say("measured loads: some 20 seconds")
    outings = [france(folder, figures, school=school)]
    outings += groups([*_series.homes(folder), *_series.grid(folder)], figures, school=school)
    if peers is not None:
        say("LightGBM on the same slots: some 3 minutes")
        merge(figures, _against.boosting(outings, peers))


def taylor(wheel: Path | None, figures: Figures, peers: _peers.Peers | None) -> None:
    """Add our errors on Taylor's series, and those of MSTL."""
    if wheel is None:
        return
    say("Taylor's series: some seconds")
    load = _taylor.read(wheel)
    corrected, plain, naive = _taylor.ours(load)
    for when, origins in (("midnight", _taylor.MIDNIGHTS), ("all", _taylor.ALL)):
        ours, before, last_week = (
            _taylor.mape(load, origins, said[origins - _taylor.FIRST]) for said in (corrected, plain, naive)
        )
        found = {f"taylor_{when}_mape": ours, f"taylor_uncorrected_{when}_mape": before}
        merge(figures, found | {"vs_naive": {f"taylor_{when}": ours / last_week}})
    if peers is not None:
        say("MSTL of statsforecast on Taylor's series, seconds a fit: some 6 minutes")
        merge(figures, _against.mstl(load, corrected, peers))


def merge(figures: Figures, found: Mapping[str, object]) -> None:
    """Add what was found; an object goes into one of the same name."""
    for name, value in found.items():
        known = figures.get(name)
        figures[name] = known | value if isinstance(known, dict) and isinstance(value, dict) else value


def other(chosen: argparse.Namespace) -> Figures:
    """Return the figures of any other series: a table with times in its first column."""
    reader = pd.read_parquet if chosen.series.suffix == ".parquet" else pd.read_csv
    table = reader(chosen.series)
    when = pd.to_datetime(table.iloc[:, 0])
    when = when if when.dt.tz is None else _series.local(when, chosen.zone)
    scored = Scored(
        _series.measured(chosen.column, "other", when, table[chosen.column]),
        issue_hour=chosen.issue_hour,
        horizon=chosen.horizon,
        school=chosen.school_holidays,
    )
    return {"skill": scored.skill(), **scored.spread()}


def all_parts(chosen: argparse.Namespace) -> Figures:
    """Return the figures of every part that was not left out."""
    figures: Figures = {}
    peers = _forecast_options.peers(chosen)
    wheel = _forecast_options.wheel(chosen)
    if chosen.without_scale:
        say("left out: how long many series take, by --without-scale")
    else:  # first, while this process holds nothing yet
        most = f"2 to 3 minutes for {_forecast_options.SERIES:,}, the first time 2 more to compile"
        say(f"fitting {chosen.scale:,} series: {most}")
        merge(figures, _scale.alone(chosen.scale))
    say(f"kernels ready after {warm_up():.1f} s")
    if peers is not None:
        say("MSTL of statsforecast on a series of a year: a minute or two")
        merge(figures, _against.pace(peers))
    measured_series(chosen.data, figures, peers, school=chosen.school_holidays)
    taylor(wheel, figures, peers)
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Score all there is, or one other series, and print the figures."""
    chosen = _forecast_options.checked(_forecast_options.parser(__doc__), arguments)
    figures = all_parts(chosen) if chosen.series is None else other(chosen)
    for name, value in figures.items():
        print(f"{name:32s} {value}")
    if chosen.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
