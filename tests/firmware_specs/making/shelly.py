"""Shelly energy meters: what they publish below the prefix that they are given, in order and not."""

from typing import Final

from tests.firmware_specs.making.vector import CLOCK_S, FOREIGN_METER, GATEWAY, Made, Rows, as_json

#: It has one meter, so that is what it measures.
PREFIX = "somel/v1/0/gw-0002"
OTHERS_PREFIX = f"somel/v1/1/{GATEWAY}"
AT_S = CLOCK_S - 30
EM: dict[str, object] = {
    "id": 0,
    "a_current": 4.029,
    "a_voltage": 236.1,
    "a_act_power": 951.2,
    "a_aprt_power": 951.9,
    "a_pf": 1,
    "a_freq": 50,
    "b_current": 4.027,
    "b_voltage": 236.2,
    "b_act_power": -951.1,
    "b_aprt_power": 951.8,
    "b_pf": 1,
    "b_freq": 50,
    "c_current": 3.03,
    "c_voltage": 236.3,
    "c_act_power": 715.4,
    "c_aprt_power": 716.2,
    "c_pf": 1,
    "c_freq": 50,
    "n_current": None,
    "total_current": 11.086,
    "total_act_power": 715.5,
    "total_aprt_power": 2619.9,
    "user_calibrated_phase": [],
}
_EM_VALUES: dict[str, float] = {
    "power_w": 715.5,
    "apparent_power_va": 2619.9,
    "frequency_hz": 50,
    "voltage_v": 236.1,
    "voltage_l2_v": 236.2,
    "voltage_l3_v": 236.3,
    "current_a": 4.029,
    "current_l2_a": 4.027,
    "current_l3_a": 3.03,
    "power_l1_w": 951.2,
    "power_l2_w": -951.1,
    "power_l3_w": 715.4,
    "apparent_power_l1_va": 951.9,
    "apparent_power_l2_va": 951.8,
    "apparent_power_l3_va": 716.2,
}
_EM1 = {"id": 0, "current": 4.029, "voltage": 236.1, "act_power": -951.2, "aprt_power": 951.9, "pf": 1, "freq": 50}


def _rows(values: dict[str, float], at_s: int = CLOCK_S, quality: str = "ok") -> Rows:
    return [[FOREIGN_METER, register, quality, at_s, value] for register, value in values.items()]


def _made(name: str, part: str, said: object, text: str, *, prefix: str = PREFIX, **more: object) -> Made:
    payload = said if isinstance(said, bytes) else as_json(said)
    kind = part.split("/", maxsplit=1)[0]
    return Made(f"shelly-{name}", kind, payload, text, content_type=None, topic=f"{prefix}/{part}", **more)  # type: ignore[arg-type]


def _notified(**params: object) -> dict[str, object]:
    return {"src": "shellypro3em-0123456789ab", "dst": "any", "method": "NotifyStatus", "params": params}


_INDEXES: dict[str, float] = {"import_index_wh": 5_415_414.19, "export_index_wh": 12.5}
#: What a Shelly meter publishes that is in order.
VALID: Final[list[Made]] = [
    _made(
        "em",
        "status/em:0",
        EM,
        "Three phases; a status has no time, so it is the time of receipt",
        readings=_rows(_EM_VALUES),
    ),
    _made(
        "em-errors",
        "status/em:0",
        {"id": 0, "total_act_power": 0.0, "errors": ["power_meter_failure"]},
        "Values of a component that reports a failure are bad",
        readings=_rows({"power_w": 0.0}, quality="bad"),
    ),
    _made(
        "emdata",
        "status/emdata:0",
        {"id": 0, "a_total_act_energy": 3_105_576.42, "total_act": 5_415_414.19, "total_act_ret": 12.5},
        "Energies of all phases are the indexes",
        readings=_rows(_INDEXES | {"import_index_l1_wh": 3_105_576.42}),
    ),
    _made(
        "em1",
        "status/em1:0",
        _EM1,
        "One phase; power fed in is negative there as here",
        readings=_rows(
            {"power_w": -951.2, "apparent_power_va": 951.9, "voltage_v": 236.1, "current_a": 4.029, "frequency_hz": 50}
        ),
    ),
    _made(
        "em1data",
        "status/em1data:0",
        {"id": 0, "total_act_energy": 5_415_414.19, "total_act_ret_energy": 12.5},
        "Its energies",
        readings=_rows(_INDEXES),
    ),
    _made(
        "pm1",
        "status/pm1:0",
        {
            "id": 0,
            "voltage": 231.5,
            "current": 0.1,
            "apower": 20.4,
            "freq": 50,
            "aenergy": {"total": 300.5, "by_minute": [1, 2, 3]},
        },
        "A plug-in meter; the energies of single minutes are passed over",
        readings=_rows(
            {"voltage_v": 231.5, "current_a": 0.1, "power_w": 20.4, "frequency_hz": 50, "import_index_wh": 300.5}
        ),
    ),
    _made(
        "notification",
        "events/rpc",
        _notified(ts=AT_S + 0.54, **{"em:0": {"id": 0, "total_act_power": 800.0}, "sys": {"uptime": 12}}),
        "A notification has the time of its change, and holds what has changed; whole seconds are kept",
        readings=_rows({"power_w": 800.0}, AT_S),
    ),
    _made(
        "notification-without-time",
        "events/rpc",
        _notified(ts=None, **{"em:0": {"id": 0, "total_act_power": 800.0}}),
        "A device that has not been told the time yet says null: the time of receipt",
        readings=_rows({"power_w": 800.0}),
    ),
    _made(
        "event",
        "events/rpc",
        {"src": "a", "dst": "b", "method": "NotifyEvent", "params": {"ts": AT_S, "events": []}},
        "An event holds no value",
    ),
    _made("other-component", "status/wifi", {"rssi": -60}, "What is no meter holds no value"),
    _made("online", "online", b"true", "It is there; retained", content={"status": "online"}),
    _made("offline", "online", b"false", "The last will", content={"status": "offline"}),
    _made(
        "gen1-voltage",
        "emeter/0/voltage",
        b"236.10",
        "First generation: one number, no time",
        readings=_rows({"voltage_v": 236.1}),
    ),
    _made(
        "gen1-total",
        "emeter/2/total",
        b"1234.5",
        "Its channels are the phases of the gateway's meter",
        readings=_rows({"import_index_l3_wh": 1234.5}),
    ),
    _made("gen1-power-factor", "emeter/1/pf", b"0.98", "What no register takes is passed over"),
]
#: What it publishes that is refused, whole or in part.
INVALID: Final[list[Made]] = [
    _made(
        "unnamed",
        "status/emdata:0",
        {"id": 0, "total_act": 1.0, "total_act_ret": 0.0},
        "The gateway has three meters",
        prefix=OTHERS_PREFIX,
        refusals={"device_unnamed": 2},
    ),
    _made("second-channel", "status/em1:1", _EM1, "There is no meter gw-0002-1", refusals={"device_unnamed": 5}),
    _made("gen1-text", "emeter/0/power", b"lots", "No number", refusals={"payload_invalid": 1}),
    _made("json", "status/em:0", b"{", "Not JSON", refusals={"payload_malformed": 1}),
    _made("text-for-a-number", "status/em:0", {"total_act_power": "1"}, "No number", refusals={"payload_invalid": 1}),
    _made("clock", "events/rpc", _notified(ts="now"), "No time", refusals={"payload_invalid": 1}),
    _made("state", "online", b"maybe", "Neither true nor false", refusals={"payload_invalid": 1}),
    _made("too-deep", "status/em:0/more", EM, "There is no such topic", refusals={"topic_unknown": 1}),
    _made(
        "out-of-range",
        "status/em:0",
        {"a_voltage": 700.0, "total_act_power": 1.0},
        "One value cannot be",
        readings=_rows({"power_w": 1.0}),
        refusals={"value_out_of_range": 1},
    ),
]
