"""Shelly energy meters: JSON statuses of the second generation on, plain numbers of the first.

Names, units and signs are those of Shelly's API documentation (Gen2+: components EM, EMData, EM1, EM1Data, PM1 and
Switch, RPC notifications; Gen1: Shelly EM and 3EM over MQTT). Power drawn is positive there as here, energies are
in Wh. What no register takes, such as a power factor or the state of a Wi-Fi, is passed over.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from core.errors import InputError
from core.identifiers import Topic
from core.quality import Quality
from core.registers import REGISTER_BY_NAME
from ingest.decode.foreign import Foreign, Meters, Row, unnamed
from ingest.decode.json_text import read_json
from ingest.decode.low_rate import LATEST_S, StateContent

_SINGLE_PHASE: Final = {"voltage": "voltage_v", "current": "current_a", "freq": "frequency_hz"}
_SWITCHED: Final = _SINGLE_PHASE | {
    "apower": "power_w",
    "aprtpower": "apparent_power_va",
    "aenergy.total": "import_index_wh",
    "ret_aenergy.total": "export_index_wh",
}
#: Component by component: members, those within another after a dot, and the registers they go to.
COMPONENTS: Final[dict[str, dict[str, str]]] = {
    "em": {
        "total_act_power": "power_w",
        "total_aprt_power": "apparent_power_va",
        "a_freq": "frequency_hz",
        "a_voltage": "voltage_v",
        "b_voltage": "voltage_l2_v",
        "c_voltage": "voltage_l3_v",
        "a_current": "current_a",
        "b_current": "current_l2_a",
        "c_current": "current_l3_a",
        "n_current": "current_n_a",
        "a_act_power": "power_l1_w",
        "b_act_power": "power_l2_w",
        "c_act_power": "power_l3_w",
        "a_aprt_power": "apparent_power_l1_va",
        "b_aprt_power": "apparent_power_l2_va",
        "c_aprt_power": "apparent_power_l3_va",
    },
    "emdata": {
        "total_act": "import_index_wh",
        "total_act_ret": "export_index_wh",
        "a_total_act_energy": "import_index_l1_wh",
        "b_total_act_energy": "import_index_l2_wh",
        "c_total_act_energy": "import_index_l3_wh",
        "a_total_act_ret_energy": "export_index_l1_wh",
        "b_total_act_ret_energy": "export_index_l2_wh",
        "c_total_act_ret_energy": "export_index_l3_wh",
    },
    "em1": _SINGLE_PHASE | {"act_power": "power_w", "aprt_power": "apparent_power_va"},
    "em1data": {"total_act_energy": "import_index_wh", "total_act_ret_energy": "export_index_wh"},
    "pm1": _SWITCHED,
    "switch": _SWITCHED,
}
#: Components that measure a whole supply of three phases; a channel of the others is a circuit of its own.
_WHOLE: Final = frozenset({"em", "emdata"})
#: What one channel of a first-generation meter measures, where the channel has a meter of its own.
EMETER: Final[dict[str, str]] = {
    "power": "power_w",
    "voltage": "voltage_v",
    "current": "current_a",
    "total": "import_index_wh",
    "total_returned": "export_index_wh",
}
#: And where its channels are the phases of one meter.
EMETER_PHASES: Final[tuple[dict[str, str], ...]] = tuple(
    {
        "power": f"power_l{phase}_w",
        "voltage": voltage,
        "current": current,
        "total": f"import_index_l{phase}_wh",
        "total_returned": f"export_index_l{phase}_wh",
    }
    for phase, voltage, current in (
        (1, "voltage_v", "current_a"),
        (2, "voltage_l2_v", "current_l2_a"),
        (3, "voltage_l3_v", "current_l3_a"),
    )
)

#: Of what a component reports in `errors`, this does not touch its values.
_HARMLESS: Final = frozenset({"phase_sequence", "no_load"})
#: Beyond what any register takes, and what a float holds.
_LARGEST: Final = 1e300
_COMPONENT: Final = re.compile(r"([a-z0-9_]+)(?::(\d{1,3}))?", re.ASCII)
_NUMBER: Final = re.compile(rb"\s*-?\d{1,15}(?:\.\d{1,15})?\s*", re.ASCII)
_STATES: Final[dict[bytes, StateContent]] = {
    b"true": StateContent(status="online"),
    b"false": StateContent(status="offline"),
}


class _Notification(Struct, frozen=True):
    """An RPC notification; other members are passed over."""

    method: str
    params: dict[str, Any] = {}


_STATUS: Final = msgspec.json.Decoder(dict[str, Any])
_NOTIFICATION: Final = msgspec.json.Decoder(_Notification)
_CLOCK: Final = Annotated[float, Meta(ge=0, le=LATEST_S)] | None


def read_shelly(topic: Topic, payload: bytes, *, received_s: int, meters: Meters, is_retained: bool = False) -> Foreign:
    """Read one message.

    Parameters
    ----------
    topic : Topic
        Its topic, of a kind of ``core.identifiers.SHELLY_KINDS``.
    payload : bytes
        Payload.
    received_s : int
        When it was received; the time of values that come without one. [s]
    meters : Meters
        Tells which meters it measures for.
    is_retained : bool
        Whether the broker had kept it: nobody knows since when, so values without a time are bad.

    Raises
    ------
    InputError
        ``payload_malformed`` or ``payload_invalid``.
    """
    if topic.kind == "online":
        return _online(payload)
    if topic.kind == "emeter":
        return _at_receipt(_emeter(topic.part, payload, received_s, meters), is_retained=is_retained)
    if topic.kind == "status":
        foreign = _rows({topic.part: read_json(_STATUS, payload)}, received_s, meters)
        return _at_receipt(foreign, is_retained=is_retained)
    notification = read_json(_NOTIFICATION, payload)
    if notification.method not in ("NotifyStatus", "NotifyFullStatus"):
        return Foreign()
    return _rows(notification.params, _clock_s(notification.params, received_s), meters)


def _at_receipt(foreign: Foreign, *, is_retained: bool) -> Foreign:
    """Return what came without a time; what the broker had kept is of another time than its receipt."""
    return (
        replace(foreign, rows=[row._replace(quality=Quality.BAD) for row in foreign.rows]) if is_retained else foreign
    )


def _online(payload: bytes) -> Foreign:
    state = _STATES.get(payload.strip())
    if state is None:
        raise InputError("payload_invalid", "The payload is neither true nor false.")
    return Foreign(state=state)


def _clock_s(params: Mapping[str, Any], received_s: int) -> int:
    """Return when a notification was made; a device that has not got the time says null."""
    try:
        at_s = msgspec.convert(params.get("ts"), _CLOCK)
    except msgspec.ValidationError as error:
        raise InputError("payload_invalid", "The time of the notification is no time.") from error
    return received_s if at_s is None else int(at_s)


def _rows(components: Mapping[str, Any], at_s: int, meters: Meters) -> Foreign:
    foreign = Foreign()
    for name, status in components.items():
        found = _COMPONENT.fullmatch(name)
        kind, channel = found.groups() if found else ("", None)
        members = COMPONENTS.get(kind)
        if members is None or not isinstance(status, dict):
            continue
        values = list(_values(status, members))
        meter = meters.whole() if kind in _WHOLE else _meter_of(int(channel or 0), meters)
        if meter is None:
            if values:
                foreign.faults.append(unnamed(len(values), name))
            continue
        quality = _quality(status)
        foreign.rows.extend(Row(meter, register_id, at_s, value, quality) for register_id, value in values)
    return foreign


def _meter_of(channel: int, meters: Meters) -> str | None:
    meter = meters.channel(channel)
    return meters.whole() if meter is None and channel == 0 else meter


def _values(status: Mapping[str, Any], members: Mapping[str, str]) -> Iterator[tuple[int, float]]:
    for member, register in members.items():
        outer, _, inner = member.partition(".")
        value = status.get(outer)
        if inner and isinstance(value, dict):
            value = value.get(inner)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
            raise InputError("payload_invalid", f"The member {member} is no number.")
        yield REGISTER_BY_NAME[register].register_id, float(value)


def _quality(status: Mapping[str, Any]) -> Quality:
    """Return bad for the values of a component that says it cannot measure well."""
    for member, said in status.items():
        if member.endswith("errors") and isinstance(said, list) and any(str(error) not in _HARMLESS for error in said):
            return Quality.BAD
    return Quality.OK


def _emeter(part: str, payload: bytes, received_s: int, meters: Meters) -> Foreign:
    if not _NUMBER.fullmatch(payload):
        raise InputError("payload_invalid", "The payload is not one decimal number.")
    channel, _, quantity = part.partition("/")
    if quantity not in EMETER:
        return Foreign()
    meter, registers = meters.channel(int(channel)), EMETER
    if meter is None:
        meter, registers = meters.whole(), EMETER_PHASES[int(channel)]
    if meter is None:
        return Foreign(faults=[unnamed(1, f"emeter/{channel}")])
    register_id = REGISTER_BY_NAME[registers[quantity]].register_id
    return Foreign(rows=[Row(meter, register_id, received_s, float(payload))])
