"""What decoding promises beyond the vectors: bounds, order, encodings that agree."""

import json
import struct
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.quality import Quality
from core.registers import REGISTER_BY_NAME
from ingest.decode import Message, StateContent, decode_many, decode_one
from tests.ingest.decode.test_vectors import interval_rows, reading_rows

INTERVAL_NAMES = ["import_wh", "export_wh", "reactive_import_varh", "reactive_export_varh"]
LIVE_NAMES = ["import_index_wh", "power_w", "voltage_v", "frequency_hz"]
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{2,20}", fullmatch=True)
SINGLES = st.floats(-1e6, 1e6, width=32)


def batch(content: object) -> Message:
    """Return a batch in JSON."""
    return Message("batch", "application/json", json.dumps(content).encode())


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a block that is in order."""
    length = draw(st.integers(1, 8))
    step = draw(st.sampled_from([300, 600, 900, 1800, 3600]))
    arrays = st.lists(st.none() | SINGLES, min_size=length, max_size=length)
    return {
        "meter": draw(NAMES),
        "start": draw(st.integers(0, 10**6)) * step,
        "step_s": step,
        "registers": draw(st.dictionaries(st.sampled_from(INTERVAL_NAMES), arrays, min_size=1)),
        "quality": draw(
            st.dictionaries(
                st.sampled_from([quality.label for quality in Quality]),
                st.lists(st.integers(0, length - 1), max_size=3),
            )
        ),
    }


def as_cbor(content: dict[str, Any], *, typed: bool) -> bytes:
    """Return the CBOR twin of a batch, its arrays plain or as float32."""

    def values(of: list[float | None]) -> object:
        numbers = [float("nan") if value is None else value for value in of]
        return cbor2.CBORTag(85, struct.pack(f"<{len(of)}f", *numbers)) if typed else of

    return cbor2.dumps(
        {
            0: content["sequence"],
            1: [
                {
                    0: block["meter"],
                    1: block["start"],
                    2: block["step_s"],
                    3: {REGISTER_BY_NAME[name].register_id: values(of) for name, of in block["registers"].items()},
                    4: {int(Quality[label.upper()]): of for label, of in block["quality"].items()},
                }
                for block in content["blocks"]
            ],
        }
    )


@settings(max_examples=60, deadline=None)
@given(content=st.fixed_dictionaries({"sequence": st.integers(0, 2**53 - 1), "blocks": st.lists(blocks(), min_size=1)}))
def test_json_plain_cbor_and_typed_arrays_say_the_same(content: dict[str, Any]) -> None:
    in_json = decode_one(batch(content))
    wanted = interval_rows(in_json)
    oracle = {
        (block["meter"], name, block["step_s"], block["start"] + place * block["step_s"], value)
        for block in content["blocks"]
        for name, values in block["registers"].items()
        for place, value in enumerate(values)
        if value is not None
    }
    assert {(meter, name, step, start, value) for meter, name, _, step, start, value in wanted} == oracle
    for typed in (False, True):
        decoded = decode_one(Message("batch", "application/cbor", as_cbor(content, typed=typed)))
        assert interval_rows(decoded) == wanted
        assert decoded.sequence.tolist() == [content["sequence"]]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_live_messages_say_the_same_in_both_encodings(data: st.DataObject) -> None:
    meters = data.draw(st.lists(NAMES, min_size=1, max_size=6))
    arrays = st.lists(st.none() | SINGLES, min_size=len(meters), max_size=len(meters))
    registers = data.draw(st.dictionaries(st.sampled_from(LIVE_NAMES), arrays, min_size=1))
    content = {"at": data.draw(st.integers(0, 10**10)), "meters": meters, "registers": registers}
    numbered = {REGISTER_BY_NAME[name].register_id: values for name, values in registers.items()}
    one = decode_one(Message("live", "application/json", json.dumps(content).encode()))
    two = decode_one(Message("live", "application/cbor", cbor2.dumps({1: content["at"], 2: meters, 3: numbered})))
    assert reading_rows(one.readings) == reading_rows(two.readings)
    assert len(one.readings.value) == sum(value is not None for values in registers.values() for value in values)


def test_columns_have_the_types_that_the_store_takes() -> None:
    decoded = decode_many([])
    assert [len(decoded.intervals.value), len(decoded.readings.value), len(decoded.sequence)] == [0, 0, 0]
    intervals, readings = decoded.intervals, decoded.readings
    assert [column.dtype for column in (intervals.message, intervals.device, intervals.step_s)] == [np.int32] * 3
    assert [column.dtype for column in (intervals.register_id, intervals.quality)] == [np.int16] * 2
    assert [column.dtype for column in (intervals.start_s, readings.at_s)] == [np.int64] * 2
    assert [column.dtype for column in (intervals.value, readings.value)] == [np.float64] * 2


def test_a_message_refused_late_leaves_nothing_behind() -> None:
    block: dict[int, object] = {0: "m-000001", 1: 0, 2: 1800, 3: {1: [1, 2]}}
    broken = Message("batch", "application/cbor", cbor2.dumps({1: [block, block | {3: {1: ["x"]}}]}))
    good = Message("batch", "application/cbor", cbor2.dumps({1: [block]}))
    decoded = decode_many([broken, good])
    assert decoded.intervals.message.tolist() == [1, 1]
    assert decoded.intervals.devices == ["m-000001"]
    assert [(refusal.message, refusal.code) for refusal in decoded.refusals] == [(0, "payload_invalid")]


def test_one_code_of_one_message_is_one_refusal_with_all_its_values() -> None:
    block = {"meter": "m-000001", "start": 0, "step_s": 1800, "registers": {"gas": [1, 2], "water": [3, None]}}
    decoded = decode_many([batch({"blocks": [block, block]})])
    assert [(refusal.code, refusal.count) for refusal in decoded.refusals] == [("register_unknown", 6)]


def test_an_unknown_register_without_values_is_passed_over() -> None:
    block = {"meter": "m-000001", "start": 0, "step_s": 1800, "registers": {"gas": [None, None]}}
    assert decode_many([batch({"blocks": [block]})]).refusals == []


def test_a_quality_unknown_refuses_values_and_not_gaps() -> None:
    registers = {"import_wh": [1, None, 3], "export_wh": [4, 5, 6]}
    block = {"meter": "m-000001", "start": 0, "step_s": 300, "registers": registers, "quality": {"sure": [0, 1]}}
    decoded = decode_many([batch({"blocks": [block]}), batch({"blocks": [block]})])
    assert decoded.intervals.value.tolist() == [3, 6, 3, 6]
    assert [(refusal.message, refusal.code, refusal.count) for refusal in decoded.refusals] == [
        (0, "quality_unknown", 3),
        (1, "quality_unknown", 3),
    ]


def test_what_a_sender_named_is_quoted_in_short_printable_ascii() -> None:
    name = "é\u0000\n" * 100
    block = {"meter": "m-000001", "start": 0, "step_s": 1800, "registers": {name: [1]}}
    reason = decode_many([batch({"blocks": [block]})]).refusals[0].reason
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) < 400


def test_contents_come_with_their_position() -> None:
    decoded = decode_many([batch({}), Message("state", "application/json", b'{"status":"offline","sequence":9}')])
    assert decoded.contents == [(1, StateContent("offline", sequence=9))]
    assert decoded.sequence.tolist() == [-1, 9]


@pytest.mark.parametrize("kind", ["event", "answer", "update", "meta", "state"])
def test_low_rate_kinds_come_in_json_only(kind: str) -> None:
    with pytest.raises(InputError, match="content type") as caught:
        decode_one(Message(kind, "application/cbor", b"\xa0"))
    assert caught.value.code == "content_type_unknown"
