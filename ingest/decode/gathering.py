"""Runs of values from many messages, gathered into columns once per batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.decode.columns import Attributed
from ingest.decode.faults import Faults
from ingest.decode.kernels import expand

#: One array of a message: numbers from CBOR, or a list from JSON in which None is no value.
Values = npt.NDArray[np.uint32 | np.int32 | np.float32 | np.float64]
Run = Values | list[float | None]

#: Stands for a quality that there is not.
UNKNOWN_QUALITY: Final = -1


@dataclass(frozen=True, slots=True)
class Gathered(Attributed):
    """Values of any kind; `time_s` is the start of an interval, or the instant where `step_s` is 0 [s]."""

    step_s: npt.NDArray[np.int32]
    time_s: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]


class Gatherer:
    """Take runs one by one, cheaply, and turn them into columns at the end, at once.

    A run is one array of one register. In a block it follows one device through time (`step_s` > 0, device stride 0);
    in a live message it goes through the devices at one time (`step_s` 0, device stride 1).
    """

    def __init__(self) -> None:
        self.devices: list[str] = []
        self._runs: list[int] = []
        self._arrays: list[Values] = []
        self._listed: list[float | None] = []
        self._length = 0
        self._marks: list[tuple[npt.NDArray[np.int64], int]] = []

    def add(self, message: int, device: int, register_id: int, time_s: int, step_s: int, values: Run) -> int:
        """Add a run; return the position of its first value, to mark qualities from."""
        stride = 0 if step_s else 1
        self._runs += (message, device, stride, register_id, time_s, step_s, len(values))
        if isinstance(values, list):
            self._listed.extend(values)
        else:
            self._flush()
            self._arrays.append(values)
        first = self._length
        self._length += len(values)
        return first

    def mark(self, first: int, indexes: Sequence[int], quality: int) -> None:
        """Give values of the run that begins at `first` a quality; the worst mark counts."""
        self._marks.append((np.asarray(indexes, np.int64) + first, quality))

    def _flush(self) -> None:
        if self._listed:
            self._arrays.append(np.array(self._listed, np.float64))
            self._listed.clear()

    def finish(self, faults: Faults) -> Gathered:
        """Return the columns without NaN (no value) and without values of unknown quality, which are refused."""
        self._flush()
        with np.errstate(invalid="ignore"):  # a signalling NaN is no value like any other NaN
            value = np.concatenate(self._arrays, dtype=np.float64) if self._arrays else np.empty(0)
        runs = np.array(self._runs, np.int64).reshape(-1, 7)
        total = len(value)
        message, device, step_s = (np.empty(total, np.int32) for _ in range(3))
        register_id, time_s = np.empty(total, np.int16), np.empty(total, np.int64)
        expand(runs, message, device, register_id, step_s, time_s)
        quality, keep = self._judge(message, value, faults)
        gathered = Gathered(self.devices, message, device, register_id, quality, step_s, time_s, value)
        return gathered if keep.all() else _kept(gathered, keep)

    def _judge(
        self, message: npt.NDArray[np.int32], value: npt.NDArray[np.float64], faults: Faults
    ) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
        """Return the qualities, and which values stay."""
        quality = np.zeros(len(value), np.int16)
        unknown = np.zeros(len(value), np.bool_)
        for positions, mark in self._marks:
            if mark == UNKNOWN_QUALITY:
                unknown[positions] = True
            else:
                quality[positions] = np.maximum(quality[positions], mark)
        keep = ~np.isnan(value)
        if unknown.any():
            for index, count in enumerate(np.bincount(message[unknown & keep])):
                faults.add(index, "quality_unknown", int(count), "A quality mark is not ok, missing, estimated or bad.")
            keep &= ~unknown
        return quality, keep


def _kept(gathered: Gathered, keep: npt.NDArray[np.bool_]) -> Gathered:
    return Gathered(
        gathered.devices,
        gathered.message[keep],
        gathered.device[keep],
        gathered.register_id[keep],
        gathered.quality[keep],
        gathered.step_s[keep],
        gathered.time_s[keep],
        gathered.value[keep],
    )
