"""Run every public kernel on small seeded input and save the results: `python every_kernel.py FILE`.

Run once with JIT and once with ``NUMBA_DISABLE_JIT=1``; the two files must agree.
"""

import sys

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
    thermal,
    typical,
)
from grid.kernels.sums import sums_of
from tests.grid.kernels.trees import random_tree


def random_load(rng):
    """Return six series: both signs, three lengths, gaps, and one with nothing, shape (series, time)."""
    load = 100.0 + 30.0 * np.sin(np.arange(96) * np.pi / 2) + rng.normal(0.0, 5.0, (6, 96))
    load[rng.random(load.shape) < 0.05] = np.nan
    load[[1, 5]] -= 100.0
    load[2, :75] = np.nan
    load[3] = np.nan
    load[4, 3:] = np.nan
    load[5, :75] = np.nan
    return load


def forecasts(rng):
    """Return what the kernels of forecasting and baselines give."""
    load = random_load(rng)
    fitted = holt_winters.fit(load, periods=(4, 12))
    origins = np.arange(60, 92, 4)
    ahead = holt_winters.backtest(fitted, load, origins, 4)
    actual = load[:, origins[:, np.newaxis] + np.arange(4)]
    levels = np.array([0.1, 0.5, 0.9])
    how = error_patterns.ErrorPattern(windows=(1, 3), neighbours=1, fewest=3)
    daily = error_patterns.ErrorPattern(windows=(1, 3, 4), fewest=3)
    error_quantile = quantiles.error_quantiles(actual - ahead, levels, half_width=1)
    point = holt_winters.forecast(fitted, 4)
    points = skill.point_skill(actual, ahead)
    said = ahead[..., np.newaxis] + error_quantile[:, np.newaxis]
    bands = skill.quantile_skill(actual, said, levels)
    groups = np.array([[0, 4], [1, 3]])
    grouped = skill.point_skill(actual, ahead, groups=groups)
    grouped_bands = skill.quantile_skill(actual, said, levels, groups=groups)
    return {
        "method": fitted.method,
        "parameters": fitted.parameters,
        "residual": fitted.residual_w,
        "ahead": ahead,
        "banded": quantiles.quantile_forecast(point, error_quantile, non_negative=True),
        "corrected": error_patterns.backtest(fitted, load, origins, 5, how=how),
        "corrected_daily": error_patterns.backtest(fitted, load, origins, 5, how=daily),
        "advanced": holt_winters.advance(fitted, load[:, :9]),
        "naive": naive.weekly_naive(load, origins, 4, week=12),
        "mae": points.mae_w,
        "mape": points.mape_ratio,
        "pinball": bands.pinball_w,
        "coverage": bands.coverage_ratio,
        "grouped_rmae": grouped.rmae_ratio,
        "grouped_origins": grouped.origin_count,
        "grouped_rcrps": grouped_bands.rcrps_ratio,
        "baseline": baseline.high_x_of_y(np.nan_to_num(load, nan=-1.0).reshape(6, 12, 8), x=5),
        "baseline_middle": baseline.x_of_y(load.reshape(6, 12, 8), x=4, which="mid").baseline_w,
        "baseline_weather": baseline_weather.regression(
            load.reshape(6, 12, 8), rng.normal(0.0, 1.0, (12, 8, 2)), np.ones((8, 2)), fewest=4
        ),
        "controls": baseline_day.nearest_controls(load[:, :4], load[:, 4:8], count=3),
    }


def opinions(rng):
    """Return what the kernels give that experts are asked with and combined by."""
    load = random_load(rng)
    ahead, lagged = rng.normal(0.0, 1.0, (100, 2)), np.array([True, False])
    how = ridge.Ridge((ridge.Memory(0.95, 0.01),), day=4, week=12, recent=3, fewest=6, refit=2)
    origins = np.arange(68, 97, 4)
    fitted = ridge.fit(load, ahead, lagged, horizon=4, origins=8, how=how)
    regressed = fitted.said[:, 0]
    middle = typical.typical(load, origins, 4, period=4, count=5, of="median")
    mean = typical.typical(load, origins, 4, period=4, count=5, of="mean")
    actual = np.pad(load, ((0, 0), (0, 4)), constant_values=np.nan)[:, origins[:, np.newaxis] + np.arange(4)]
    mixed = ml_poly.combine(np.stack([regressed, middle, mean], axis=1), actual, day=4, pooled=2)
    band = quantiles.adaptive_quantiles(
        actual - mixed.combined_w, np.array([0.1, 0.9]), asked_from=2, day=4, pooled=2, window=5
    )
    rolled = ridge.roll(fitted, load, ahead, lagged, later=0, how=how)
    return {
        "rolled": rolled,
        "regressed": regressed,
        "middle": middle,
        "mean": mean,
        "mixed": mixed.combined_w,
        "band": band,
        "again": ml_poly.mix(np.stack([regressed, middle, mean], axis=1)[:, :, -1], mixed.weight),
    }


def schedules(rng):
    """Return what the kernels of dispatch give; some energy cannot be served."""
    first = rng.integers(0, 4, 20)
    last = first + rng.integers(1, 5, 20)
    need, cap = rng.integers(0, 6, 20) * 500.0, rng.integers(1, 5, 20) * 1000.0
    need[:15] = np.minimum(need, cap * 0.5 * (last - first))[:15]
    headroom = rng.integers(0, 5, (3, 8)) * np.array([[1000.0], [1000.0], [2500.0]])
    plan = dispatch.dispatch(rng.normal(50, 20, 8), headroom, np.array([0, 7, 7, 20]), need, cap, first, last)
    limit = np.vstack((headroom, headroom[:2].sum(axis=0) * 0.6, np.full(8, 9000.0)))
    devices = (np.array([0, 7, 7, 20]), need, cap, first, last)
    prices, parent = rng.normal(50, 20, 8), np.array([3, 3, 4, 4, -1])
    nested = dispatch_nested.dispatch_nested(prices, limit, parent, *devices)
    hasty = dispatch_nested.dispatch_nested(prices, limit, parent, *devices, budget_s=0.0)
    power, unserved = natural.natural_schedule(need, cap, first, last, slots=8)
    levels, loads = np.array([0.1, 0.5, 0.9]), np.sort(rng.normal(50, 20, (3, 8, 3)), axis=2)
    return {
        "overload": overload.overload_probability(levels, loads, rng.normal(60, 40, (3, 8))),
        "load_at": overload.load_at(levels, loads, 0.97),
        "natural": power,
        "natural_unserved": unserved,
        "plan": plan.power_w,
        "bound": plan.bound_eur,
        "shadow": plan.shadow_price_eur_per_mwh,
        "missing": plan.missing_wh,
        "cut_slot": plan.cut_slot,
        "cut_device": plan.cut_device,
        "nested": nested.power_w,
        "nested_bound": np.array([nested.bound_eur, nested.missing_bound_wh, hasty.bound_eur]),
        "nested_shadow": nested.shadow_price_eur_per_mwh,
        "nested_missing": nested.missing_wh,
        "nested_cut_slot": nested.cut_slot,
        "hasty": hasty.power_w,
    }


def commitments(rng):
    """Return what the kernels of devices on or off give: heat, batteries, runs, and limits that leave some missing."""
    each = np.ones((8, 6))
    heat = thermal.heat_store(
        rng.uniform(100.0, 300.0, 8),
        rng.uniform(0.0, 20.0, 8),
        rng.uniform(46.0, 50.0, 8),
        45.0 * each,
        60.0 * each,
        thermal.air_source_ratio(rng.uniform(-5.0, 9.0, (8, 6)), 45.0),
        rng.uniform(0.0, 500.0, (8, 6)),
        each,
    )
    steps = np.array([1, 2, 0, 0, 1, 1, 2, 0])
    draw = rng.choice([1000.0, 2000.0], (8, 1)) * each
    stores = commitment.Stores(
        heat.start_wh,
        heat.retention_ratio,
        heat.gain_ratio,
        np.full(8, 0.9),
        heat.drift_wh,
        heat.floor_wh,
        heat.ceiling_wh,
        draw,
        draw * (steps == 0)[:, np.newaxis],
        steps,
        np.array([1, 1, 1, 1, 2, 3, 2, 1]),
    )
    plan = commitment.commit(
        rng.normal(50.0, 20.0, 6),
        np.array([[3000.0], [1500.0]]) * np.ones(6),
        np.array([0, 4, 8]),
        stores,
        effort=commitment.Effort(easy_rounds=4, rounds=2, tries=6),
    )
    return {
        "committed": plan.power_w,
        "committed_bound": plan.bound_eur,
        "committed_missing": plan.missing_wh,
        "committed_shadow": plan.shadow_price_eur_per_mwh,
    }


def reconciled(rng):
    """Return forecasts that add up over a grid and over communes, one of them missing and some at their floor."""
    grid = [12, 12, 12, 13, 13, 13, 14, 14, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, -1, -1, -1]
    communes = [19, 20, 19, 20, 19, 20, 19, 20, 19, 20, 19, 20, *([-1] * 7), 18, 18]
    base = rng.normal(80.0, 100.0, (21, 6))
    base[3, 2] = np.nan
    variance, common = rng.uniform(1.0, 9.0, 21) ** 2, rng.uniform(0.0, 9.0, 21)
    variance[7] = 0.0
    floor = np.where(np.arange(21) < 6, 0.0, -np.inf)
    both = sums_of(np.array([grid, communes]))
    return {
        "scaled": reconcile.reconcile(base, variance, both),
        "shared": reconcile.reconcile(base, variance, both, common_w=common, floor_w=floor),
    }


def flows(rng):
    """Return power flows on a random tree, balanced and not; the last state is more than the network can carry."""
    tree = random_tree(rng, nodes=9)
    node, phase = rng.integers(0, 9, 12), rng.integers(0, 4, 12)
    load_w, load_var = rng.normal(4e3, 8e3, (12, 5)), rng.normal(1e3, 2e3, (12, 5))
    load_w[:, 4] = 3e7
    even = power_flow.power_flow(tree, node, load_w, load_var, phasors=True)
    apart = power_flow_unbalanced.unbalanced_flow(tree, node, phase, load_w, load_var)
    parts = ("voltage_pu", "real_pu", "imaginary_pu", "loading_ratio", "losses_w", "source_w", "source_var", "sweeps")
    return {
        f"{name}_{part}": getattr(flow, part) for name, flow in (("even", even), ("apart", apart)) for part in parts
    }


if __name__ == "__main__":
    np.savez(
        sys.argv[1],
        **forecasts(np.random.default_rng(12)),
        **schedules(np.random.default_rng(13)),
        **opinions(np.random.default_rng(14)),
        **reconciled(np.random.default_rng(15)),
        **flows(np.random.default_rng(16)),
        **commitments(np.random.default_rng(17)),
    )
