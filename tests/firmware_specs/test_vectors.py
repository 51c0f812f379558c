"""The golden vectors are what their making says, and cover everything that can be refused."""

from collections import Counter

import pytest

from core.errors import InputError
from core.identifiers import SHELLY_KINDS, UP_KINDS, parse_topic, shard_of
from ingest.decode import REFUSAL_CODES, Scope
from ingest.sparkplug.topics import DEVICE_KINDS, NODE_KINDS, parse_node_topic
from tests.firmware_specs.making.__main__ import FOLDER, files
from tests.firmware_specs.vectors import Vector, index, load_vectors

VECTORS = load_vectors()


def test_the_files_are_what_the_making_writes() -> None:
    made = files()
    there = {path for path in FOLDER.rglob("*") if path.is_file()}
    assert there == set(made)
    assert [path.name for path, content in made.items() if path.read_bytes() != content] == []


def test_every_vector_has_a_name_of_its_own() -> None:
    names = Counter(entry["name"] for entry in index()["vectors"])
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_vector_holds_one_value_for_a_meter_a_register_and_a_time(vector: Vector) -> None:
    rows = [*vector.expected.get("intervals", ()), *vector.expected.get("readings", ())]
    keys = Counter((meter, register, time_s) for meter, register, *_, time_s, _ in rows)
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_refusal_code_has_a_vector_and_no_other_code_is_expected() -> None:
    known = {code.code for code in REFUSAL_CODES} - {"quota_exceeded"}  # it takes an hour's messages, not one
    assert {code for vector in VECTORS for code in vector.refusals} == known


def test_every_kind_of_message_has_a_good_vector() -> None:
    good = {vector.kind for vector in VECTORS if not vector.refusals}
    assert good == {*UP_KINDS, *SHELLY_KINDS, *NODE_KINDS, *DEVICE_KINDS} - {"NDATA"}
    assert {vector.kind for vector in load_vectors("down")} == {"command", "stored", "firmware"}


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_message_refused_whole_counts_one_and_keeps_nothing(vector: Vector) -> None:
    whole = {code.code for code in REFUSAL_CODES if code.scope is Scope.MESSAGE}
    if vector.refusals.keys() & whole:
        assert list(vector.refusals.values()) == [1]
        assert not any(vector.expected.get(column) for column in ("intervals", "readings", "content"))


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_topic_is_read_unless_the_vector_says_otherwise(vector: Vector) -> None:
    parse = parse_node_topic if vector.is_sparkplug else parse_topic
    if "topic_unknown" in vector.refusals:
        with pytest.raises(InputError) as caught:
            parse(vector.topic)
        assert caught.value.code == "topic_unknown"
    else:
        assert str(parse(vector.topic)) == vector.topic


def test_the_shards_of_the_context_are_those_that_names_hash_to() -> None:
    context = index()["context"]
    shards = {name: gateway["shard"] for name, gateway in context["gateways"].items()}
    assert shards == {name: shard_of(name, context["shards"]) for name in shards}
