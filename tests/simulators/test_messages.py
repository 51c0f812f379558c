"""What gateways write is what the specification says, byte for byte."""

import json
from pathlib import Path
from typing import Any

import cbor2
import jsonschema
import numpy as np
import pycddl
import pytest

from simulators.messages import (
    Block,
    encode_batch,
    encode_json,
    encode_live,
    flexibility_event,
    meta,
    power_register,
    state,
)
from tests.simulators.subscriber import typed

SPECIFICATION = Path(__file__).resolve().parents[2] / "firmware_specs"
VECTORS = [
    vector
    for vector in json.loads((SPECIFICATION / "vectors/index.json").read_text())["vectors"]
    if vector.get("file", "").startswith("valid/")
]
CDDL = pycddl.Schema((SPECIFICATION / "somel.cddl").read_text())


def _is_typed(registers: dict[int, Any]) -> bool:
    return all(isinstance(values, cbor2.CBORTag) for values in registers.values())


def _content(vector: dict[str, Any]) -> bytes:
    file: str = vector["file"]
    return (SPECIFICATION / "vectors" / file).read_bytes()


def _of(kind: str) -> list[Any]:
    chosen = []
    for vector in VECTORS:
        if vector["topic"].endswith("/" + kind) and vector["content_type"] == "application/cbor":
            decoded = cbor2.loads(_content(vector))
            if all(_is_typed(block[3]) for block in decoded[1]) if kind == "batch" else _is_typed(decoded[3]):
                chosen.append(pytest.param(vector, id=vector["name"]))
    return chosen


def _same(ours: bytes, theirs: bytes) -> bool:
    """Tell whether two payloads are equal; where theirs has no sequence, ours is compared without its own."""
    if 0 in cbor2.loads(theirs):
        return ours == theirs
    decoded = cbor2.loads(ours)
    del decoded[0]
    return cbor2.dumps(decoded) == theirs


@pytest.mark.parametrize("vector", _of("batch"))
def test_a_batch_of_typed_arrays_is_the_golden_vector_byte_for_byte(vector: dict[str, Any]) -> None:
    golden = _content(vector)
    decoded = cbor2.loads(golden)
    blocks = [
        Block(block[0], block[1], block[2], {k: typed(v) for k, v in block[3].items()}, block.get(4))
        for block in decoded[1]
    ]
    assert _same(encode_batch(decoded.get(0, 0), blocks), golden)


def test_there_are_golden_vectors_of_every_typed_array() -> None:
    tags = {v.tag for p in _of("batch") for b in cbor2.loads(_content(p.values[0]))[1] for v in b[3].values()}
    assert tags >= {70, 78, 85}


@pytest.mark.parametrize("vector", [p for p in _of("live") if 4 not in cbor2.loads(_content(p.values[0]))])
def test_a_snapshot_is_the_golden_vector_byte_for_byte(vector: dict[str, Any]) -> None:
    golden = _content(vector)
    decoded = cbor2.loads(golden)
    registers = {number: typed(values) for number, values in decoded[3].items()}
    assert _same(encode_live(decoded.get(0, 0), decoded[1], decoded[2], registers), golden)


def test_a_batch_and_a_snapshot_conform_to_the_cddl() -> None:
    energy = {1: np.array([1, 2], dtype="<u4"), 2: np.array([0, 5], dtype="<u4")}
    CDDL.validate_cbor(encode_batch(1, [Block("m-000001", 1_767_225_600, 1800, energy, {2: [1]})]))
    CDDL.validate_cbor(encode_live(2, 1_767_225_660, ["m-000001"], power_register(np.array([-532.5]))))


def test_the_cddl_refuses_what_is_no_message() -> None:
    with pytest.raises(pycddl.ValidationError):
        CDDL.validate_cbor(cbor2.dumps({0: 1, 1: []}))


JSON_MESSAGES = {
    "event": flexibility_event(3, 1_780_315_200, [("ev-000001", 12_000, 7_400, 1_780_315_200, 1_780_358_400)]),
    "meta": meta(
        "gw-0001",
        "2.3.1",
        ["m-000001"],
        [{"resource": "ev-000001", "kind": "ev_charger", "rated_power_w": 7400}],
        hardware="somel-g1",
    ),
    "state": state("online", 1_780_315_200, "2.3.1"),
    "answer": {"command": "3f0c8a52-6a0e-4c1e-9d5b-0d6f7a2b9c11", "at": 1_780_315_200, "status": "expired"},
}


@pytest.mark.parametrize("kind", JSON_MESSAGES)
def test_a_json_message_conforms_to_its_schema(kind: str) -> None:
    schema = json.loads((SPECIFICATION / f"schemas/{kind}.schema.json").read_text())
    jsonschema.validate(json.loads(encode_json(JSON_MESSAGES[kind])), schema)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("meta-hardware", "meta"), ("state-online", "state"), ("answer-expired", "answer")],
)
def test_a_json_message_says_what_the_golden_vector_says(name: str, kind: str) -> None:
    (vector,) = [vector for vector in VECTORS if vector["name"] == name]
    assert json.loads(encode_json(JSON_MESSAGES[kind])) == json.loads(_content(vector))


def test_the_last_will_is_the_golden_offline_state() -> None:
    (vector,) = [vector for vector in VECTORS if vector["name"] == "state-offline"]
    assert json.loads(encode_json(state("offline"))) == json.loads(_content(vector))
