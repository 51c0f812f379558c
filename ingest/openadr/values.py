"""From a report to interval readings: usage and demand, with their quality; what cannot be one is refused by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from core.errors import InputError
from core.openadr_periods import Span, spans_of
from core.quality import QUALITY_BY_LABEL, Quality
from core.registers import EXPORT_WH, IMPORT_WH
from core.slots import INTERVAL_STEPS_S
from db.columns import IntervalColumns

#: What counts as a reading: energy over the interval, or mean power over it, with the factor to Wh or W.
_UNITS: Final[Mapping[str, Mapping[str, float]]] = {"USAGE": {"KWH": 1e3, "WH": 1.0}, "DEMAND": {"KW": 1e3, "W": 1.0}}
_DEFAULT_UNIT: Final = {"USAGE": "KWH", "DEMAND": "KW"}
_QUALITY: Final = "DATA_QUALITY"
_NOT_MEASURED: Final = frozenset({"FORECAST", "PEAK"})


@dataclass(frozen=True, slots=True)
class Value:
    """One reading of a report. `value` is energy [Wh]; NaN where it is missing."""

    usage_point_id: int
    register_id: int
    quality: Quality
    step_s: int
    start_s: int
    value: float


@dataclass(frozen=True, slots=True)
class Unread:
    """Why something in a report is no reading."""

    code: str
    reason: str


def read_report(
    content: Mapping[str, Any], usage_points: Mapping[str, int], *, said_at: datetime, now: datetime
) -> Iterator[Value | Unread]:
    """Yield the readings of a report, and what could not be one.

    Parameters
    ----------
    content : mapping
        The report, as the specification writes it.
    usage_points : mapping
        Usage points that its resources stand for, by resource name; other resources are passed over.
    said_at : datetime
        When it was made: what a start in the year 1 stands for.
    now : datetime
        No reading is later.
    """
    units = dict(_declared(content))
    for resource in content["resources"]:
        usage_point_id = usage_points.get(resource["resourceName"])
        if usage_point_id is None:
            continue
        for interval, span in spans_of(resource["intervals"], resource.get("intervalPeriod"), said_at):
            for payload in interval["payloads"]:
                if payload["type"] in units:
                    yield _value(payload, interval, span, usage_point_id, units[payload["type"]], now)


def columns_of(values: list[Value]) -> IntervalColumns:
    """Return readings as columns."""
    return IntervalColumns(
        usage_point_id=np.array([value.usage_point_id for value in values], np.int32),
        register_id=np.array([value.register_id for value in values], np.int16),
        quality=np.array([value.quality for value in values], np.int16),
        step_s=np.array([value.step_s for value in values], np.int32),
        start_s=np.array([value.start_s for value in values], np.int64),
        value=np.array([value.value for value in values], np.float32),
    )


def _declared(content: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, float | None]]]:
    """Yield the payload types that are measured here, each with its kind and the factor to Wh or W."""
    described = {one["payloadType"]: one for one in content.get("payloadDescriptors") or ()}
    for kind, factors in _UNITS.items():
        descriptor = described.get(kind, {})
        if descriptor.get("readingType") not in _NOT_MEASURED:
            yield kind, (kind, factors.get((descriptor.get("units") or _DEFAULT_UNIT[kind]).upper()))


def _value(
    payload: Mapping[str, Any],
    interval: Mapping[str, Any],
    span: Span,
    usage_point_id: int,
    unit: tuple[str, float | None],
    now: datetime,
) -> Value | Unread:
    try:
        step_s = _step_of(span, now)
        quality = _quality_of(interval)
        energy_wh = _energy_of(payload, unit, step_s, quality)
    except InputError as error:
        return Unread(error.code, error.message)
    register = EXPORT_WH if energy_wh < 0 else IMPORT_WH
    return Value(usage_point_id, register.register_id, quality, step_s, int(span.start.timestamp()), abs(energy_wh))


def _step_of(span: Span, now: datetime) -> int:
    if span.end is None or span.end > now:
        raise InputError("report_not_over", "An interval has not ended, or does not say when it does.")
    step_s = (span.end - span.start).total_seconds()
    if step_s not in INTERVAL_STEPS_S or span.start.timestamp() % step_s:
        raise InputError("report_step", "An interval is not one that readings have, on its own round.", step_s=step_s)
    return int(step_s)


def _quality_of(interval: Mapping[str, Any]) -> Quality:
    said = [payload["values"] for payload in interval["payloads"] if payload["type"] == _QUALITY]
    label = str(said[0][0]).lower() if said and said[0] else Quality.OK.label
    if label not in QUALITY_BY_LABEL:
        raise InputError("report_quality", "A DATA_QUALITY is none that the specification names.")
    return QUALITY_BY_LABEL[label]


def _energy_of(payload: Mapping[str, Any], unit: tuple[str, float | None], step_s: int, quality: Quality) -> float:
    kind, factor = unit
    if quality is Quality.MISSING:
        return float("nan")
    values = payload["values"]
    number = values[0] if len(values) == 1 else None
    if factor is None or not isinstance(number, (int, float)) or isinstance(number, bool):
        raise InputError("report_value", "A value is not one number of a known unit.")
    energy_wh = number * factor * (step_s / 3_600 if kind == "DEMAND" else 1.0)
    if abs(energy_wh) > IMPORT_WH.highest * step_s / 3_600:
        raise InputError("report_implausible", "A value is more than a supply can carry.")
    return energy_wh
