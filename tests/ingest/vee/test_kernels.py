"""The kernels against slow oracles, and the same source interpreted and compiled."""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median as middle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.vee import comparing_kernels, kernels
from tests.ingest.vee import oracle
from tests.ingest.vee.oracle import Bounds, Cell, Row

ROOT = Path(__file__).parents[3]
DAY_S = 1_768_431_600
#: A short day keeps the oracle, which goes minute by minute, quick; the kernel does not know how long days are.
SHORT_S = 6 * 3_600


@st.composite
def rows(draw):
    """Return rows of a day and the hours before it: mostly one after the other, some late, some over another."""
    found: list[Row] = []
    at = DAY_S - 7_200
    usual = draw(st.sampled_from([300, 900, 1_800, 3_600]))
    while at < DAY_S + SHORT_S and len(found) < 40:
        step = draw(st.sampled_from([usual, usual, usual, 1_800, 600]))
        at = -(-at // step) * step
        quality = draw(st.sampled_from([0, 0, 0, 0, 2, 3]))
        lag = draw(st.sampled_from([-60, -5, 60, 60, 172_800, 172_801]))
        value = draw(st.sampled_from([0.0, 0.0, 1.0, 50.0, 50.0, 700.0, 4_000.0]))
        found.append(Row(at, step, quality, at + step + lag, value))
        at += draw(st.sampled_from([step, step, step, step, 2 * step, 5 * step, max(step // 2, 300)]))
    return sorted({row.start_s: row for row in found}.values(), key=lambda row: row.start_s)


def run_kernel(days):
    """Return counts, energies and findings of (rows, cell, bounds) triples checked in one call after the other."""
    flat = [row for told, _, _ in days for row in told]
    facts = np.array([[row.start_s, row.step_s, row.quality, row.known_s] for row in flat], np.int64).reshape(-1, 4)
    value = np.array([row.value for row in flat], np.float64)
    ends = np.cumsum([len(told) for told, _, _ in days])
    cells = np.array(
        [
            [end - len(told), end, cell.day_s, cell.end_s, cell.expected_s, cell.usual_s]
            for end, (told, cell, _) in zip(ends, days, strict=True)
        ],
        np.int64,
    )
    limits = np.array([[b.spike, b.floor_w, b.zero_s, b.flat_s, b.ahead_s, b.late_s, b.bad_w] for _, _, b in days])
    counts, energy = np.zeros((len(days), 6), np.int64), np.zeros(len(days))
    room, done = np.empty((460, 6)), 0
    found: list[list[float]] = []
    while done < len(days):
        before = done
        done, written = kernels.check_cells(facts.T.copy(), value, cells, limits, done, counts, energy, room)
        assert done > before
        found += room[:written].tolist()
    return counts, energy, found


CELLS = st.builds(
    Cell,
    st.just(DAY_S),
    st.just(DAY_S + SHORT_S),
    st.sampled_from([0, DAY_S, DAY_S + 1, DAY_S + 5_400, DAY_S + SHORT_S, DAY_S + 2 * SHORT_S]),
    st.sampled_from([300, 1_800, 3_600]),
)


@settings(max_examples=70, deadline=None)
@given(days=st.lists(st.tuples(rows(), CELLS, st.just(Bounds())), min_size=1, max_size=3))
def test_days_are_counted_and_checked_as_minute_by_minute(days):
    counts, energy, found = run_kernel(days)
    for number, (told, cell, bounds) in enumerate(days):
        expected, expected_energy = oracle.counts(told, cell, bounds)
        assert counts[number].tolist() == expected
        assert energy[number] == pytest.approx(expected_energy)
        mine = sorted(tuple(one[1:]) for one in found if one[0] == number)
        wanted = oracle.findings(told, cell, bounds)
        assert len(mine) == len(wanted)
        np.testing.assert_allclose(np.array(mine), np.array(wanted, np.float64).reshape(np.shape(mine)))


@settings(max_examples=40, deadline=None)
@given(
    days=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.floats(0, 1e5)), max_size=60),
    cells=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 70)), min_size=1, max_size=5),
    reach=st.integers(1, 28),
    fewest=st.integers(1, 9),
)
def test_a_day_is_compared_with_the_median_of_those_before(days, cells, reach, fewest):
    known = dict(sorted({(series, day): energy for series, day, energy in days}.items()))
    median = np.empty(len(cells))
    comparing_kernels.compare_history(
        np.array([key[0] for key in known], np.int64),
        np.array([key[1] for key in known], np.int64),
        np.array(list(known.values()), np.float64),
        np.array(cells, np.int64),
        np.ones(len(cells)),
        reach,
        fewest,
        median,
    )
    for number, (series, day) in enumerate(cells):
        pool = [energy for (s, d), energy in known.items() if s == series and day - reach <= d < day]
        expected = middle(pool) if len(pool) >= fewest else np.nan
        assert median[number] == pytest.approx(expected, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(told=rows(), first=st.integers(-3_600, 9_000), length=st.integers(1, 9_000))
def test_a_span_is_summed_as_second_by_second(told, first, length):
    start, end = DAY_S + first, DAY_S + first + length
    facts = np.array([[row.start_s, row.step_s, row.quality, row.known_s] for row in told], np.int64).T.copy()
    energy, covered, doubt = np.empty(1), np.empty(1), np.empty(1)
    value = np.array([row.value for row in told])
    edges = np.array([[0, len(told)]])
    comparing_kernels.sum_rows(facts, value, np.array([[start, end]], np.float64), edges, energy, covered, doubt)
    parts = [(row, max(0, min(end, row.end_s) - max(start, row.start_s))) for row in told if row.quality == 0]
    cut = [(row, part / row.step_s) for row, part in parts if 0 < part < row.step_s]
    assert energy[0] == pytest.approx(sum(row.value * part / row.step_s for row, part in parts))
    assert covered[0] == pytest.approx(sum(part for _, part in parts))
    assert doubt[0] == pytest.approx(sum(max(share, 1 - share) * row.value for row, share in cut))


def results(target, **environment):
    subprocess.run(
        [sys.executable, Path(__file__).with_name("every_kernel.py"), target],
        check=True,
        timeout=170,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )
    with np.load(target) as saved:
        return dict(saved)


def test_every_kernel_gives_the_same_with_jit_off_and_on(tmp_path):
    compiled = results(tmp_path / "compiled.npz")
    interpreted = results(tmp_path / "interpreted.npz", NUMBA_DISABLE_JIT="1")
    assert compiled.keys() == interpreted.keys()
    assert set(compiled["found"][:, kernels.RULE]) >= {0.0, 1.0, 2.0, 5.0, 6.0, 7.0, 8.0}
    for name, values in compiled.items():
        np.testing.assert_allclose(values, interpreted[name], rtol=1e-12, err_msg=name)
