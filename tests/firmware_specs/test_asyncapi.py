"""The AsyncAPI document holds together, and covers every kind of message."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from core.identifiers import DOWN_KINDS, TOPIC_ROOT, UP_KINDS
from tests.firmware_specs.vectors import SPECIFICATION

DOCUMENT: dict[str, Any] = yaml.safe_load((SPECIFICATION / "asyncapi.yaml").read_text())
#: Forms that others describe.
OTHERS = {"liveTic", "liveSenmlJson", "liveSenmlCbor"}
RESERVED: set[str] = set()
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def resolve(reference: str) -> Any:
    """Return what a reference leads to."""
    place, _, pointer = reference.partition("#")
    node = json.loads((SPECIFICATION / place).read_text()) if place else DOCUMENT
    for step in filter(None, pointer.split("/")):
        node = node[step]
    return node


@pytest.mark.parametrize("reference", sorted(set(_references(DOCUMENT))))
def test_a_reference_leads_somewhere(reference: str) -> None:
    assert resolve(reference)


def test_the_version_and_the_required_parts_are_there() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["info"].keys() >= {"title", "version"}


def test_every_kind_has_a_channel_under_its_topic() -> None:
    addresses = {kind: channel["address"] for kind, channel in DOCUMENT["channels"].items()}
    assert addresses == {kind: f"{TOPIC_ROOT}/{{shard}}/{{gateway}}/{kind}" for kind in (*UP_KINDS, *DOWN_KINDS)}


def test_every_parameter_of_an_address_is_declared() -> None:
    assert all(channel["parameters"].keys() == {"shard", "gateway"} for channel in DOCUMENT["channels"].values())


def test_every_kind_that_is_not_reserved_has_one_operation_in_its_direction() -> None:
    actions = {op["channel"]["$ref"].rsplit("/", 1)[1]: op["action"] for op in DOCUMENT["operations"].values()}
    wanted = dict.fromkeys(UP_KINDS, "send") | dict.fromkeys(set(DOWN_KINDS) - RESERVED, "receive")
    assert actions == wanted
    assert len(DOCUMENT["operations"]) == len(wanted)


def test_everything_goes_with_quality_of_service_1_and_state_and_meta_are_retained() -> None:
    bindings = {name: op["bindings"]["mqtt"] for name, op in DOCUMENT["operations"].items()}
    assert {binding["qos"] for binding in bindings.values()} == {1}
    assert {name for name, binding in bindings.items() if binding["retain"]} == {"sendMeta", "sendState"}


def test_an_operation_uses_messages_of_its_own_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert {message["$ref"].rsplit("/messages/", 1)[0] for message in operation["messages"]} == {channel}
        assert len(operation["messages"]) == len(resolve(channel)["messages"])


@pytest.mark.parametrize("name", [name for name, message in MESSAGES.items() if "examples" in message])
def test_the_examples_of_a_message_conform_to_its_schema(name: str) -> None:
    message = MESSAGES[name]
    schema = resolve(message["payload"]["schema"]["$ref"])
    for example in message["examples"]:
        Draft202012Validator(schema).validate(example["payload"])


def test_every_json_message_has_an_example_and_batch_and_live_come_in_both_encodings() -> None:
    in_json = {name for name, message in MESSAGES.items() if message["contentType"] == "application/json"}
    assert {name for name, message in MESSAGES.items() if "examples" in message} == in_json
    assert set(MESSAGES) - in_json == {"batchCbor", "liveCbor", *OTHERS}


def test_the_last_will_is_an_offline_state() -> None:
    will = DOCUMENT["servers"]["local"]["bindings"]["mqtt"]["lastWill"]
    Draft202012Validator(resolve("./schemas/state.schema.json")).validate(json.loads(will["message"]))
    assert will["topic"].endswith("/state")
    assert (will["qos"], will["retain"]) == (1, True)
