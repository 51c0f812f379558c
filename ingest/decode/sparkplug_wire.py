"""Sparkplug B payloads: bytes to metrics and back, by a descriptor of the fields that are read.

Field numbers, field types and data types are those of the Sparkplug 3.0 specification (Eclipse Foundation, 2022),
chapter 6.4, "Sparkplug B v1.0 payload". Fields that are not listed here, and those of later versions, are skipped by
their wire type. Names and texts are declared as bytes, which is the same on the wire, so that it is we who say what is
not UTF-8; data sets and templates are declared as bytes too and never looked into.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from core.errors import InputError

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE: Final = "somel.sparkplug"
#: Metrics that one payload may have.
MAX_METRICS: Final = 10_000

#: Members of a message's union; a message has one value at most.
_VALUES: Final = {
    "int_value": (10, _Field.TYPE_UINT32),
    "long_value": (11, _Field.TYPE_UINT64),
    "float_value": (12, _Field.TYPE_FLOAT),
    "double_value": (13, _Field.TYPE_DOUBLE),
    "boolean_value": (14, _Field.TYPE_BOOL),
    "string_value": (15, _Field.TYPE_BYTES),
    "bytes_value": (16, _Field.TYPE_BYTES),
    "dataset_value": (17, _Field.TYPE_BYTES),
    "template_value": (18, _Field.TYPE_BYTES),
    "extension_value": (19, _Field.TYPE_BYTES),
}
_FIELDS: Final[dict[str, dict[str, tuple[int, Any]]]] = {
    "PropertyValue": {"int_value": (3, _Field.TYPE_UINT32), "string_value": (8, _Field.TYPE_BYTES)},
    "PropertySet": {"keys": (1, _Field.TYPE_BYTES), "values": (2, "PropertyValue")},
    "Metric": {
        "name": (1, _Field.TYPE_BYTES),
        "alias": (2, _Field.TYPE_UINT64),
        "timestamp": (3, _Field.TYPE_UINT64),
        "datatype": (4, _Field.TYPE_UINT32),
        "is_historical": (5, _Field.TYPE_BOOL),
        "is_null": (7, _Field.TYPE_BOOL),
        "properties": (9, "PropertySet"),
    }
    | _VALUES,
    "Payload": {
        "timestamp": (1, _Field.TYPE_UINT64),
        "metrics": (2, "Metric"),
        "seq": (3, _Field.TYPE_UINT64),
    },
}
_REPEATED: Final = frozenset({"keys", "values", "metrics"})


def _describe(name: str, into: descriptor_pb2.FileDescriptorProto) -> None:
    message = into.message_type.add(name=name)
    if name == "Metric":
        message.oneof_decl.add(name="value")
    for field, (number, kind) in _FIELDS[name].items():
        described = message.field.add(name=field, number=number)
        described.label = _Field.LABEL_REPEATED if field in _REPEATED else _Field.LABEL_OPTIONAL
        if isinstance(kind, str):
            described.type, described.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
        else:
            described.type = kind
        if name == "Metric" and field in _VALUES:
            described.oneof_index = 0


def _payload_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="somel/sparkplug.proto", package=_PACKAGE, syntax="proto2")
    for name in _FIELDS:
        _describe(name, file)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


_PAYLOAD: Final = _payload_class()


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as it was sent; None is what was left out.

    Attributes
    ----------
    name : str or None
        Name.
    alias : int or None
        Number that stands for the name after a birth.
    timestamp_ms : int or None
        UTC epoch. [ms]
    datatype : int or None
        Number of the data type.
    is_null : bool
        Whether it says that there is no value.
    member : str or None
        Which member of the union the value is.
    value : int, float, bool, bytes or None
        Value.
    unit : str or None
        Property ``engUnit``.
    quality_code : int or None
        Property ``Quality`` (specification 6.4.15): 0 is bad, 192 good, 500 stale.
    """

    name: str | None
    alias: int | None
    timestamp_ms: int | None
    datatype: int | None
    is_null: bool
    member: str | None
    value: object
    unit: str | None
    quality_code: int | None


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload: when it was sent [ms], its place in the node's sequence, and its metrics."""

    timestamp_ms: int | None
    seq: int | None
    metrics: Sequence[Metric]


def read_payload(payload: bytes) -> Payload:
    """Read a payload.

    Raises
    ------
    InputError
        ``payload_malformed`` when the bytes are no such message, ``payload_invalid`` when it has too many metrics.
    """
    try:
        message = _PAYLOAD.FromString(payload)
    except DecodeError as error:
        raise InputError("payload_malformed", "The payload is not a Sparkplug B payload.") from error
    if len(message.metrics) > MAX_METRICS:
        reason = f"The payload has {len(message.metrics)} metrics; {MAX_METRICS} are the limit."
        raise InputError("payload_invalid", reason)
    metrics = [_metric(metric) for metric in message.metrics]
    return Payload(_optional(message, "timestamp"), _optional(message, "seq"), metrics)


def write_payload(timestamp_ms: int, *, name: str, datatype: int, boolean: bool) -> bytes:
    """Return a payload of one boolean metric: all that a host sends."""
    message = _PAYLOAD(timestamp=timestamp_ms)
    message.metrics.add(name=name.encode(), timestamp=timestamp_ms, datatype=datatype, boolean_value=boolean)
    encoded: bytes = message.SerializeToString()
    return encoded


def _metric(metric: Any) -> Metric:
    member = metric.WhichOneof("value")
    properties = _properties(metric.properties) if metric.HasField("properties") else {}
    unit, quality_code = properties.get(b"engUnit"), properties.get(b"Quality")
    return Metric(
        name=_text(metric.name) if metric.HasField("name") else None,
        alias=_optional(metric, "alias"),
        timestamp_ms=_optional(metric, "timestamp"),
        datatype=_optional(metric, "datatype"),
        is_null=metric.is_null,
        member=member,
        value=None if member is None else getattr(metric, member),
        unit=_text(unit.string_value) if unit is not None and unit.HasField("string_value") else None,
        quality_code=None if quality_code is None else _optional(quality_code, "int_value"),
    )


def _properties(found: Any) -> dict[bytes, Any]:
    return dict(zip(found.keys, found.values, strict=False))


def _optional(message: Any, field: str) -> Any:
    return getattr(message, field) if message.HasField(field) else None


def _text(encoded: bytes) -> str:
    try:
        return encoded.decode()
    except UnicodeDecodeError as error:
        raise InputError("payload_malformed", "A name or a unit in the payload is not UTF-8.") from error
