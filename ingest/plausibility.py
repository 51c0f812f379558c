"""Whether decoded values can be believed: whole columns checked against registry, clock and register limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, overload

import numpy as np
import numpy.typing as npt

from core.quality import Quality
from db.columns import IntervalColumns, ReadingColumns
from db.limits import ValueLimits
from db.registry import Registry
from ingest.decode import REFUSAL_CODES, DecodedIntervals, DecodedReadings, MessageRefusal

Int = npt.NDArray[np.int64]
Faults = npt.NDArray[np.int8]

#: How far back a value may start: three years, the longest gap that a replaced or re-read meter can honestly fill.
#: It also bounds the chunks that one batch can make the database create. [days]
REACH_BACK_DAYS: Final = 1_096
#: How far a device's clock may be ahead of ours. [s]
AHEAD_S: Final = 300

#: A value is refused for the first of these that applies; its number stands in a column of faults, 0 is none.
VALUE_CODES: Final = (
    "device_unknown",
    "device_foreign",
    "time_too_old",
    "time_in_future",
    "value_negative",
    "value_out_of_range",
)
_NUMBER: Final = {code: number for number, code in enumerate(VALUE_CODES, start=1)}
_MEANING: Final = {refusal.code: refusal.meaning for refusal in REFUSAL_CODES}


def credible_span_s(now: datetime, reach_back_days: int = REACH_BACK_DAYS) -> tuple[int, int]:
    """Return the earliest start and the latest end, both inclusive, that can be believed at a time. [s]."""
    now_s = int(now.timestamp())
    return now_s - reach_back_days * 86_400, now_s + AHEAD_S


@dataclass(frozen=True, slots=True)
class Devices:
    """Who the devices named in decoded columns are.

    Attributes
    ----------
    usage_point_id : ndarray, shape (device,), int32
        Usage point that the device measures; -1 for a name that is not registered.
    gateway_id : ndarray, shape (device,), int32
        Gateway that speaks for it; -1 likewise.
    subscribed_va : ndarray, shape (device,), int32
        Subscribed power of its usage point; -1 likewise. [VA]
    """

    usage_point_id: npt.NDArray[np.int32]
    gateway_id: npt.NDArray[np.int32]
    subscribed_va: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class KnownNames(Sequence[str]):
    """Names of devices, of which it is known already who they are."""

    names: Sequence[str]
    devices: Devices

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        """Return a name."""
        return self.names[index]


def look_up(names: Sequence[str], registry: Registry) -> Devices:
    """Return who the devices are; only meters and sensors measure, other devices count as unknown here."""
    if isinstance(names, KnownNames):
        return names.devices
    found = np.full((3, len(names)), -1, np.int32)
    measuring = registry.devices
    for position, name in enumerate(names):
        device = measuring.get(name)
        if device is not None and device.kind in _MEASURING:
            found[0, position] = device.usage_point_id
            found[1, position] = device.gateway_id
            found[2, position] = device.subscribed_va
    return Devices(*found)


def measuring(registry: Registry) -> list[str]:
    """Return the names of all devices that measure."""
    return [name for name, device in registry.devices.items() if device.kind in _MEASURING]


_MEASURING: Final = frozenset({"meter", "sensor"})


def judge_intervals(
    decoded: DecodedIntervals,
    gateway_id: npt.NDArray[np.int32],
    registry: Registry,
    now: datetime,
    *,
    reach_back_days: int = REACH_BACK_DAYS,
) -> tuple[IntervalColumns, list[MessageRefusal]]:
    """Return the interval values that can be believed, and why the others cannot.

    Parameters
    ----------
    decoded : DecodedIntervals
        Values as they were sent.
    gateway_id : ndarray, shape (message,), int32
        Gateway that sent each message.
    registry : Registry
        Who is known.
    now : datetime
        Time to judge past and future by.
    reach_back_days : int, default REACH_BACK_DAYS
        How far back a value may start; only an operator who loads history goes further. [days]
    """
    devices = look_up(decoded.devices, registry)
    with np.errstate(over="ignore"):  # what overflows is beyond every limit
        mean_power = decoded.value * (3_600.0 / decoded.step_s)
    faults = _limit_faults(decoded.register_id, mean_power, registry.limits)
    _time_faults(faults, decoded.start_s, decoded.start_s + decoded.step_s, credible_span_s(now, reach_back_days))
    _device_faults(faults, devices, decoded.device, gateway_id[decoded.message])
    bound = registry.limits.subscribed_ratio[decoded.register_id] * devices.subscribed_va[decoded.device]
    keep = _kept(faults)
    columns = IntervalColumns(
        usage_point_id=devices.usage_point_id[decoded.device[keep]],
        register_id=decoded.register_id[keep],
        quality=_doubted(decoded.quality, mean_power > bound)[keep],
        step_s=decoded.step_s[keep],
        start_s=decoded.start_s[keep],
        value=decoded.value[keep].astype(np.float32),
    )
    return columns, _refusals(faults, decoded.message)


def judge_readings(
    decoded: DecodedReadings,
    gateway_id: npt.NDArray[np.int32],
    registry: Registry,
    now: datetime,
    *,
    reach_back_days: int = REACH_BACK_DAYS,
) -> tuple[ReadingColumns, list[MessageRefusal]]:
    """Return the readings that can be believed, and why the others cannot; as `judge_intervals`."""
    devices = look_up(decoded.devices, registry)
    faults = _limit_faults(decoded.register_id, decoded.value, registry.limits)
    _time_faults(faults, decoded.at_s, decoded.at_s, credible_span_s(now, reach_back_days))
    _device_faults(faults, devices, decoded.device, gateway_id[decoded.message])
    keep = _kept(faults)
    columns = ReadingColumns(
        usage_point_id=devices.usage_point_id[decoded.device[keep]],
        register_id=decoded.register_id[keep],
        quality=decoded.quality[keep],
        read_us=decoded.at_s[keep] * 1_000_000,
        value=decoded.value[keep],
    )
    return columns, _refusals(faults, decoded.message)


# The three below are called from the last rule to the first: the first that applies is the one that stays.


def _limit_faults(register_id: npt.NDArray[np.int16], value: npt.NDArray[np.float64], limits: ValueLimits) -> Faults:
    faults: Faults = np.zeros(len(value), np.int8)
    lowest = limits.lowest[register_id]
    below = value < lowest
    faults[below | (value > limits.highest[register_id])] = _NUMBER["value_out_of_range"]
    if below.any():
        faults[below & (lowest >= 0.0) & (value < 0.0)] = _NUMBER["value_negative"]
    return faults


def _time_faults(faults: Faults, first_s: Int, last_s: Int, span_s: tuple[int, int]) -> None:
    oldest_s, newest_s = span_s
    faults[last_s > newest_s] = _NUMBER["time_in_future"]
    faults[first_s < oldest_s] = _NUMBER["time_too_old"]


def _device_faults(
    faults: Faults, devices: Devices, device: npt.NDArray[np.int32], sender: npt.NDArray[np.int32]
) -> None:
    owner = devices.gateway_id[device]
    faults[owner != sender] = _NUMBER["device_foreign"]
    faults[owner < 0] = _NUMBER["device_unknown"]


def _doubted(quality: npt.NDArray[np.int16], doubtful: npt.NDArray[np.bool_]) -> npt.NDArray[np.int16]:
    """Return the quality of values some of which are more than subscribed power allows: bad, if it was said to be ok.

    It follows from the message, the registry and the limits alone, so a redelivered value is a duplicate.
    """
    if not doubtful.any():
        return quality
    return np.where(doubtful & (quality == Quality.OK), np.int16(Quality.BAD), quality)


def _kept(faults: Faults) -> slice | npt.NDArray[np.bool_]:
    return faults == 0 if faults.any() else slice(None)


def _refusals(faults: Faults, message: npt.NDArray[np.int32]) -> list[MessageRefusal]:
    rows = np.flatnonzero(faults)
    if not len(rows):
        return []
    base = len(VALUE_CODES) + 1
    keys, counts = np.unique(message[rows].astype(np.int64) * base + faults[rows], return_counts=True)
    return [
        MessageRefusal(int(key) // base, code := VALUE_CODES[int(key) % base - 1], _MEANING[code], int(count))
        for key, count in zip(keys, counts, strict=True)
    ]
