"""The quick way through plain messages says what the long way says, or declines."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.registers import REGISTER_BY_NAME
from db.registry import DeviceEntry, GatewayEntry, Registry
from ingest.directory import Directory
from ingest.judging import Judged, judge
from ingest.parcel import Message, Parcel
from ingest.plain import Plain, read_plain
from tests.firmware_specs.vectors import index, load_vectors

CONTEXT = index()["context"]
NOW = datetime.fromtimestamp(CONTEXT["clock"], UTC)
START_S = CONTEXT["clock"] // 3_600 * 3_600 - 86_400 * 3
JSON, CBOR = "application/json", "application/cbor"


def registry_of(gateways: dict[str, Any]) -> Registry:
    """Return a registry of gateways and meters as the index of the vectors names them."""
    entries = {name: GatewayEntry(number, of["shard"]) for number, (name, of) in enumerate(gateways.items(), 1)}
    devices: dict[str, DeviceEntry] = {}
    for name, gateway in gateways.items():
        for meter in gateway["meters"]:
            key = len(devices) + 1
            devices[meter] = DeviceEntry(key, "meter", entries[name].gateway_id, 100 + key, 9_000)
        for resource, facts in gateway["resources"].items():
            devices[resource] = DeviceEntry(len(devices) + 1, facts["kind"], entries[name].gateway_id, 1, 9_000)
    return Registry(entries, devices)


REGISTRY = registry_of(CONTEXT["gateways"])
DIRECTORY = Directory(REGISTRY)
GATEWAY, OF_GATEWAY = next((name, of) for name, of in CONTEXT["gateways"].items() if len(of["meters"]) > 1)
METERS = OF_GATEWAY["meters"][:2]
OTHERS = ["m-unknown", next(m for name, of in CONTEXT["gateways"].items() for m in of["meters"] if name != GATEWAY)]


class Nowhere:
    """Stand where a connection stands."""

    def acknowledge(self, packet_ids: Any) -> None:
        """Do nothing."""


NOWHERE = Nowhere()


def message(kind: str, content_type: str | None, payload: bytes, gateway: str = GATEWAY) -> Message:
    shard = CONTEXT["gateways"].get(gateway, {"shard": 0})["shard"]
    return Message(f"somel/v1/{shard}/{gateway}/{kind}", content_type, payload, 1, NOWHERE, int(NOW.timestamp()))


def both_ways(messages: list[Message]) -> tuple[Judged, Judged, Plain]:
    """Judge messages in both ways and require that they agree; return both and what was read the quick way."""
    parcel = Parcel.of(messages)
    plain = read_plain(parcel, DIRECTORY)
    quick, long = judge(parcel, REGISTRY, NOW, plain=plain), judge(parcel, REGISTRY, NOW)
    for one, other in ((quick.intervals, long.intervals), (quick.readings, long.readings)):
        for column, wanted in zip(one.arrays(), other.arrays(), strict=True):
            np.testing.assert_array_equal(column, wanted)
            assert column.dtype == wanted.dtype
    assert sorted(map(repr, quick.refusals)) == sorted(map(repr, long.refusals))
    assert (quick.contents, quick.value_count) == (long.contents, long.value_count)
    assert quick.gateway_id.tolist() == long.gateway_id.tolist()
    assert quick.sequence.tolist() == long.sequence.tolist()
    return quick, long, plain


def as_cbor(kind: str, content: dict[str, Any], tag: int | None) -> bytes:
    """Return the CBOR twin of a content, its arrays plain or typed."""

    def run(of: list[Any]) -> object:
        if tag is None:
            return of
        dtype = {70: "<u4", 78: "<i4", 85: "<f4", 86: "<f8"}[tag]
        with np.errstate(over="ignore"):
            floats = np.array([np.nan if value is None else value for value in of]).astype(
                "<f4" if tag == 85 else "<f8"
            )
        whole = np.nan_to_num(floats).clip(0, 2**31 - 1)
        return cbor2.CBORTag(tag, (floats if tag > 80 else whole).astype(dtype).tobytes())

    def registers(of: dict[str, list[Any]]) -> dict[int, object]:
        return {REGISTER_BY_NAME[name].register_id: run(values) for name, values in of.items()}

    sequence = {0: content["sequence"]} if "sequence" in content else {}
    if kind == "live":
        return cbor2.dumps(sequence | {1: content["at"], 2: content["meters"], 3: registers(content["registers"])})
    blocks = [
        {0: block["meter"], 1: block["start"], 2: block["step_s"], 3: registers(block["registers"])}
        for block in content["blocks"]
    ]
    return cbor2.dumps(sequence | {1: blocks})


NUMBERS = st.one_of(
    st.none(),
    st.integers(-5, 5_000),
    st.decimals(-100, 10_000, places=3).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2**53, 2**53 + 1, 2**64 - 1, 1e22, 1e23, -0.0, 5e-324, 0.1, 1e-22]),
)


def arrays(names: list[str], length: int) -> st.SearchStrategy[dict[str, list[Any]]]:
    lists = st.lists(NUMBERS, min_size=length, max_size=length)
    return st.dictionaries(st.sampled_from(names), lists, min_size=1, max_size=3)


@st.composite
def contents(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw the kind and content of a message, mostly in order."""
    sequence = draw(st.just({}) | st.fixed_dictionaries({"sequence": st.integers(0, 2**53)}))
    names = st.sampled_from(METERS * 4 + OTHERS)
    if draw(st.booleans()):
        meters = draw(st.lists(names, min_size=1, max_size=4))
        instant = draw(st.sampled_from([START_S, START_S + 7, 0, CONTEXT["clock"] + 10**6]))
        registers = draw(arrays(["power_w", "voltage_v", "import_index_wh", "import_wh"], len(meters)))
        return "live", sequence | {"at": instant, "meters": meters, "registers": registers}
    blocks = []
    for _ in range(draw(st.integers(1, 3))):
        step_s = draw(st.sampled_from([1_800, 1_800, 600, 3_600, 7]))
        start_s = draw(st.sampled_from([START_S, START_S, START_S + 1, 0]))
        registers = draw(arrays(["import_wh", "export_wh", "power_w"], draw(st.integers(1, 5))))
        blocks.append({"meter": draw(names), "start": start_s, "step_s": step_s, "registers": registers})
    return "batch", sequence | {"blocks": blocks}


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Draw a message in one of the encodings, sometimes with some of its bytes changed."""
    kind, content = draw(contents())
    if draw(st.booleans()):
        separators, indent = draw(st.sampled_from([((",", ":"), None), ((", ", ": "), None), ((",", ":"), 1)]))
        payload, content_type = json.dumps(content, separators=separators, indent=indent).encode(), JSON
    else:
        payload, content_type = as_cbor(kind, content, draw(st.sampled_from([None, 70, 78, 85, 86]))), CBOR
    for place, byte in draw(st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 255)), max_size=2)):
        at = place % len(payload)
        payload = (
            payload[:at]
            + draw(st.sampled_from([b"", bytes([byte]), bytes([byte]) + payload[at : at + 1]]))
            + (payload[at + 1 :])
        )
    return message(kind, draw(st.sampled_from([content_type] * 8 + [JSON, CBOR, None])), payload)


@settings(max_examples=60, deadline=None)
@given(st.lists(messages(), min_size=1, max_size=5))
def test_both_ways_give_the_same_rows_refusals_and_counts(drawn: list[Message]) -> None:
    both_ways(drawn)


def test_every_golden_vector_says_the_same_in_both_ways_alone_and_among_all_others() -> None:
    vectors = [vector for vector in load_vectors() if vector.topic.startswith("somel/v1/")]
    drawn = [
        Message(vector.topic, vector.content_type, vector.payload, 1, NOWHERE, int(NOW.timestamp()))
        for vector in vectors
    ]
    for one in drawn:
        both_ways([one])
    random.Random(5).shuffle(drawn)
    *_, plain = both_ways(drawn * 2)
    taken = len(drawn) * 2 - len(plain.declined)
    assert taken >= 20, [vector.name for vector in vectors]


@pytest.mark.parametrize("tag", [None, 85, 86])
def test_plain_messages_take_the_quick_way(tag: int | None) -> None:
    registers = {"import_wh": [0.0, 120.5, 3.25, None], "export_wh": [1.0, 2.0, 3.0, 4.0]}
    block = {"meter": METERS[0], "start": START_S, "step_s": 600, "registers": registers}
    batch = {"sequence": 2**53 - 1, "blocks": [block, block | {"meter": METERS[1], "step_s": 300}]}
    live = {"at": START_S, "meters": METERS, "registers": {"power_w": [-5.0, None], "voltage_v": [230.25, 1e2]}}
    drawn = [
        message(kind, content_type, payload)
        for kind, content in (("batch", batch), ("live", live), ("batch", {"blocks": [block]}))
        for content_type, payload in (
            (JSON, json.dumps(content).encode()),
            (JSON, json.dumps(content, indent=2).encode()),
            (CBOR, as_cbor(kind, content, tag)),
        )
    ]
    quick, _, plain = both_ways(drawn)
    assert plain.declined == []
    assert len(quick.intervals) == 3 * (14 + 7)
    assert len(quick.readings) == 3 * 3


def test_what_is_declined_keeps_its_place_among_the_others() -> None:
    def live(power_w: str) -> Message:
        payload = b'{"at": %d, "meters": ["%s"], "registers": {"power_w": [%s]}}'
        return message("live", JSON, payload % (START_S, METERS[0].encode(), power_w.encode()))

    long = "3.00000000000000000000000"
    quick, _, plain = both_ways([live("1"), live("2"), live(long), live("4")])
    assert plain.declined == [2]
    assert quick.readings.value.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_refused_message_keeps_topic_content_type_and_payload() -> None:
    payload = json.dumps({"at": START_S, "meters": [OTHERS[1]], "registers": {"power_w": [1]}}).encode()
    quick, *_ = both_ways([message("live", JSON, payload)])
    [refusal] = quick.refusals
    assert (refusal.code, refusal.topic, refusal.content_type, refusal.payload) == (
        "device_foreign",
        message("live", JSON, b"").topic,
        JSON,
        payload,
    )
