"""The rules by name, how grave what they find is, and their limits as columns for the kernels."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core.limits import Limit
from core.registers import REGISTERS, RegisterKind
from ingest.vee import kernels

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name, how grave what it finds is, and what its figure and its bound say."""

    name: str
    severity: str
    meaning: str


#: By the number that kernels write; the last three are about indexes.
RULES: Final = (
    Rule("gap", "warning", "slots without a measured value; how many of them are estimated"),
    Rule("overlap", "error", "seconds told twice; 0"),
    Rule("spike", "warning", "the day's highest power [W]; its third highest [W]"),
    Rule("high_against_history", "warning", "energy of the day; median of the complete days before"),
    Rule("low_against_history", "info", "energy of the day; median of the complete days before"),
    Rule("zero_run", "info", "seconds of nothing but zero; longest that is nothing to speak of"),
    Rule("flat_line", "warning", "seconds of one value; longest that is nothing to speak of"),
    Rule("clock_ahead", "warning", "seconds known before the interval ended; most that is nothing to speak of"),
    Rule("bad_value", "warning", "highest power marked bad [W]; most that subscribed power allows [W]"),
    Rule("index_back", "error", "the index; the higher one before it"),
    Rule("index_rollover", "info", "the index; the one before it, from which the counter began again"),
    Rule("sum_against_index", "error", "sum of the load curve; difference of the indexes"),
)
NAMES: Final = tuple(rule.name for rule in RULES)
INDEX_BACK: Final = NAMES.index("index_back")
INDEX_ROLLOVER: Final = NAMES.index("index_rollover")
SUM_AGAINST_INDEX: Final = NAMES.index("sum_against_index")

#: Registers of kind interval, by number.
INTERVAL_IDS: Final = tuple(one.register_id for one in REGISTERS if one.kind is RegisterKind.INTERVAL)
_BY_OBIS: Final = {register.obis: register.register_id for register in REGISTERS}
#: The index register that counts what a register of intervals tells: 1-0:x.8.0 for 1-0:x.29.0.
INDEX_OF: Final = {
    one.register_id: _BY_OBIS[index]
    for one in REGISTERS
    if one.kind is RegisterKind.INTERVAL and (index := one.obis.replace(".29.", ".8.")) in _BY_OBIS
}
INDEX_IDS: Final = tuple(INDEX_OF.values())


class RuleLimits:
    """The limits of all registers, as arrays by register number.

    Parameters
    ----------
    limits : iterable of Limit
        One for each register.
    """

    _NAMES: Final = (
        "subscribed_ratio", "spike_ratio", "spike_floor_ratio", "high_ratio", "low_ratio", "zero_run_s", "flat_run_s",
        "clock_ahead_s", "late_s", "rollover_at", "sum_tolerance", "sum_tolerance_ratio",
    )  # fmt: skip

    def __init__(self, limits: Iterable[Limit]) -> None:
        rows = list(limits)
        size = 1 + max(row.register_id for row in rows)
        self._columns = {name: np.full(size, np.nan) for name in self._NAMES}
        for row in rows:
            for name, column in self._columns.items():
                value = getattr(row, name)
                column[row.register_id] = np.nan if value is None else value

    def column(self, name: str, register_id: Int) -> Float:
        """Return one limit for each register given; NaN where it is not applied."""
        return self._columns[name][register_id]

    def longest_run_s(self) -> int:
        """Return how far before a day its runs of zeros and of one value have to be looked for; at least a day. [s]."""
        runs = np.concatenate([self._columns["zero_run_s"], self._columns["flat_run_s"], [86_400.0]])
        return int(np.nanmax(runs))

    def late_s(self) -> float:
        """Return after how long a gap is not waited for any more. [s]."""
        return float(np.nanmax(np.append(self._columns["late_s"], 0.0)))

    def for_cells(self, register_id: Int, subscribed_va: Int) -> Float:
        """Return the columns that `kernels.check_cells` takes, shape (cell, limit)."""
        found = np.empty((len(register_id), kernels.LIMIT_COLUMNS))
        for position, name in (
            (kernels.L_SPIKE, "spike_ratio"),
            (kernels.L_FLOOR_W, "spike_floor_ratio"),
            (kernels.L_ZERO_S, "zero_run_s"),
            (kernels.L_FLAT_S, "flat_run_s"),
            (kernels.L_AHEAD_S, "clock_ahead_s"),
            (kernels.L_LATE_S, "late_s"),
            (kernels.L_BAD_W, "subscribed_ratio"),
        ):
            found[:, position] = self.column(name, register_id)
        found[:, [kernels.L_FLOOR_W, kernels.L_BAD_W]] *= subscribed_va[:, np.newaxis]
        found[np.isnan(found)] = np.inf
        found[np.isinf(found[:, kernels.L_BAD_W]), kernels.L_BAD_W] = 0.0
        return found
