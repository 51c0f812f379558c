"""Threads, each tried in a process of its own where they can be set once only."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from grid.kernels import (
    baseline,
    baseline_day,
    baseline_weather,
    commitment_price,
    commitment_repair,
    dispatch_certificate,
    dispatch_flow,
    dispatch_tree,
    dispatch_tree_certificate,
    error_patterns,
    error_patterns_days,
    error_patterns_run,
    holt_winters,
    holt_winters_fit,
    holt_winters_run,
    holt_winters_search,
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
    warm,
)
from grid.kernels.dispatch import dispatch
from grid.kernels.sums import sums_of

ROOT = Path(__file__).parents[3]
MODULES = [
    baseline,
    baseline_day,
    baseline_weather,
    commitment_price,
    commitment_repair,
    dispatch_certificate,
    dispatch_flow,
    dispatch_tree,
    dispatch_tree_certificate,
    error_patterns_days,
    error_patterns_run,
    holt_winters_fit,
    holt_winters_search,
    holt_winters_run,
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
    typical,
]
KERNELS = {
    f"{module.__name__}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, Dispatcher) and value.targetoptions.get("parallel")
}


def run(code, **environment):
    """Run Python code in a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )
    return done.stdout.strip()


def test_threads_may_be_entered_from_several_threads():
    assert threads.ensure_threading_layer() in {"tbb", "omp"}


@pytest.mark.skipif(not any(path.exists() for path in threads._tbb_candidates()), reason="no tbb wheel here")
def test_the_wheel_of_tbb_is_found_though_the_linker_does_not_look_there():
    code = """
        from grid.kernels.threads import ensure_threading_layer
        print(ensure_threading_layer())
    """
    assert run(code, NUMBA_THREADING_LAYER="tbb", LD_LIBRARY_PATH="") == "tbb"


def test_the_layer_that_aborts_is_refused():
    code = """
        from core.errors import ConfigurationError
        from grid.kernels.threads import ensure_threading_layer
        try:
            ensure_threading_layer()
        except ConfigurationError as error:
            print(error.code, error.context["layer"])
    """
    assert run(code, NUMBA_THREADING_LAYER="workqueue") == "threading_layer_missing workqueue"


def test_a_host_without_any_layer_is_told_what_to_install():
    code = """
        from core.errors import PlatformError
        from numba.np.ufunc import parallel
        from grid.kernels import threads

        def nothing():
            raise ValueError("No threading layer could be loaded.")

        parallel._launch_threads = nothing
        try:
            threads.ensure_threading_layer()
        except PlatformError as error:
            print(error)
    """
    assert "libgomp1" in run(code)


def test_two_python_threads_run_the_same_kernel_at_once():
    devices, slots = 400, 24
    rng = np.random.default_rng(0)
    case = (
        rng.normal(50.0, 20.0, slots),
        rng.gamma(2.0, 5000.0, (20, slots)),
        np.arange(0, devices + 1, 20),
        rng.gamma(2.0, 1000.0, devices),
        rng.gamma(2.0, 1500.0, devices),
        np.zeros(devices, int),
        np.full(devices, slots),
    )
    expected = dispatch(*case).power_w
    with ThreadPoolExecutor(4) as pool:
        for plan in pool.map(lambda _: dispatch(*case), range(40)):
            np.testing.assert_array_equal(plan.power_w, expected)


def test_warming_up_compiles_every_kernel_for_the_types_used_later():
    assert warm.warm_up() > 0.0
    before = {name: len(kernel.signatures) for name, kernel in KERNELS.items()}
    assert len(KERNELS) >= 32
    assert set(before.values()) == {1}, before
    load = np.random.default_rng(0).normal(100.0, 5.0, (2, 700)).astype(np.float32)
    load.flags.writeable = False
    fitted = holt_winters.fit(load[:, ::1])
    ahead = holt_winters.backtest(fitted, load, np.array([690], dtype=np.int32), 5)
    error_patterns.backtest(fitted, load, np.array([690], dtype=np.int32), 5)
    error_patterns.backtest(fitted, load, np.array([690, 691], dtype=np.int32), 5)
    error_patterns.forecast(error_patterns.start_anew(fitted, load, 5)[0], load[:, :3], 5)
    skill.point_skill(ahead[:, :, ::-1], ahead)
    naive.weekly_naive(load.T.copy().T, np.array([690]), 5)
    baseline.high_x_of_y(load[:, :480].reshape(2, 10, 48))
    reconcile.reconcile(load[:, :5], load[:, 0], sums_of(np.full((2, 2), -1, dtype=np.int32)), common_w=load[:, 1])
    assert before == {name: len(kernel.signatures) for name, kernel in KERNELS.items()}


def test_a_damaged_tbb_library_is_passed_over(tmp_path, monkeypatch):
    broken = tmp_path / threads.TBB_LIBRARY
    broken.write_bytes(b"not a library")
    monkeypatch.setattr(threads, "_tbb_candidates", lambda: [broken])
    threads._load_tbb()
    assert threads.ensure_threading_layer() in {"tbb", "omp"}
