"""The step of every value: found between the stamps of each meter, for it is per point and may change."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from core.slots import INTERVAL_STEPS_S

Int = npt.NDArray[np.int64]

#: So many equal steps in a row are a step of the meter, not a row of gaps.
_RUN: Final = 12


@dataclass(slots=True)
class _Meter:
    counts: Counter[int] = field(default_factory=Counter)
    runs: list[tuple[int, int]] = field(default_factory=list)  # since when, step
    last_s: int | None = None
    backward: int = 0


@dataclass(slots=True)
class Steps:
    """Learn steps from the stamps as they stand, then tell them.

    Parameters
    ----------
    stated_s : int or None
        Step stated for all; nothing is learnt then but the order of the lines. [s]
    is_end : bool
        Whether stamps name the ends of intervals.
    """

    stated_s: int | None
    is_end: bool
    forward: int = 0
    backward: int = 0
    _meters: dict[int, _Meter] = field(default_factory=dict)

    def learn(self, meter: npt.NDArray[np.int32], stamp_s: Int) -> None:
        """Take the stamps of some rows, in the order of the file."""
        order = np.argsort(meter, kind="stable")
        meter, stamp_s = meter[order], stamp_s[order]
        for rows in np.split(np.arange(len(meter)), np.flatnonzero(np.diff(meter)) + 1):
            if len(rows):
                self._learn_one(self._meters.setdefault(int(meter[rows[0]]), _Meter()), stamp_s[rows])

    def _learn_one(self, known: _Meter, stamps: Int) -> None:
        if known.last_s is not None:
            stamps = np.append(known.last_s, stamps)
        known.last_s = int(stamps[-1])
        gaps = np.diff(stamps)
        back = int(np.count_nonzero(gaps < 0))
        self.forward, self.backward = self.forward + int(np.count_nonzero(gaps > 0)), self.backward + back
        known.backward += back
        gaps = np.abs(gaps)
        found, counts = np.unique(gaps[np.isin(gaps, INTERVAL_STEPS_S)], return_counts=True)
        known.counts.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
        edges = np.flatnonzero(np.diff(gaps)) + 1
        first, last = np.append(0, edges), np.append(edges, len(gaps))
        for begin, end in zip(first[last - first >= _RUN], last[last - first >= _RUN], strict=True):
            step_s = int(gaps[begin])
            since_s = min(int(stamps[begin + self.is_end]), int(stamps[end]))
            if step_s in INTERVAL_STEPS_S and (not known.runs or known.runs[-1][1] != step_s):
                known.runs.append((since_s, step_s))

    @property
    def is_descending(self) -> bool:
        """Whether the newest lines come first."""
        return self.backward > self.forward

    @property
    def unsorted(self) -> int:
        """Lines that lie on the wrong side of the one above them."""
        return min(self.backward, self.forward)

    def changing(self) -> dict[int, list[int]]:
        """Return the steps of the meters whose step changes. [s]."""
        if self.stated_s is not None:
            return {}
        steps = {meter: sorted({step for _, step in known.runs}) for meter, known in self._meters.items()}
        return {meter: found for meter, found in steps.items() if len(found) > 1}

    def common(self) -> int | None:
        """Return the step stated, else the one seen most often; None when there is none. [s]."""
        if self.stated_s is not None:
            return self.stated_s
        total: Counter[int] = Counter()
        for known in self._meters.values():
            total.update(known.counts)
        return total.most_common(1)[0][0] if total else None

    def finest(self, meter: int) -> int:
        """Return the shortest step of a meter. [s]."""
        return min(step for _, step in self._of(meter))

    def at(self, meter: npt.NDArray[np.int32], stamp_s: Int) -> Int:
        """Return the step of each row. [s]."""
        step_s = np.full(len(meter), self.common() or 0, np.int64)
        if self.stated_s is not None:
            return step_s
        for one in np.unique(meter):
            runs = self._of(int(one))
            rows = np.flatnonzero(meter == one) if len(runs) > 1 else meter == one
            if len(runs) == 1:
                step_s[rows] = runs[0][1]
                continue
            since = np.array([start for start, _ in runs], np.int64)
            which = np.maximum(np.searchsorted(since, stamp_s[rows], side="right") - 1, 0)
            step_s[rows] = np.array([step for _, step in runs], np.int64)[which]
        return step_s

    def _of(self, meter: int) -> Sequence[tuple[int, int]]:
        known = self._meters.get(meter, _Meter())
        if self.stated_s is None and known.runs:
            return sorted(known.runs)
        if self.stated_s is None and known.counts:
            return [(0, known.counts.most_common(1)[0][0])]
        return [(0, self.common() or 0)]
