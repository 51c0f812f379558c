"""What decoding returns: columns of values, low-rate contents, and refusals as values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ingest.decode.foreign import Foreign
from ingest.decode.low_rate import LowRateContent

#: Contents that are no measured values, each with the position of its message.
Contents: TypeAlias = list[tuple[int, LowRateContent]]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the broker handed it over, its topic already read.

    Attributes
    ----------
    kind : str
        One of ``core.identifiers.UP_KINDS``.
    content_type : str or None
        MQTT 5 content type.
    payload : bytes
        Payload.
    foreign : Foreign or None
        What it says, where another maker's format was read already.
    received_s : int
        When the platform received it, UTC epoch; what formats without a time of their own are stamped with. [s]
    """

    kind: str
    content_type: str | None
    payload: bytes
    foreign: Foreign | None = None
    received_s: int = 0


@dataclass(frozen=True, slots=True)
class DeviceLabel:
    """What a device says of itself and is no number: a tariff's name, a state, a message to its owner.

    Attributes
    ----------
    message : int
        Position in the sequence of messages that was decoded.
    device : str
        Name of the device.
    label : str
        Which one of its labels.
    text : str
        What it says, in printable ASCII.
    at_s : int
        When it said so, UTC epoch. [s]
    """

    message: int
    device: str
    label: str
    text: str
    at_s: int


@dataclass(frozen=True, slots=True)
class MessageRefusal:
    """A message, or the part of it that has one fault.

    Attributes
    ----------
    message : int
        Position in the sequence of messages that was decoded.
    code : str
        A code of ``ingest.decode.codes.REFUSAL_CODES``.
    reason : str
        One sentence in printable ASCII.
    count : int
        Values refused, ``>= 1``; 1 for a whole message.
    """

    message: int
    code: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Attributed:
    """Columns of equal length, one row a value: what is measured, by which device, in which message.

    Attributes
    ----------
    devices : sequence of str
        Names that `device` points into; a name occurs once per block or message, so it may occur often.
    message : ndarray, shape (value,), int32
        Position in the sequence of messages that was decoded; rows of one message stand together, in its order.
    device : ndarray, shape (value,), int32
        Position in `devices`.
    register_id : ndarray, shape (value,), int16
        Register.
    quality : ndarray, shape (value,), int16
        ``core.quality.Quality``.
    """

    devices: Sequence[str]
    message: npt.NDArray[np.int32]
    device: npt.NDArray[np.int32]
    register_id: npt.NDArray[np.int16]
    quality: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class DecodedIntervals(Attributed):
    """Values over a span, of registers of interval kind.

    Attributes
    ----------
    step_s : ndarray, shape (value,), int32
        Length of the interval, one of ``INTERVAL_STEPS_S``. [s]
    start_s : ndarray, shape (value,), int64
        Start of the interval, UTC epoch, a multiple of `step_s`. [s]
    value : ndarray, shape (value,), float64
        Value; never NaN, may be infinite. [unit of the register]
    """

    step_s: npt.NDArray[np.int32]
    start_s: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DecodedReadings(Attributed):
    """Values at one instant, of registers of index or instant kind.

    Attributes
    ----------
    at_s : ndarray, shape (value,), int64
        Instant of the measurement, UTC epoch. [s]
    value : ndarray, shape (value,), float64
        Value; never NaN, may be infinite. [unit of the register]
    """

    at_s: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decoded:
    """All that a sequence of messages holds.

    Attributes
    ----------
    intervals : DecodedIntervals
        Values of ``batch`` messages.
    readings : DecodedReadings
        Values of ``live`` messages.
    contents : list of (int, LowRateContent)
        Contents of ``event``, ``answer``, ``meta`` and ``state`` messages with the message's position.
    refusals : list of MessageRefusal
        Faults that can be judged without registry and clock; at most one per message and code, ordered by message.
    sequence : ndarray, shape (message,), int64
        Sequence number of each message; -1 where it has none or was refused as a whole.
    labels : list of DeviceLabel
        What devices say in words, in the order of the messages.

    Notes
    -----
    ``len(intervals.value) + len(readings.value) + sum(refusal.count for refusal in refusals)`` is what
    ``ingest_batch.received`` counts: nulls are no values, and contents and labels are no readings.
    """

    intervals: DecodedIntervals
    readings: DecodedReadings
    contents: Contents
    refusals: list[MessageRefusal]
    sequence: npt.NDArray[np.int64]
    labels: list[DeviceLabel] = field(default_factory=list)
