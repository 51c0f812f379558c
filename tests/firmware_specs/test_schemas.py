"""The JSON Schemas are valid, agree with the vectors and with the table of registers."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.identifiers import DEVICE_ID, UP_KINDS
from core.quality import QUALITY_BY_LABEL
from core.registers import REGISTERS, RegisterKind
from core.slots import INTERVAL_STEPS_S
from tests.firmware_specs.vectors import SPECIFICATION, Vector, load_vectors

FILES = sorted((SPECIFICATION / "schemas").glob("*.schema.json"))
SCHEMAS: dict[str, dict[str, Any]] = {path.name.split(".")[0]: json.loads(path.read_text()) for path in FILES}
JSON_VECTORS = [
    vector
    for vector in (*load_vectors("up"), *load_vectors("down"))
    if vector.content_type != "application/cbor" and "topic_unknown" not in vector.refusals and vector.is_described
]


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def conforms(vector: Vector) -> bool:
    """Tell whether a payload is JSON and its kind's schema accepts it."""
    try:
        content = json.loads(vector.payload.decode(), parse_constant=_refuse_constant)
    except ValueError:
        return False
    return bool(Draft202012Validator(SCHEMAS[vector.kind]).is_valid(content))


def test_there_is_a_schema_for_every_kind_that_is_not_reserved() -> None:
    assert set(SCHEMAS) == {*UP_KINDS, "command", "stored", "firmware"}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_valid_and_says_what_it_is(kind: str) -> None:
    schema = SCHEMAS[kind]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:somel:firmware:v1:{kind}"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_examples_of_a_schema_conform_to_it(kind: str) -> None:
    assert SCHEMAS[kind]["examples"]
    for example in SCHEMAS[kind]["examples"]:
        Draft202012Validator(SCHEMAS[kind]).validate(example)


@pytest.mark.parametrize("vector", JSON_VECTORS, ids=str)
def test_a_schema_accepts_what_the_vector_says_it_does(vector: Vector) -> None:
    assert conforms(vector) == vector.conforms


def _registers(kind: str) -> dict[str, Any]:
    schema = SCHEMAS[kind]
    owner = schema["$defs"]["block"] if kind == "batch" else schema
    found: dict[str, Any] = owner["properties"]["registers"]["properties"]
    return found


def test_the_registers_of_the_schemas_are_those_of_the_table() -> None:
    interval = {register.name for register in REGISTERS if register.kind is RegisterKind.INTERVAL}
    assert set(_registers("batch")) == interval
    assert set(_registers("live")) == {register.name for register in REGISTERS} - interval


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.name)
def test_a_register_is_described_by_obis_unit_and_limits(register: Any) -> None:
    kind = "batch" if register.kind is RegisterKind.INTERVAL else "live"
    described = _registers(kind)[register.name]["description"]
    assert f"OBIS {register.obis}, {register.kind} [{register.unit}]" in described
    assert f"{register.lowest:,.0f} to {register.highest:,.0f}" in described


def test_steps_names_and_qualities_are_those_of_the_code() -> None:
    block = SCHEMAS["batch"]["$defs"]["block"]["properties"]
    assert tuple(block["step_s"]["enum"]) == INTERVAL_STEPS_S
    assert block["meter"]["pattern"] == f"^{DEVICE_ID.pattern}$"
    assert set(block["quality"]["properties"]) == set(QUALITY_BY_LABEL)
