"""SenML (RFC 8428) into readings and labels: names become meters and registers, units those of the registers."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from core.errors import InputError
from core.identifiers import DEVICE_ID
from core.quality import Quality
from core.registers import REGISTER_BY_NAME, Register, RegisterKind
from ingest.decode.columns import DeviceLabel, Message
from ingest.decode.decoding import Decoding, Format
from ingest.decode.faults import quoted
from ingest.decode.low_rate import LATEST_S
from ingest.decode.senml_records import (
    RELATIVE_BELOW_S,
    Record,
    Resolved,
    cbor_records,
    json_records,
    resolved,
)

_S_PER_H: Final = 3_600.0
#: SenML units (RFC 8428, RFC 8798): the unit of a register, and how many of it one is.
SENML_UNITS: Final[dict[str, tuple[str, float]]] = {
    "W": ("W", 1.0),
    "kW": ("W", 1e3),
    "VA": ("VA", 1.0),
    "kVA": ("VA", 1e3),
    "var": ("var", 1.0),
    "kvar": ("var", 1e3),
    "Wh": ("Wh", 1.0),
    "kWh": ("Wh", 1e3),
    "J": ("Wh", 1.0 / _S_PER_H),
    "varh": ("varh", 1.0),
    "kvarh": ("varh", 1e3),
    "vars": ("varh", 1.0 / _S_PER_H),
    "V": ("V", 1.0),
    "mV": ("V", 1e-3),
    "A": ("A", 1.0),
    "mA": ("A", 1e-3),
    "Hz": ("Hz", 1.0),
}
#: What a name without a register means, by the unit.
USUAL_REGISTERS: Final = {
    "W": "power_w",
    "VA": "apparent_power_va",
    "var": "reactive_power_var",
    "Wh": "import_index_wh",
    "V": "voltage_v",
    "A": "current_a",
    "Hz": "frequency_hz",
}
#: The sum of a power over time, which is an energy: what it becomes. [J]
_SUMS: Final = {"power_w": "import_index_wh"}


_LABEL: Final = re.compile(r"[!-~]{1,64}")
_WORDS: Final = re.compile(r"[ -~]{0,256}")


class Place(NamedTuple):
    """Where a value belongs: meter, and what stands behind its name, a register or a label."""

    device: str
    rest: str | None


def place_of(name: str) -> Place:
    """Read ``<meter>``, ``<meter>:<rest>`` or ``<meter>/<rest>``, each also behind ``urn:dev:…:``.

    Raises
    ------
    InputError
        ``name_unresolved``.

    Examples
    --------
    >>> place_of("urn:dev:ops:32473-m-000001:power_w")
    Place(device='32473-m-000001', rest='power_w')
    """
    body, _, path = name.partition("/")
    parts = body.split(":")
    if parts[:2] == ["urn", "dev"]:
        parts = parts[3:]
    rest = path or (parts.pop() if len(parts) > 1 else None)
    if len(parts) == 1 and DEVICE_ID.fullmatch(parts[0]):
        return Place(parts[0], rest or None)
    raise InputError("name_unresolved", f"The name {quoted(name)} is not that of a meter, or of one and a register.")


def _register(place: Place, unit: str | None) -> Register:
    """Return the register that is named, or the usual one of the unit."""
    usual = USUAL_REGISTERS.get(SENML_UNITS.get(unit or "", ("", 0.0))[0])
    register = REGISTER_BY_NAME.get(place.rest or usual or "")
    if register is None and place.rest is None:
        raise InputError("unit_unknown", f"The unit {quoted(unit or '')} does not tell which register is meant.")
    if register is None:
        raise InputError("register_unknown", f"There is no register {quoted(place.rest or '')}.")
    if register.kind is RegisterKind.INTERVAL:
        raise InputError(
            "register_wrong_kind", f"The register {register.name} is of interval kind; SenML has no spans."
        )
    return register


def _scaled(register: Register, value: float, unit: str | None) -> float:
    own, factor = (register.unit, 1.0) if unit is None else SENML_UNITS.get(unit, ("", 0.0))
    if own != register.unit:
        reason = f"The unit {quoted(unit or '')} is not one that {register.name} [{register.unit}] comes in."
        raise InputError("unit_unknown", reason)
    return value * factor


def _instant(time_s: float, received_s: int) -> tuple[int, Quality]:
    """Return the instant, and estimated where only the distance to now is known."""
    is_relative = time_s < RELATIVE_BELOW_S
    at_s = time_s + (received_s if is_relative else 0)
    if not 0 <= at_s <= LATEST_S:
        raise InputError("record_invalid", "A record's time is no instant from 1970 to 9999.")
    return int(at_s), Quality.ESTIMATED if is_relative else Quality.OK


def _of_value(record: Resolved, place: Place) -> tuple[Register, float]:
    register = _register(place, record.unit)
    return register, _scaled(register, record.value or 0.0, record.unit)


def _of_total(record: Resolved, place: Place) -> tuple[Register, float]:
    """Return the energy that the sum of a power over time is."""
    register = _register(place, record.unit)
    energy = _SUMS.get(register.name)
    if energy is None:
        raise InputError("unit_unknown", f"A sum of {register.name} over time is nothing that is kept.")
    return REGISTER_BY_NAME[energy], _scaled(register, record.total or 0.0, record.unit) / _S_PER_H


def _numbers(record: Resolved) -> list[Callable[[Resolved, Place], tuple[Register, float]]]:
    """Return what reads each number of a record."""
    said = ((_of_value, record.value), (_of_total, record.total))
    return [read for read, number in said if number is not None]


def _label(decoding: Decoding, index: int, record: Resolved, place: Place, at_s: int) -> None:
    label, text = place.rest or "value", record.word or ""
    if not (_LABEL.fullmatch(label) and _WORDS.fullmatch(text)):
        raise InputError("record_invalid", "A text value, or its name, is not short printable ASCII.")
    decoding.labels.append(DeviceLabel(index, place.device, label, text, at_s))


def _take_record(decoding: Decoding, index: int, record: Resolved, received_s: int) -> None:
    """Gather what a record says.

    Raises
    ------
    InputError
        Why all of it is refused.
    """
    numbers = _numbers(record)
    if not numbers and record.word is None:
        raise InputError("record_invalid", "A record has neither a number, nor a text, nor a truth.")
    place = place_of(record.name)
    at_s, quality = _instant(record.time_s, received_s)
    if record.word is not None:
        _label(decoding, index, record, place, at_s)
    for read in numbers:
        try:
            register, value = read(record, place)
        except InputError as error:
            decoding.faults.refuse(index, error)
            continue
        position = len(decoding.readings.devices)
        decoding.readings.devices.append(place.device)
        first = decoding.readings.add(index, position, register.register_id, at_s, 0, [value])
        decoding.readings.mark(first, [0], quality)


def senml(read: Callable[[bytes], list[Record]]) -> Format:
    """Return the format of a ``live`` in SenML whose records `read` reads; it has no sequence number."""

    def take(decoding: Decoding, index: int, message: Message) -> None:
        for record in list(resolved(read(message.payload))):
            if isinstance(record, InputError):
                decoding.faults.refuse(index, record)
                continue
            try:
                _take_record(decoding, index, record, message.received_s)
            except InputError as error:
                decoding.faults.add(index, error.code, max(1, len(_numbers(record))), error.message)

    return take


senml_json: Final = senml(json_records)
senml_cbor: Final = senml(cbor_records)
