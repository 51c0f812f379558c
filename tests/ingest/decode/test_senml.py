"""SenML packs: the two encodings mean the same, and what cannot be resolved is refused by itself."""

import json
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.registers import REGISTER_BY_ID, REGISTER_BY_NAME
from ingest.decode import Decoded, Message, decode_many
from ingest.decode.many import SENML_CBOR, SENML_JSON
from ingest.decode.senml import SENML_UNITS, USUAL_REGISTERS, place_of
from tests.firmware_specs.making.senml import numbered

NOW = 1_780_315_200
FIELDS = ("bn", "bt", "bu", "bv", "bs", "n", "u", "v", "vs", "vb", "s", "t", "ut", "other", "must_")
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=8)
)


def both(pack: list[dict[str, Any]]) -> tuple[Decoded, Decoded]:
    payloads = ((SENML_JSON, json.dumps(pack).encode()), (SENML_CBOR, numbered(pack)))
    first, second = (decode_many([Message("live", of, payload, received_s=NOW)]) for of, payload in payloads)
    return first, second


def rows(decoded: Decoded) -> list[tuple[Any, ...]]:
    of = decoded.readings
    columns = (of.device, of.register_id, of.quality, of.at_s, of.value)
    return [
        (of.devices[device], REGISTER_BY_ID[register].name, *rest)
        for device, register, *rest in zip(*(column.tolist() for column in columns), strict=True)
    ]


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), SCALARS, max_size=5), min_size=1, max_size=5))
def test_both_encodings_of_any_pack_mean_the_same(pack: list[dict[str, Any]]) -> None:
    first, second = both([{"bn": "m-000001"}, *pack])
    if any(isinstance(value, float) and abs(value) == float("inf") for record in pack for value in record.values()):
        return  # JSON has none
    assert rows(first) == rows(second)
    assert first.labels == second.labels
    assert [(of.code, of.count) for of in first.refusals] == [(of.code, of.count) for of in second.refusals]


@pytest.mark.parametrize("unit", SENML_UNITS)
def test_every_unit_becomes_that_of_a_register(unit: str) -> None:
    own, factor = SENML_UNITS[unit]
    name = USUAL_REGISTERS.get(own, "reactive_index_q1_varh")
    first, second = both([{"n": f"m-000001:{name}", "u": unit, "v": 7, "t": NOW}])
    assert rows(first) == rows(second) == [("m-000001", name, 0, NOW, 7 * factor)]
    assert REGISTER_BY_NAME[name].unit == own


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("m-000001", ("m-000001", None)),
        ("m-000001:power_w", ("m-000001", "power_w")),
        ("m-000001/power_w", ("m-000001", "power_w")),
        ("urn:dev:mac:0024befffe804ff1", ("0024befffe804ff1", None)),
        ("urn:dev:ow:10e2073a01080063:power_w", ("10e2073a01080063", "power_w")),
        ("urn:dev:ops:32473-m-000001/power_w", ("32473-m-000001", "power_w")),
        ("m-000001:", ("m-000001", None)),
    ],
)
def test_a_name_is_a_meter_and_what_stands_behind_it(name: str, place: tuple[str, str | None]) -> None:
    assert place_of(name) == place


def test_base_fields_hold_until_others_come_and_never_reach_the_next_message() -> None:
    pack = json.dumps([{"bn": "m-000001", "bu": "W", "v": 1, "t": NOW}]).encode()
    bare = json.dumps([{"v": 1}]).encode()
    decoded = decode_many([Message("live", SENML_JSON, payload, received_s=NOW) for payload in (pack, bare)])
    assert rows(decoded) == [("m-000001", "power_w", 0, NOW, 1.0)]
    assert [(of.message, of.code) for of in decoded.refusals] == [(1, "name_unresolved")]


def test_times_around_the_limit_are_relative_below_it_and_absolute_from_it_on() -> None:
    first, _ = both([{"bn": "m-000001", "bu": "W", "v": 1, "t": 2**28 - 1}, {"v": 2, "t": 2**28}])
    assert [row[2:4] for row in rows(first)] == [(2, NOW + 2**28 - 1), (0, 2**28)]


@pytest.mark.parametrize(
    "pack", [[{0: [1]}], [[{0: "m"}]], [{0: {0: 1}}], [{0: cbor2.CBORTag(1, 1)}], [1], {0: 1}, [{b"\x00": 1}, 2]]
)
def test_cbor_that_is_no_list_of_flat_maps_is_refused_whole(pack: Any) -> None:
    decoded = decode_many([Message("live", SENML_CBOR, cbor2.dumps(pack))])
    assert [(of.code, of.count) for of in decoded.refusals] == [("payload_invalid", 1)]
