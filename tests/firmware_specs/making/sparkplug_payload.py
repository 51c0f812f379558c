"""Sparkplug B payloads written byte by byte: an encoder that shares nothing with the platform's decoder."""

import struct
from dataclasses import dataclass

#: Numbers of data types, and the field of a metric that carries them (specification 3.0, 6.4).
INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, FLOAT, DOUBLE, BOOLEAN, STRING = range(1, 13)
DATASET = 16
_INT, _LONG, _FLOAT, _DOUBLE, _BOOLEAN, _STRING, _DATASET = 10, 11, 12, 13, 14, 15, 17
_CARRIER = {
    **dict.fromkeys((INT8, INT16, INT32, UINT8, UINT16), _INT),
    **dict.fromkeys((INT64, UINT32, UINT64), _LONG),
    FLOAT: _FLOAT,
    DOUBLE: _DOUBLE,
    BOOLEAN: _BOOLEAN,
    STRING: _STRING,
    DATASET: _DATASET,
}
Value = int | float | bool | str | bytes


def varint(value: int) -> bytes:
    """Return an unsigned integer of up to 64 bits in groups of seven, the lowest first."""
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])


def field(number: int, value: int | bytes) -> bytes:
    """Return one field: an integer as varint, bytes with their length."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def _value(datatype: int, value: Value) -> bytes:
    number = _CARRIER[datatype]
    if number == _FLOAT:
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if number == _DOUBLE:
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, str | bytes):
        return field(number, value.encode() if isinstance(value, str) else value)
    return field(number, int(value) & (2**32 - 1 if number == _INT else 2**64 - 1))


@dataclass(frozen=True)
class Metric:
    """One metric; what is None is left out, but for a value without which it says that it is null."""

    value: Value | None
    datatype: int
    name: str | None = None
    alias: int | None = None
    at_ms: int | None = None
    unit: str | None = None
    quality: int | None = None
    tells_type: bool = True
    is_historical: bool = False

    def encode(self) -> bytes:
        """Return the metric as bytes."""
        parts = [
            field(1, self.name.encode()) if self.name is not None else b"",
            field(2, self.alias) if self.alias is not None else b"",
            field(3, self.at_ms) if self.at_ms is not None else b"",
            field(4, self.datatype) if self.tells_type else b"",
            field(5, 1) if self.is_historical else b"",
            field(7, 1) if self.value is None else b"",
            self._properties(),
            _value(self.datatype, self.value) if self.value is not None else b"",
        ]
        return b"".join(parts)

    def _properties(self) -> bytes:
        texts = [("engUnit", field(1, STRING) + field(8, self.unit.encode()))] if self.unit is not None else []
        codes = [("Quality", field(1, INT32) + field(3, self.quality))] if self.quality is not None else []
        found = [*texts, *codes]
        if not found:
            return b""
        keys = b"".join(field(1, key.encode()) for key, _ in found)
        return field(9, keys + b"".join(field(2, value) for _, value in found))


def payload(at_ms: int | None, seq: int | None, *metrics: Metric, more: bytes = b"") -> bytes:
    """Return a payload; `more` is appended as it is."""
    parts = [
        field(1, at_ms) if at_ms is not None else b"",
        *(field(2, metric.encode()) for metric in metrics),
        field(3, seq) if seq is not None else b"",
        more,
    ]
    return b"".join(parts)
