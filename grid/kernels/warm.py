"""Load every kernel at process start, so that no first request waits for a compiler."""

import time
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from grid.kernels import (
    baseline,
    baseline_day,
    baseline_weather,
    commitment,
    dispatch,
    dispatch_nested,
    error_patterns,
    holt_winters,
    ml_poly,
    naive,
    natural,
    overload,
    power_flow,
    power_flow_unbalanced,
    quantiles,
    reconcile,
    ridge,
    skill,
    threads,
    typical,
)
from grid.kernels.checks import Float
from grid.kernels.power_flow_tree import RadialTree
from grid.kernels.sums import sums_of


def warm_up(parts: Iterable[str] | None = None) -> float:
    """Launch the threads, compile or load kernels and return the seconds it took.

    Parameters
    ----------
    parts : iterable of str, optional
        Keys of `PARTS`; all when left out.

    Returns
    -------
    float
        Under two seconds when the disk cache is warm. [s]

    Raises
    ------
    ConfigurationError
        No layer of threads that several Python threads may enter is available.
    """
    started = time.perf_counter()
    threads.ensure_threading_layer()
    for part in PARTS if parts is None else parts:
        PARTS[part]()
    return time.perf_counter() - started


def _load_w() -> Float:
    return np.tile(np.array([1.0, 2.0, 3.0, 4.0]), (1, 4))


def _warm_smoothing() -> None:
    load_w, origins = _load_w(), np.array([12])
    fitted = holt_winters.fit(load_w, periods=(2, 4))
    holt_winters.backtest(fitted, load_w, origins, 2)
    holt_winters.forecast(fitted, 2)
    error_patterns.backtest(fitted, load_w, origins, 2)
    error_patterns.backtest(fitted, load_w, np.array([11, 12]), 2)


def _warm_regressions() -> None:
    how = ridge.Ridge(day=2, week=4, recent=2, fewest=2)
    load_w, calendar, lagged = _load_w(), np.zeros((18, 1)), np.array([True])
    regressions = ridge.fit(load_w, calendar, lagged, horizon=2, origins=1, how=how)
    ridge.roll(regressions, load_w, calendar, lagged, later=0, how=how)


def _warm_mixing() -> None:
    load_w, origins, levels = _load_w(), np.array([12]), np.array([0.5])
    ahead_w = naive.weekly_naive(load_w, origins, 2, week=4)
    quantile_w = quantiles.error_quantiles(ahead_w, levels)
    quantiles.adaptive_quantiles(ahead_w, levels, asked_from=0, day=2, pooled=2)
    typical.typical(load_w, origins, 2, period=2, count=2, of="mean")
    weight = ml_poly.combine(ahead_w[:, np.newaxis], ahead_w, day=2).weight
    ml_poly.mix(weight, weight)
    skill.point_skill(ahead_w, ahead_w)
    skill.quantile_skill(ahead_w, quantile_w[:, np.newaxis], levels)


def _warm_sums() -> None:
    load_w = _load_w()
    reconcile.reconcile(np.ones((3, 1)), np.ones(3), sums_of(np.array([[2, 2, -1]])))
    baseline.high_x_of_y(load_w.reshape(1, 4, 4), x=1)
    baseline_day.nearest_controls(load_w, load_w, count=1)
    baseline_weather.regression(load_w.reshape(1, 4, 4), np.ones((4, 4, 1)), np.ones((4, 1)))


def _warm_dispatch() -> None:
    need_wh, cap_w, first, last = np.array([500.0]), np.array([1000.0]), np.array([0]), np.array([2])
    dispatch.dispatch(
        np.array([1.0, 2.0]),
        np.ones((1, 2)),
        np.array([0, 1]),
        need_wh=need_wh,
        power_cap_w=cap_w,
        first_slot=first,
        last_slot=last,
    )
    nested = (np.ones((2, 2)), np.array([1, -1]), np.array([0, 1]), need_wh, cap_w, first, last)
    dispatch_nested.dispatch_nested(np.array([1.0, 2.0]), *nested, budget_s=0.0)
    natural.natural_schedule(need_wh, cap_w, first_slot=first, last_slot=last, slots=2)
    overload.overload_probability(np.array([0.5]), np.ones((1, 1, 1)), np.ones((1, 1)))
    overload.load_at(np.array([0.5]), np.ones((1, 1, 1)), 0.5)


def _warm_power_flow() -> None:
    one, ends = np.ones(2, dtype=np.complex128), np.ones((1, 2))
    tree = RadialTree(
        1e6,
        1.0 + 0.0j,
        np.array([-1, 0]),
        0.1 * one,
        0.1 * one,
        0.0 * one,
        one,
        np.array([1]),
        one[:1],
        ends.astype(np.complex128),
        ends,
        np.array([0]),
    )
    load_w = np.ones((1, 1))
    power_flow.power_flow(tree, np.array([1]), load_w, load_w)
    power_flow_unbalanced.unbalanced_flow(tree, np.array([1]), np.array([0]), load_w, load_w)


def _warm_commitment() -> None:
    one, each = np.ones(2), np.ones((2, 2))
    commitment.commit(
        np.array([2.0, 1.0]),
        np.ones((1, 2)),
        np.array([0, 2]),
        commitment.Stores(
            one, one, each, one, 0 * each, 2 * each, 4 * each, each, 0 * each, np.array([0, 1]), np.array([1, 1])
        ),
        effort=commitment.Effort(easy_rounds=1, rounds=1, tries=1),
    )


#: What can be compiled by itself, the longest first.
PARTS: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "smoothing": _warm_smoothing,
        "regressions": _warm_regressions,
        "mixing": _warm_mixing,
        "dispatch": _warm_dispatch,
        "commitment": _warm_commitment,
        "sums": _warm_sums,
        "power flow": _warm_power_flow,
    }
)
#: What forecasts need of them.
FORECASTING: Final = ("smoothing", "regressions", "mixing", "sums")
