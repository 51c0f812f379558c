"""The linear programmes of `benchmarks.dispatch`, for HiGHS."""

import time
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from benchmarks._fleets import SLOT_HOURS, SLOTS, Fleet

WH_PER_MWH = 1e6


def programme(fleet: Fleet, *, reward: float = 0.0) -> Any:
    """Return the whole programme: a column per device and slot, rows for needs and for every limit.

    With a `reward` [EUR/MWh] above all prices, needs are upper limits, and it serves the most first.
    """
    counts = fleet.last - fleet.first
    device = np.repeat(np.arange(fleet.need_wh.size), counts)
    slot = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + fleet.first[device]
    rows = [device]
    node = np.repeat(np.arange(fleet.transformers), np.diff(fleet.offsets))[device]
    while (node >= 0).any():  # all devices are as deep
        rows.append(fleet.need_wh.size + node * SLOTS + slot)
        node = np.where(node >= 0, fleet.parent[node], -1)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = device.size, fleet.need_wh.size + fleet.limit_w.size
    model.col_cost_ = fleet.price[slot] - reward
    model.col_lower_, model.col_upper_ = np.zeros(device.size), fleet.cap_w[device] * SLOT_HOURS
    none = np.full(fleet.limit_w.size, -highspy.kHighsInf)
    at_least = np.full(fleet.need_wh.size, -highspy.kHighsInf) if reward else fleet.need_wh
    model.row_lower_ = np.concatenate((at_least, none))
    model.row_upper_ = np.concatenate((fleet.need_wh, fleet.limit_w.ravel() * SLOT_HOURS))
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(0, len(rows) * device.size + 1, len(rows))
    model.a_matrix_.index_ = np.column_stack(rows).ravel()
    model.a_matrix_.value_ = np.ones(len(rows) * device.size)
    return model


def solve(models: list[Any]) -> tuple[float, float, NDArray[np.float64]]:
    """Return the seconds HiGHS takes for some programmes, its objective in EUR, and the columns."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    seconds, objective, columns = 0.0, 0.0, []
    for model in models:
        solver.passModel(model)
        started = time.perf_counter()
        solver.run()
        seconds += time.perf_counter() - started
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise SystemExit("HiGHS found no optimum.")
        objective += solver.getInfo().objective_function_value / WH_PER_MWH
        columns.append(np.array(solver.getSolution().col_value))
    return seconds, objective, np.concatenate(columns)


def by_transformer(fleet: Fleet) -> list[Any]:
    """Return a programme for each transformer."""
    return [programme(_only(fleet, number)) for number in range(fleet.transformers)]


def _only(fleet: Fleet, number: int) -> Fleet:
    rows = slice(fleet.offsets[number], fleet.offsets[number + 1])
    offsets = np.array([0, rows.stop - rows.start])
    own = (fleet.need_wh[rows], fleet.cap_w[rows], fleet.first[rows], fleet.last[rows])
    return Fleet(fleet.price, fleet.limit_w[number : number + 1], np.array([-1]), offsets, *own)
