"""Raw frames of Linky meters (TIC) into readings, intervals and labels; one bad group spoils nothing but itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from core.errors import InputError
from core.quality import Quality
from core.slots import INTERVAL_STEPS_S
from ingest.decode.columns import DeviceLabel, Message
from ingest.decode.decoding import Decoding
from ingest.decode.faults import quoted
from ingest.decode.low_rate import LATEST_S
from ingest.decode.tic_frame import Frame, Group, read_frames
from ingest.decode.tic_labels import LABEL_OF, UNKNOWN_LABEL, UNKNOWN_TEXT, Fate, TicLabel
from ingest.decode.tic_status import read_status
from ingest.decode.tic_time import Stamp, read_horodate

_CHECKSUM: Final = "The checksum of a group does not hold."
_FORM: Final = "A group has not the form that its label asks for: label, separators, length, charset or time."
_STEP: Final = "A point of the load curve comes alone: how long its interval is cannot be told."
_UNNAMED: Final = "The frame does not say which meter it is of: its ADSC or ADCO is missing or spoiled."
_S_PER_H: Final = 3_600


@dataclass(frozen=True, slots=True)
class _Said:
    """A group that is right: what it is, what it says, and when if it says so itself."""

    group: Group
    known: TicLabel | None
    stamp: Stamp | None

    @property
    def fate(self) -> Fate:
        return Fate.TEXT if self.known is None else self.known.fate


@dataclass(slots=True)
class _Curves:
    """Points of load curves by device and register: mean power [W] and quality by the end of the interval [s]."""

    points: dict[tuple[str, int], dict[int, tuple[int, Quality]]] = field(default_factory=dict)

    def gather(self, decoding: Decoding, index: int) -> None:
        """Turn the points into intervals as long as the shortest time between two of them."""
        for (device, register_id), by_end in self.points.items():
            ends = sorted(by_end)
            step_s = min((later - earlier for earlier, later in pairwise(ends)), default=0)
            if step_s not in INTERVAL_STEPS_S or any(end % step_s for end in ends):
                decoding.faults.add(index, "step_unknown", len(ends), _STEP)
                continue
            position = len(decoding.intervals.devices)
            decoding.intervals.devices.append(device)
            for end in ends:
                power_w, quality = by_end[end]
                energy: list[float | None] = [power_w * step_s / _S_PER_H]
                first = decoding.intervals.add(index, position, register_id, end - step_s, step_s, energy)
                decoding.intervals.mark(first, [0], quality)


def _check(group: Group) -> _Said | None:
    """Return what a group says; None when it has not the form that its label asks for."""
    known = LABEL_OF.get((group.mode, group.label))
    stamp = None if group.horodate is None else read_horodate(group.horodate)
    if known is None:
        is_right = bool(UNKNOWN_LABEL.fullmatch(group.label) and UNKNOWN_TEXT.fullmatch(_words(group)))
    else:
        is_stamped = (group.horodate is not None, stamp is not None)
        is_right = is_stamped == (known.has_horodate,) * 2 and known.pattern.fullmatch(group.data) is not None
    return _Said(group, known, stamp) if is_right else None


def _words(group: Group) -> bytes:
    return group.data if group.horodate is None else group.horodate + b" " + group.data


def _right(frame: Frame, decoding: Decoding, index: int) -> list[_Said]:
    """Return the groups that are right; the others are refused."""
    intact = [group for group in frame.groups if group.is_intact]
    said = [found for group in intact if (found := _check(group)) is not None]
    decoding.faults.add(index, "group_checksum", len(frame.groups) - len(intact), _CHECKSUM)
    decoding.faults.add(index, "group_invalid", frame.broken + len(intact) - len(said), _FORM)
    return said


def _clock(frame: Frame, said: Sequence[_Said], received_s: int) -> Stamp:
    """Return when the meter spoke: by its own clock if that is set, else by the gateway's, else by ours."""
    own = next((found.stamp for found in said if found.fate is Fate.CLOCK), None)
    read_s = frame.read_s if frame.read_s is not None and frame.read_s <= LATEST_S else None
    if own is not None and (own.quality is Quality.OK or read_s is None):
        return own
    return Stamp(received_s, Quality.ESTIMATED) if read_s is None else Stamp(read_s, Quality.OK)


def _labels(said: _Said) -> Iterator[tuple[str, str]]:
    label, text = said.group.label.decode(), _words(said.group).decode().strip(" ")
    yield label, text
    if said.fate is Fate.STATUS:
        yield from ((f"{label}.{name}", meaning) for name, meaning in read_status(said.group.data))


@dataclass(frozen=True, slots=True)
class _Speaker:
    """One meter, speaking in one frame of one message at one instant."""

    decoding: Decoding
    curves: _Curves
    index: int
    device: str
    clock: Stamp

    def take(self, said: _Said) -> None:
        """Gather what a group says."""
        if said.fate is Fate.READING:
            self._reading(said, said.stamp or self.clock)
        elif said.fate is Fate.CURVE:
            self._point(said, said.stamp or self.clock)
        elif said.fate in (Fate.TEXT, Fate.STATUS):
            for label, text in _labels(said):
                self.decoding.labels.append(DeviceLabel(self.index, self.device, label, text, self.clock.at_s))

    def _reading(self, said: _Said, stamp: Stamp) -> None:
        readings = self.decoding.readings
        position = len(readings.devices)
        readings.devices.append(self.device)
        first = readings.add(self.index, position, _register_id(said), stamp.at_s, 0, [int(said.group.data)])
        readings.mark(first, [0], stamp.quality)

    def _point(self, said: _Said, stamp: Stamp) -> None:
        points = self.curves.points.setdefault((self.device, _register_id(said)), {})
        points[stamp.at_s] = int(said.group.data), stamp.quality


def _register_id(said: _Said) -> int:
    return -1 if said.known is None or said.known.register is None else said.known.register.register_id


def _take_frame(decoding: Decoding, curves: _Curves, index: int, frame: Frame, received_s: int) -> None:
    said = _right(frame, decoding, index)
    device = next((found.group.data.decode() for found in said if found.fate is Fate.ADDRESS), None)
    if device is None:
        decoding.faults.add(index, "device_unnamed", len(said), f"{_UNNAMED} It holds {_named(said)}.")
        return
    speaker = _Speaker(decoding, curves, index, device, _clock(frame, said, received_s))
    for found in said:
        speaker.take(found)


def _named(said: Sequence[_Said]) -> str:
    return quoted(", ".join(found.group.label.decode() for found in said))


def tic(decoding: Decoding, index: int, message: Message) -> int | None:
    """Take a ``live`` of raw TIC frames; it has no sequence number.

    Raises
    ------
    InputError
        ``payload_malformed`` when there is no frame in it, or none with a group.
    """
    curves, frames = _Curves(), list(read_frames(message.payload))
    if not any(frame.groups or frame.broken for frame in frames):
        raise InputError("payload_malformed", "The payload holds no frame with a group in it.")
    for frame in frames:
        _take_frame(decoding, curves, index, frame, message.received_s)
    curves.gather(decoding, index)
    return None
