"""What decoded columns say, row by row, for people: by name, with units, times and what is doubtful."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from core.quality import Quality
from core.registers import REGISTER_BY_ID
from core.slots import LOCAL_ZONE
from ingest.decode.columns import Decoded, DeviceLabel

_S_PER_H = 3_600.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """One value: whose it is, what it is, when it was, and whether it lies within the limits of its register.

    `step_s` is None for a value at one instant; else the value covers ``[time_utc, time_utc + step_s)``. [s]
    """

    device: str
    register: str
    obis: str
    value: float
    unit: str
    time_utc: str
    time_local: str
    step_s: int | None
    quality: str
    is_plausible: bool


def utc(at_s: int) -> str:
    """Return an instant as ISO 8601 writes it."""
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")


def local(at_s: int) -> str:
    """Return an instant as a clock in France shows it."""
    return datetime.fromtimestamp(at_s, LOCAL_ZONE).isoformat()


def meanings(decoded: Decoded) -> Iterator[Meaning]:
    """Yield every value, intervals first, each in the order of the payload."""
    of, at = decoded.intervals, decoded.readings
    spans = (of.device, of.register_id, of.quality, of.start_s, of.value, of.step_s)
    for *row, step_s in zip(*(column.tolist() for column in spans), strict=True):
        yield _meaning(of.devices, row, step_s)
    instants = (at.device, at.register_id, at.quality, at.at_s, at.value)
    for reading in zip(*(column.tolist() for column in instants), strict=True):
        yield _meaning(at.devices, list(reading), None)


def _meaning(devices: Sequence[str], row: list[Any], step_s: int | None) -> Meaning:
    device, register_id, quality, at_s, value = row
    register = REGISTER_BY_ID[register_id]
    judged = value if step_s is None else value * _S_PER_H / step_s
    return Meaning(
        device=devices[device],
        register=register.name,
        obis=register.obis,
        value=value,
        unit=register.unit,
        time_utc=utc(at_s),
        time_local=local(at_s),
        step_s=step_s,
        quality=Quality(quality).label,
        is_plausible=bool(register.lowest <= judged <= register.highest),
    )


def _label(label: DeviceLabel) -> dict[str, Any]:
    return {"device": label.device, "label": label.label, "text": label.text, "time_utc": utc(label.at_s)}


def as_document(name: str, decoded: Decoded) -> dict[str, Any]:
    """Return all that a payload means as JSON can hold it."""
    return {
        "format": name,
        "values": [asdict(meaning) for meaning in meanings(decoded)],
        "labels": [_label(label) for label in decoded.labels],
        "refusals": [
            {"code": refusal.code, "count": refusal.count, "reason": refusal.reason} for refusal in decoded.refusals
        ],
    }
