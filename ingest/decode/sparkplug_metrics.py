"""From Sparkplug metrics to registers: which register a name means, in which unit, and which number a value is."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.errors import InputError
from core.registers import REGISTERS, Register, RegisterKind
from ingest.decode.faults import quoted
from ingest.decode.sparkplug_wire import Metric

#: Names that are no register's own, as edge nodes of other makers use them. Add a line to accept one more.
METRIC_NAMES: Final[dict[str, str]] = {
    "Active Power": "power_w",
    "Apparent Power": "apparent_power_va",
    "Voltage": "voltage_v",
    "Current": "current_a",
    "Frequency": "frequency_hz",
    "Active Energy Import": "import_index_wh",
    "Active Energy Export": "export_index_wh",
}
#: Engineering units that are not a register's own: the own one, and how many of it they are.
UNITS: Final[dict[str, tuple[str, float]]] = {
    "kWh": ("Wh", 1e3),
    "MWh": ("Wh", 1e6),
    "kvarh": ("varh", 1e3),
    "kVArh": ("varh", 1e3),
    "VArh": ("varh", 1.0),
    "mW": ("W", 1e-3),
    "kW": ("W", 1e3),
    "MW": ("W", 1e6),
    "kVA": ("VA", 1e3),
    "mV": ("V", 1e-3),
    "kV": ("V", 1e3),
    "mA": ("A", 1e-3),
    "kA": ("A", 1e3),
}
#: Metrics that serve the protocol and hold no measured value; names that begin so, or are so.
_CONTROL: Final = ("bdSeq", "Node Control/", "Device Control/", "Node Info/", "Device Info/", "Properties/")

#: A metric is called as its register is, by its OBIS code, or by an alias of the table.
_REGISTERS: Final[dict[str, Register]] = (
    {register.obis: register for register in REGISTERS}
    | {alias: register for register in REGISTERS for alias, name in METRIC_NAMES.items() if name == register.name}
    | {register.name: register for register in REGISTERS}
)


class DataType(IntEnum):
    """Sparkplug's data types that are numbers (specification 3.0, 6.4.16), by their number on the wire."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10


BOOLEAN: Final = 11

_SIGNED_BITS: Final = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
_UNSIGNED_BITS: Final = {DataType.UINT8: 8, DataType.UINT16: 16, DataType.UINT32: 32, DataType.UINT64: 64}
_WIRE_BITS: Final = {"int_value": 32, "long_value": 64}
_REAL_MEMBERS: Final = ("float_value", "double_value")


@dataclass(frozen=True, slots=True)
class Definition:
    """What a birth says of one metric.

    Attributes
    ----------
    datatype : int or None
        Number of its data type.
    register_id : int or None
        Register it goes to; None where it goes to none, then `code` and `reason` say why.
    factor : float
        What a value is multiplied by to have the register's unit.
    code, reason : str
        Why its values are refused; empty where they are not, or are passed over.
    """

    datatype: int | None
    register_id: int | None = None
    factor: float = 1.0
    code: str = ""
    reason: str = ""


def define(metric: Metric) -> Definition:
    """Return what a metric of a birth means."""
    name = metric.name or ""
    if name.startswith(_CONTROL):
        return Definition(metric.datatype)
    register = _REGISTERS.get(name)
    if register is None:
        return Definition(metric.datatype, code="register_unknown", reason=f"There is no register {quoted(name)}.")
    if register.kind is RegisterKind.INTERVAL:
        reason = f"The register {register.name} is of interval kind, and a metric says no step."
        return Definition(metric.datatype, code="register_wrong_kind", reason=reason)
    if metric.unit is None or metric.unit == register.unit:
        return Definition(metric.datatype, register.register_id)
    unit, factor = UNITS.get(metric.unit, ("", 1.0))
    if unit != register.unit:
        reason = f"The unit {quoted(metric.unit)} is not one that {register.name} [{register.unit}] comes in."
        return Definition(metric.datatype, code="unit_unknown", reason=reason)
    return Definition(metric.datatype, register.register_id, factor)


def number(datatype: int | None, metric: Metric) -> float:
    """Return the value of a metric as a number.

    Parameters
    ----------
    datatype : int or None
        Data type that the birth gave, for a metric that does not repeat it.
    metric : Metric
        Metric, not null.

    Raises
    ------
    InputError
        ``metric_unreadable``.

    Notes
    -----
    Makers differ in which member of the union carries 32 unsigned bits, and in how far a small negative integer is
    sign-extended; each integer is read from either member, as far as its bits agree with its data type.
    """
    kind = metric.datatype if metric.datatype is not None else datatype
    value = metric.value
    if kind in (DataType.FLOAT, DataType.DOUBLE) and metric.member in _REAL_MEMBERS and isinstance(value, float):
        return value
    wire_bits = _WIRE_BITS.get(metric.member or "")
    if wire_bits is not None and isinstance(value, int):
        whole = _whole(kind, value, wire_bits)
        if whole is not None:
            return whole
    raise InputError("metric_unreadable", f"A value of data type {kind} in {metric.member} is no number that fits.")


def _whole(kind: int | None, value: int, wire_bits: int) -> int | None:
    if kind in _UNSIGNED_BITS:
        return value if value < 1 << _UNSIGNED_BITS[DataType(kind)] else None
    if kind not in _SIGNED_BITS:
        return None
    bits = _SIGNED_BITS[DataType(kind)]
    if value < 1 << bits and value >> (bits - 1):
        return value - (1 << bits)  # negative, and not extended beyond its own bits
    signed = value - (1 << wire_bits) if value >> (wire_bits - 1) else value
    return signed if -(1 << (bits - 1)) <= signed < 1 << (bits - 1) else None
