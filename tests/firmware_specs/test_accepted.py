"""What is said about formats of others, on the page and in AsyncAPI, is what the code does."""

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from core.identifiers import SHELLY_KINDS
from core.settings import Settings
from ingest.decode.shelly import COMPONENTS
from ingest.decode.sparkplug_metrics import METRIC_NAMES, UNITS
from ingest.decode.sparkplug_wire import MAX_METRICS
from ingest.sparkplug.nodes import MAX_DEVICES, REBIRTH_PAUSE_S
from ingest.sparkplug.topics import DEVICE_KINDS, NODE_KINDS, command_topic, state_topic
from tests.firmware_specs.vectors import SPECIFICATION, load_vectors

PAGE = (SPECIFICATION / "README.md").read_text()
SPARKPLUG = PAGE.split("## Accepted: Sparkplug B\n", 1)[1].split("\n## ", 1)[0]
SHELLY = PAGE.split("## Accepted: Shelly meters\n", 1)[1].split("\n## ", 1)[0]
DOCUMENT: dict[str, Any] = yaml.safe_load((SPECIFICATION / "asyncapi-accepted.yaml").read_text())
CHANNELS: dict[str, Any] = DOCUMENT["channels"]
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def tables(text: str) -> list[list[list[str]]]:
    """Return the cells of all tables, their heads left out."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
        elif found[-1]:
            found.append([])
    return [table[2:] for table in found if table]


def test_the_tables_of_metric_names_and_units_are_those_of_the_code() -> None:
    _, names, units = tables(SPARKPLUG)
    assert names == [[alias, name] for alias, name in METRIC_NAMES.items()]
    assert units == [[unit, own, f"{factor:g}"] for unit, (own, factor) in UNITS.items()]


def test_the_table_of_shelly_components_is_the_one_of_the_code() -> None:
    _, components = tables(SHELLY)
    said = {component: dict(pair.split(" → ") for pair in members.split(", ")) for component, members in components}
    wanted = {
        component: {f"`{member}`": f"`{register}`" for member, register in members.items()}
        for component, members in COMPONENTS.items()
    }
    assert {
        component: {f"`{m.strip('`')}`": f"`{r.strip('`')}`" for m, r in pairs.items()}
        for component, pairs in said.items()
    } == wanted


def test_the_limits_named_are_those_of_the_code() -> None:
    assert f"{MAX_METRICS:,} metrics, nodes {MAX_DEVICES:,} devices at most" in SPARKPLUG
    assert f"at most\n  every {REBIRTH_PAUSE_S:.0f} s" in SPARKPLUG


def test_every_kind_of_message_has_a_channel_under_its_topic() -> None:
    kinds = {name: channel["parameters"] for name, channel in CHANNELS.items()}
    assert tuple(kinds["sparkplugNode"]["nodeKind"]["enum"]) == NODE_KINDS
    assert tuple(kinds["sparkplugDevice"]["deviceKind"]["enum"]) == DEVICE_KINDS
    assert CHANNELS["sparkplugCommand"]["address"] == command_topic("{group}", "{gateway}")
    assert CHANNELS["sparkplugState"]["address"] == state_topic("{host}")
    assert {CHANNELS[f"shelly{kind.title()}"]["address"].split("/")[4] for kind in SHELLY_KINDS} == set(SHELLY_KINDS)
    settings = Settings.model_fields
    assert kinds["sparkplugNode"]["group"]["default"] == settings["sparkplug_group"].default
    assert kinds["sparkplugState"]["host"]["default"] == settings["sparkplug_host"].default


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_declares_its_parameters_and_has_one_operation_and_one_message(name: str) -> None:
    channel = CHANNELS[name]
    levels = channel["address"].split("/")
    assert channel["parameters"].keys() == {level[1:-1] for level in levels if level.startswith("{")}
    operations = [op for op in DOCUMENT["operations"].values() if op["channel"]["$ref"] == f"#/channels/{name}"]
    assert len(operations) == 1
    (message,) = channel["messages"].values()
    assert message["$ref"].removeprefix("#/components/messages/") in MESSAGES


@pytest.mark.parametrize("name", MESSAGES)
def test_the_examples_and_the_good_vectors_of_a_message_fit_its_schema(name: str) -> None:
    schema = MESSAGES[name]["payload"]
    Draft202012Validator.check_schema(schema)
    for example in MESSAGES[name].get("examples", ()):
        Draft202012Validator(schema).validate(example["payload"])
    texts = {"shellyNumber": "emeter", "shellyOnline": "online"}
    for vector in load_vectors():
        if vector.kind == texts.get(name) and not vector.refusals:
            Draft202012Validator(schema).validate(vector.payload.decode())
