"""Whatever arrives, decoding ends soon, in bounded memory, with columns or with codes of the table."""

import json
import time
import tracemalloc

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.registers import REGISTERS, RegisterKind
from core.slots import INTERVAL_STEPS_S
from ingest.decode import MAX_PAYLOAD_BYTES, REFUSAL_CODES, Decoded, Message, decode_many
from tests.firmware_specs.vectors import load_vectors

CODES = {code.code for code in REFUSAL_CODES}
SMALL = [vector for vector in load_vectors() if len(vector.payload) < 3_000 and "topic_unknown" not in vector.refusals]
KINDS = st.sampled_from(["batch", "live", "event", "answer", "update", "meta", "state"])
TYPES = st.sampled_from(["application/json", "application/cbor"])
INTERVAL_IDS = [register.register_id for register in REGISTERS if register.kind is RegisterKind.INTERVAL]


def check(decoded: Decoded) -> None:
    """Check what holds for every result."""
    intervals, readings = decoded.intervals, decoded.readings
    for columns in (intervals, readings):
        assert not np.isnan(columns.value).any()
        assert np.isin(columns.quality, [0, 1, 2, 3]).all()
        assert not len(columns.value) or 0 <= columns.device.min() <= columns.device.max() < len(columns.devices)
    assert np.isin(intervals.register_id, INTERVAL_IDS).all()
    assert not np.isin(readings.register_id, INTERVAL_IDS).any()
    assert np.isin(intervals.step_s, INTERVAL_STEPS_S).all()
    assert not (intervals.start_s % np.maximum(intervals.step_s, 1)).any()
    assert all(refusal.code in CODES and refusal.count >= 1 for refusal in decoded.refusals)
    assert all(refusal.reason.isascii() and refusal.reason.isprintable() for refusal in decoded.refusals)


@settings(max_examples=200, deadline=None)
@given(kind=KINDS, content_type=TYPES, payload=st.binary(max_size=300))
def test_random_bytes_end_in_a_refusal(kind: str, content_type: str, payload: bytes) -> None:
    decoded = decode_many([Message(kind, content_type, payload)])
    check(decoded)
    assert [refusal.count for refusal in decoded.refusals] == [1]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_vectors_end_in_columns_or_refusals(data: st.DataObject) -> None:
    vector = data.draw(st.sampled_from(SMALL))
    payload = bytearray(vector.payload)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload)))
        cut = data.draw(st.integers(0, 3))
        payload[at : at + cut] = data.draw(st.binary(max_size=4))
    check(decode_many([Message(vector.kind, vector.content_type, bytes(payload))]))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_field_of_any_value_ends_in_columns_or_refusals(data: st.DataObject) -> None:
    block = {"meter": "m-000001", "start": 0, "step_s": 1800, "registers": {"import_wh": [1]}, "quality": {"bad": [0]}}
    field = data.draw(st.sampled_from([*block, "registers.import_wh", "quality.bad"]))
    outer, _, inner = field.partition(".")
    block[outer] = {inner: data.draw(JSON_VALUES)} if inner else data.draw(JSON_VALUES)
    check(decode_many([Message("batch", "application/json", json.dumps({"blocks": [block]}).encode())]))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_cbor_field_of_any_value_ends_in_columns_or_refusals(data: st.DataObject) -> None:
    anything = (
        JSON_VALUES | st.binary(max_size=9).map(lambda raw: cbor2.CBORTag(85, raw)) | st.integers(-(2**80), 2**80)
    )
    block: dict[object, object] = {0: "m-000001", 1: 0, 2: 1800, 3: {1: [1]}, 4: {3: [0]}}
    block[data.draw(st.integers(0, 5) | st.text(max_size=2))] = data.draw(
        anything | st.dictionaries(st.integers(0, 30), anything, max_size=3)
    )
    check(decode_many([Message("batch", "application/cbor", cbor2.dumps({1: [block]}))]))


def _colliding_keys() -> bytes:
    """Return a map of many arrays as keys: Python would hash them without salt."""
    pairs = b"".join(b"\x82\x1a" + place.to_bytes(4, "big") + b"\x01\x00" for place in range(100_000))
    return b"\xba" + (100_000).to_bytes(4, "big") + pairs


HUGE = {
    "json: deep": ("application/json", b'{"blocks":' + b"[" * 1_000_000),
    "json: deep in an unknown member": ("application/json", b'{"x":' + b'{"a":' * 200_000),
    "json: many registers": (
        "application/json",
        b'{"blocks":[{"meter":"m-000001","start":0,"step_s":1800,"registers":{'
        + b",".join(b'"r%d":[1]' % place for place in range(70_000))
        + b"}}]}",
    ),
    "json: long number": (
        "application/json",
        b'{"blocks":[{"meter":"m-000001","start":0,"step_s":' + b"9" * 900_000 + b"}]}",
    ),
    "json: long text": ("application/json", b'{"blocks":[{"meter":"' + b"a" * 1_000_000 + b'"}]}'),
    "json: many blocks": (
        "application/json",
        b'{"blocks":['
        + b",".join([b'{"meter":"m-000001","start":0,"step_s":1800,"registers":{"import_wh":[1]}}'] * 9_900)
        + b"]}",
    ),
    "json: many marks": (
        "application/json",
        b'{"at":0,"meters":["m-1"],"registers":{"power_w":[1],"voltage_v":[1],"current_a":[1]},"quality":{'
        + b",".join(b'"q%d":[' % place + b",".join([b"0"] * 9_999) + b"]" for place in range(52))
        + b"}}",
    ),
    "cbor: deep": ("application/cbor", b"\x81" * 1_000_000),
    "cbor: tags": ("application/cbor", b"\xc6" * 1_000_000),
    "cbor: arrays as keys": ("application/cbor", _colliding_keys()),
    "cbor: many integers": ("application/cbor", b"\xa1\x01\x9a" + (1_000_000).to_bytes(4, "big") + b"\x01" * 1_000_000),
    "cbor: many maps": ("application/cbor", b"\xa1\x01\x9a" + (1_000_000).to_bytes(4, "big") + b"\xa0" * 1_000_000),
    "cbor: huge claims": ("application/cbor", b"\xa1\x01\x9b\x7f" + b"\xff" * 7 + b"\x01" * 1000),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_payload_made_to_hurt_costs_little(name: str) -> None:
    content_type, payload = HUGE[name]
    assert len(payload) <= MAX_PAYLOAD_BYTES
    kind = "live" if "marks" in name else "batch"
    message = Message(kind, content_type, payload)
    began = time.process_time()
    check(decode_many([message]))
    spent_s = time.process_time() - began
    tracemalloc.start()
    decode_many([message])
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent_s < 5
    assert peak_bytes < 200 * MAX_PAYLOAD_BYTES


def test_a_payload_above_the_limit_is_not_even_read() -> None:
    payload = bytes(MAX_PAYLOAD_BYTES + 1)
    assert [refusal.code for refusal in decode_many([Message("batch", "application/json", payload)]).refusals] == [
        "payload_too_large"
    ]
