"""Run every kernel on small seeded input and save the results: `python every_kernel.py FILE`."""

import sys

import numpy as np

from ingest.vee import comparing_kernels, kernels


def rows_of(rng):
    """Return 20 series of 96 half-hours with gaps, zeros, a flat line, spikes, bad, early and overlapping values."""
    facts: list[np.ndarray] = []
    value: list[np.ndarray] = []
    edges: list[tuple[int, int]] = []
    for _ in range(20):
        start = np.arange(96) * 1_800
        start = start[rng.random(96) > 0.05]
        step = np.where(rng.random(start.size) < 0.03, 3_600, 1_800)
        quality = rng.choice([0, 2, 3], start.size, p=[0.94, 0.03, 0.03])
        known = start + step + rng.choice([-60, 60, 200_000], start.size, p=[0.02, 0.9, 0.08])
        told = rng.gamma(2.0, 100.0, start.size)
        told[rng.random(start.size) < 0.01] *= 50
        told[30:60] = rng.choice([0.0, 70.0])
        before = edges[-1][1] if edges else 0
        edges.append((before, before + start.size))
        facts.append(np.stack([start, step, quality, known]))
        value.append(told)
    return np.concatenate(facts, axis=1).astype(np.int64), np.concatenate(value), np.array(edges)


if __name__ == "__main__":
    facts, value, edges = rows_of(np.random.default_rng(3))
    cells = np.array([[a, b, 86_400, 172_800, 0, 1_800] for a, b in edges])
    limits = np.tile([1.8, 3_000.0, 36_000.0, 36_000.0, 5.0, 172_800.0, 18_000.0], (len(cells), 1))
    counts, energy, found = np.zeros((len(cells), 6), np.int64), np.zeros(len(cells)), np.zeros((9_000, 6))
    done, written = kernels.check_cells(facts, value, cells, limits, 0, counts, energy, found)
    assert done == len(cells)
    median, sums = np.empty(20), [np.empty(20) for _ in range(3)]
    series, day = np.repeat(np.arange(20), 9), np.tile(np.arange(9), 20)
    keys = np.stack([np.arange(20), np.full(20, 8)], axis=1)
    comparing_kernels.compare_history(series, day, value[:180], keys, np.ones(20), 28, 7, median)
    spans = np.tile([80_000.0, 100_001.0], (20, 1))
    comparing_kernels.sum_rows(facts, value, spans, edges, *sums)
    np.savez(sys.argv[1], counts=counts, energy=energy, found=found[:written], median=median, sums=np.stack(sums))
