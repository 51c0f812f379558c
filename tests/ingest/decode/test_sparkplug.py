"""Sparkplug payloads: bytes to metrics, metrics to numbers of registers."""

import math
import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.registers import REGISTERS, RegisterKind
from ingest.decode.sparkplug_metrics import METRIC_NAMES, UNITS, define, number
from ingest.decode.sparkplug_wire import MAX_METRICS, Metric, read_payload, write_payload
from tests.firmware_specs.making import sparkplug_payload as made

SIGNED = {made.INT8: 8, made.INT16: 16, made.INT32: 32, made.INT64: 64}
UNSIGNED = {made.UINT8: 8, made.UINT16: 16, made.UINT32: 32, made.UINT64: 64}
TEXT = st.text(max_size=12)
UINT64 = st.integers(0, 2**64 - 1)


@st.composite
def typed_numbers(draw: st.DrawFn) -> tuple[int, float]:
    """Return a data type and a number that it can hold."""
    datatype = draw(st.integers(made.INT8, made.DOUBLE))
    if datatype in SIGNED:
        half = 2 ** (SIGNED[datatype] - 1)
        return datatype, draw(st.integers(-half, half - 1))
    if datatype in UNSIGNED:
        return datatype, draw(st.integers(0, 2 ** UNSIGNED[datatype] - 1))
    return datatype, draw(st.floats(width=32, allow_nan=False))


METRICS = st.builds(
    lambda typed, name, alias, at_ms, unit, quality: made.Metric(typed[1], typed[0], name, alias, at_ms, unit, quality),
    typed_numbers(),
    st.none() | TEXT,
    st.none() | UINT64,
    st.none() | UINT64,
    st.none() | TEXT,
    st.none() | st.integers(0, 600),
)


def metric(**changes: object) -> Metric:
    fields: dict[str, object] = dict.fromkeys(Metric.__dataclass_fields__) | {"is_null": False}
    return Metric(**(fields | changes))  # type: ignore[arg-type]


@given(METRICS, UINT64, UINT64)
def test_what_another_encoder_wrote_is_read_field_by_field(sent: made.Metric, at_ms: int, seq: int) -> None:
    payload = read_payload(made.payload(at_ms, seq, sent, more=made.field(77, b"later") + made.field(78, 1)))
    (found,) = payload.metrics
    assert (payload.timestamp_ms, payload.seq) == (at_ms, seq)
    assert (found.name, found.alias, found.timestamp_ms) == (sent.name, sent.alias, sent.at_ms)
    assert (found.datatype, found.unit, found.quality_code) == (sent.datatype, sent.unit, sent.quality)
    assert number(None, found) == sent.value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_code(content: bytes) -> None:
    with suppress(InputError):
        read_payload(content)


@settings(max_examples=300)
@given(st.lists(METRICS, max_size=4), st.data())
def test_a_payload_with_one_byte_changed_is_read_or_refused_with_a_code(sent: list[made.Metric], data: st.DataObject):
    content = bytearray(made.payload(1, 1, *sent))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InputError):
        for found in read_payload(bytes(content)).metrics:
            define(found)
            number(None, found)


def test_a_name_that_is_not_utf_8_is_malformed() -> None:
    with pytest.raises(InputError) as refused:
        read_payload(made.field(2, made.field(1, b"\xff")))
    assert refused.value.code == "payload_malformed"


def test_more_metrics_than_the_limit_are_refused() -> None:
    assert len(read_payload(made.field(2, b"") * MAX_METRICS).metrics) == MAX_METRICS
    with pytest.raises(InputError) as refused:
        read_payload(made.field(2, b"") * (MAX_METRICS + 1))
    assert refused.value.code == "payload_invalid"


def test_templates_however_deep_are_passed_over_unread() -> None:
    deep = b""
    for _ in range(2_000):
        deep = made.field(18, made.field(2, deep))
    (found,) = read_payload(made.field(2, deep)).metrics
    assert found.member == "template_value"


def test_a_request_for_rebirth_is_the_bytes_that_another_encoder_writes() -> None:
    ours = write_payload(1_780_315_200_000, name="Node Control/Rebirth", datatype=made.BOOLEAN, boolean=True)
    request = made.Metric(value=True, datatype=made.BOOLEAN, name="Node Control/Rebirth", at_ms=1_780_315_200_000)
    assert ours == made.payload(1_780_315_200_000, None, request)


@pytest.mark.parametrize(
    ("datatype", "member", "value"),
    [
        (made.INT8, "int_value", 128 + 256),
        (made.UINT8, "int_value", 256),
        (made.UINT64, "double_value", 1.0),
        (made.DOUBLE, "long_value", 1),
        (made.BOOLEAN, "boolean_value", True),
        (made.STRING, "string_value", b"230"),
        (made.DATASET, "dataset_value", b""),
        (0, "int_value", 1),
        (99, "long_value", 1),
        (None, "long_value", 1),
        (made.DOUBLE, None, None),
    ],
)
def test_what_is_no_number_of_its_type_is_refused(datatype: int | None, member: str | None, value: object) -> None:
    with pytest.raises(InputError) as refused:
        number(None, metric(datatype=datatype, member=member, value=value))
    assert refused.value.code == "metric_unreadable"


@pytest.mark.parametrize(
    ("datatype", "member", "value", "meant"),
    [
        (made.INT8, "int_value", 0xFF, -1),
        (made.INT8, "int_value", 0xFFFF_FFFF, -1),
        (made.INT16, "int_value", 0x8000, -32_768),
        (made.INT32, "long_value", 0xFFFF_FFFF_FFFF_FFFE, -2),
        (made.UINT32, "int_value", 4_000_000_000, 4_000_000_000),
        (made.UINT32, "long_value", 4_000_000_000, 4_000_000_000),
        (made.DOUBLE, "float_value", 1.5, 1.5),
    ],
)
def test_integers_are_read_as_differing_encoders_write_them(datatype: int, member: str, value: object, meant: float):
    assert number(None, metric(datatype=datatype, member=member, value=value)) == meant


def test_a_value_that_is_not_finite_is_passed_on_to_plausibility() -> None:
    infinite = struct.unpack("<d", struct.pack("<Q", 0x7FF0_0000_0000_0000))[0]
    assert math.isinf(number(made.DOUBLE, metric(member="double_value", value=infinite)))


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.name)
def test_a_register_is_found_by_its_name_and_its_obis_code_unless_it_is_of_interval_kind(register) -> None:
    for name in (register.name, register.obis):
        definition = define(metric(name=name, unit=register.unit))
        if register.kind is RegisterKind.INTERVAL:
            assert (definition.register_id, definition.code) == (None, "register_wrong_kind")
        else:
            assert (definition.register_id, definition.factor) == (register.register_id, 1.0)


def test_aliases_of_names_lead_to_registers_and_units_to_factors() -> None:
    by_name = {register.name: register for register in REGISTERS}
    for alias, name in METRIC_NAMES.items():
        assert define(metric(name=alias)).register_id == by_name[name].register_id
    for unit, (own, factor) in UNITS.items():
        fitting = [r for r in REGISTERS if r.unit == own and r.kind is not RegisterKind.INTERVAL]
        assert all(define(metric(name=r.name, unit=unit)).factor == factor for r in fitting)


def test_what_serves_the_protocol_is_neither_a_value_nor_refused() -> None:
    for name in ("bdSeq", "Node Control/Rebirth", "Properties/Hardware Make"):
        definition = define(metric(name=name))
        assert (definition.register_id, definition.code) == (None, "")
