"""Shelly meters' messages: a real one, and whatever else may come."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.identifiers import SHELLY_KINDS, Topic, parse_topic
from core.registers import REGISTER_BY_ID, REGISTER_BY_NAME
from ingest.decode.foreign import Foreign
from ingest.decode.shelly import COMPONENTS, EMETER, EMETER_PHASES, read_shelly

RECEIVED_S = 1_780_315_200


class Meters:
    """One meter, `m-whole`, and one for each of some channels."""

    def __init__(self, *channels: int, whole: str | None = "m-whole") -> None:
        self._channels, self._whole = channels, whole

    def whole(self) -> str | None:
        return self._whole

    def channel(self, number: int) -> str | None:
        return f"m-{number}" if number in self._channels else None


def read(part: str, payload: bytes, meters: Meters | None = None) -> Foreign:
    topic = parse_topic(f"somel/v1/0/gw-0001/{part}")
    return read_shelly(topic, payload, received_s=RECEIVED_S, meters=meters or Meters())


def values(foreign: Foreign) -> dict[tuple[str, str], float]:
    return {(row.device, REGISTER_BY_ID[row.register_id].name): row.value for row in foreign.rows}


@pytest.mark.reference_data
def test_the_status_of_a_real_meter_of_three_phases_is_read(reference_data: Path) -> None:
    measured: dict[str, Any] = json.loads((reference_data / "iot" / "shelly_pro3em_status.json").read_text())
    found: dict[tuple[str, str], float] = {}
    for component in ("em:0", "emdata:0"):
        foreign = read(f"status/{component}", json.dumps(measured[component]).encode())
        assert foreign.faults == []
        assert {row.at_s for row in foreign.rows} == {RECEIVED_S}
        found |= values(foreign)
    em, emdata = measured["em:0"], measured["emdata:0"]
    wanted = {
        "power_w": em["total_act_power"],
        "apparent_power_va": em["total_aprt_power"],
        "voltage_v": em["a_voltage"],
        "current_a": em["a_current"],
        "frequency_hz": em["a_freq"],
        "voltage_l3_v": em["c_voltage"],
        "current_l2_a": em["b_current"],
        "power_l1_w": em["a_act_power"],
        "apparent_power_l2_va": em["b_aprt_power"],
        "import_index_l3_wh": emdata["c_total_act_energy"],
        "import_index_wh": emdata["total_act"],
        "export_index_wh": emdata["total_act_ret"],
    }
    assert {name: found["m-whole", name] for name in wanted} == wanted


@pytest.mark.reference_data
def test_the_same_in_a_notification_has_the_time_it_says(reference_data: Path) -> None:
    measured: dict[str, Any] = json.loads((reference_data / "iot" / "shelly_pro3em_status.json").read_text())
    params = {"ts": measured["unixtime"] + 0.9, "em:0": measured["em:0"], "emdata:0": measured["emdata:0"]}
    notification = {"src": "x", "dst": "y", "method": "NotifyFullStatus", "params": params}
    foreign = read("events/rpc", json.dumps(notification).encode())
    assert {row.at_s for row in foreign.rows} == {measured["unixtime"]}
    alone = [read(f"status/{part}", json.dumps(measured[part]).encode()) for part in ("em:0", "emdata:0")]
    assert values(foreign) == values(alone[0]) | values(alone[1])


def test_every_table_leads_to_registers_that_there_are() -> None:
    tables = [*COMPONENTS.values(), EMETER, *EMETER_PHASES]
    assert {name for table in tables for name in table.values()} <= set(REGISTER_BY_NAME)


def test_a_channel_measures_the_meter_that_stands_for_it_and_the_first_one_the_only_meter() -> None:
    status = b'{"id": 0, "act_power": 5.0}'
    assert values(read("status/em1:0", status)) == {("m-whole", "power_w"): 5.0}
    assert values(read("status/em1:1", status, Meters(0, 1))) == {("m-1", "power_w"): 5.0}
    assert values(read("status/em1:0", status, Meters(0, 1))) == {("m-0", "power_w"): 5.0}
    assert [fault.code for fault in read("status/em1:1", status).faults] == ["device_unnamed"]
    assert [fault.code for fault in read("status/em:0", b'{"total_act_power": 1}', Meters(0, whole=None)).faults] == [
        "device_unnamed"
    ]


def test_the_first_generation_measures_channels_or_phases() -> None:
    assert values(read("emeter/1/total", b"12.5", Meters(1))) == {("m-1", "import_index_wh"): 12.5}
    assert values(read("emeter/0/voltage", b" 231.10\n")) == {("m-whole", "voltage_v"): 231.1}
    assert values(read("emeter/2/total_returned", b"12.5")) == {("m-whole", "export_index_l3_wh"): 12.5}
    assert [fault.code for fault in read("emeter/0/voltage", b"1", Meters(whole=None)).faults] == ["device_unnamed"]
    assert read("emeter/0/reactive_power", b"1.0") == Foreign()


@pytest.mark.parametrize("content", [b"1e999", b"1e309", b"9" * 400, b'"1"', b"true", b"[1]", b"{}"])
def test_what_is_no_number_spoils_its_message_with_a_code(content: bytes) -> None:
    with pytest.raises(InputError) as refused:
        read("status/em:0", b'{"total_act_power": ' + content + b"}")
    assert refused.value.code in {"payload_invalid", "payload_malformed"}


def test_errors_that_touch_no_value_leave_the_quality() -> None:
    for errors, quality in ((["no_load"], 0), (["phase_sequence", "ct_type_not_set"], 3), ([{}], 3)):
        status: dict[str, object] = {"total_act_power": 1.0, "errors": errors}
        assert [row.quality for row in read("status/em:0", json.dumps(status).encode()).rows] == [quality]


NAMES = [
    *COMPONENTS,
    "em:0",
    "em1:1",
    "em:x",
    "pm1:999",
    "total_act_power",
    "act_power",
    "aenergy",
    "total",
    "errors",
    "ts",
    "params",
    "method",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(["status/em:0", "status/pm1:0", "events/rpc", "status/?"]), JSON)
def test_any_json_is_read_or_refused_with_a_code(part: str, content: object) -> None:
    with suppress(InputError):
        read(part, json.dumps(content).encode())


@given(st.sampled_from(sorted(SHELLY_KINDS)), st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_a_code(kind: str, payload: bytes) -> None:
    part = {"status": "em:0", "events": "rpc", "online": "", "emeter": "2/power"}[kind]
    topic = Topic(0, "gw-0001", kind, part)
    with suppress(InputError):
        read_shelly(topic, payload, received_s=0, meters=Meters())
