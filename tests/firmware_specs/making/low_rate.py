"""Events, answers, meta, states and commands, in order and not."""

from typing import Final

from tests.firmware_specs.making.vector import (
    CBOR,
    CLOCK_S,
    COMMAND,
    GATEWAY,
    METER,
    OLDEST_S,
    SLOT_S,
    Made,
    as_cbor,
    as_json,
)

FLEXIBLE: dict[str, object] = {
    "resource": "ev-000001",
    "at": CLOCK_S,
    "energy_needed_wh": 12_000,
    "max_power_w": 7_400,
    "available_from": CLOCK_S,
    "ready_by": CLOCK_S + 12 * 3_600,
}
META: dict[str, object] = {
    "gateway": GATEWAY,
    "specification": "1.1",
    "firmware_version": "2.3.1",
    "meters": [METER],
    "resources": [{"resource": "ev-000001", "kind": "ev_charger", "rated_power_w": 7400}],
}
ORDER: dict[str, object] = {
    "command": COMMAND,
    "resource": "ev-000001",
    "issued_at": CLOCK_S - 60,
    "expires_at": CLOCK_S + SLOT_S,
    "start": CLOCK_S + SLOT_S,
    "step_s": SLOT_S,
    "dispatch_setpoint_w": [0, 0, 3700],
}


def _answer(status: str, **more: object) -> dict[str, object]:
    return {"command": COMMAND, "at": CLOCK_S, "status": status} | more


_HEATER = FLEXIBLE | {"resource": "wh-000001", "energy_needed_wh": 0, "max_power_w": 2_200}
_FULL: dict[str, object] = {"resource": "bat-000001", "at": CLOCK_S, "energy_wh": 13_500}
_WARM: dict[str, object] = {"resource": "hp-000001", "at": CLOCK_S, "temperature_degc": 20.4}
_CONTENTS: list[tuple[str, str, dict[str, object], str]] = [
    ("event-one", "event", {"sequence": 30, "flexibility": [FLEXIBLE]}, "A car that needs 12 kWh within 12 hours"),
    ("event-two", "event", {"flexibility": [FLEXIBLE, _HEATER]}, "Two resources; one needs nothing just now"),
    (
        "event-states",
        "event",
        {"sequence": 33, "states": [_FULL, _WARM]},
        "Since 1.1: how a battery and a building stand",
    ),
    ("event-both", "event", {"flexibility": [FLEXIBLE], "states": [_FULL]}, "Since 1.1: a need and a state"),
    ("answer-accepted", "answer", _answer("accepted", sequence=31), "The device will obey"),
    ("answer-opted-out", "answer", _answer("opted_out", reason="départ à 7 h"), "Its owner said no, and why"),
    ("answer-refused", "answer", _answer("refused", reason="not plugged in"), "The device cannot obey"),
    ("answer-expired", "answer", _answer("expired"), "The command came too late"),
    ("answer-withdrawn", "answer", _answer("withdrawn"), "The device no longer obeys what was taken back"),
    ("meta-full", "meta", META, "What the gateway is and what stands behind it"),
    (
        "meta-hardware",
        "meta",
        META | {"specification": "1.1", "hardware": "somel-g1"},
        "Since 1.1: its model",
    ),
    ("meta-reports", "meta", META | {"report_interval_s": 900}, "Since 1.1: how often it is heard at least"),
    ("meta-empty", "meta", META | {"meters": [], "resources": []}, "A gateway with nothing attached yet"),
    ("meta-later-minor", "meta", META | {"specification": "1.7"}, "A later minor version is understood"),
    ("state-online", "state", {"status": "online", "at": CLOCK_S, "firmware_version": "2.3.1"}, "Birth"),
    (
        "state-will-of-a-connection",
        "state",
        {"status": "offline", "at": CLOCK_S},
        "A last will that names its connection",
    ),
    ("state-offline", "state", {"status": "offline"}, "The last will: it is written before it is known when"),
]
#: Messages up that are in order.
VALID: Final[list[Made]] = [
    Made(name, kind, as_json(content), text, content=content) for name, kind, content, text in _CONTENTS
]


_STRANGER = FLEXIBLE | {"resource": "ev-999999"}
_OTHER = "11111111-2222-4333-8444-555555555555"
_WRONG: list[tuple[str, str, dict[str, object], str]] = [
    ("event-without-entries", "event", {"flexibility": []}, "An event says something about one resource at least"),
    ("event-of-nothing", "event", {"sequence": 34}, "An event has one of its lists"),
    (
        "event-state-of-nothing",
        "event",
        {"states": [{"resource": "bat-000001", "at": CLOCK_S}]},
        "A state says something",
    ),
    (
        "event-state-too-warm",
        "event",
        {"states": [_WARM | {"temperature_degc": 121}]},
        "Neither water nor a home is so warm",
    ),
    ("answer-status", "answer", _answer("maybe"), "There is no such status"),
    ("answer-not-a-uuid", "answer", _answer("accepted") | {"command": "17"}, "A command is named by a UUID"),
    ("answer-control-character", "answer", _answer("refused", reason="a\u0000b"), "A reason is printable text"),
    (
        "meta-major-version",
        "meta",
        META | {"specification": "2.0"},
        "A later major version is another specification",
    ),
    (
        "meta-rated-power",
        "meta",
        META | {"resources": [{"resource": "ev-000001", "kind": "ev_charger", "rated_power_w": 0}]},
        "A resource draws something",
    ),
    ("meta-interval", "meta", META | {"report_interval_s": 0}, "Nobody reports all the time"),
    ("state-status", "state", {"status": "asleep"}, "There are two states"),
    ("state-unknown-member", "state", {"status": "online", "mood": "good"}, "Unknown members are refused"),
]
_OLD, _OLDEST, _FUTURE = (FLEXIBLE | {"at": at} for at in (OLDEST_S - 1, OLDEST_S, CLOCK_S + 301))
_BACKWARDS = FLEXIBLE | {"ready_by": CLOCK_S}
#: Messages up that are refused, whole or in part.
INVALID: Final[list[Made]] = [
    *(
        Made(name, kind, as_json(content), text, conforms=False, refusals={"payload_invalid": 1})
        for name, kind, content, text in _WRONG
    ),
    Made(
        "event-ready-before-available",
        "event",
        as_json({"flexibility": [_BACKWARDS]}),
        "ready_by must be later than available_from; no schema can say so",
        refusals={"payload_invalid": 1},
    ),
    Made(
        "event-in-cbor",
        "event",
        as_cbor({"flexibility": [FLEXIBLE]}),
        "Only batch and live come in CBOR",
        content_type=CBOR,
        conforms=False,
        refusals={"content_type_unknown": 1},
    ),
    Made(
        "event-resource-unknown",
        "event",
        as_json({"flexibility": [_STRANGER, FLEXIBLE]}),
        "One resource is not attached to this gateway; the other entry is kept",
        content={"flexibility": [FLEXIBLE]},
        refusals={"resource_unknown": 1},
    ),
    Made(
        "event-states-in-part",
        "event",
        as_json({"states": [_FULL | {"at": CLOCK_S + 301}, _WARM | {"resource": "hp-999999"}, _WARM]}),
        "One state said ahead of the clock, one of nobody; the other is kept",
        content={"states": [_WARM]},
        refusals={"time_in_future": 1, "resource_unknown": 1},
    ),
    Made(
        "event-times",
        "event",
        as_json({"flexibility": [_OLD, _OLDEST, _FUTURE]}),
        "One entry said too long ago, one just within 1,096 days, one more than 300 s ahead of the clock",
        content={"flexibility": [_OLDEST]},
        refusals={"time_too_old": 1, "time_in_future": 1},
    ),
    Made(
        "answer-command-unknown",
        "answer",
        as_json(_answer("accepted") | {"command": _OTHER}),
        "No such command was sent to this gateway",
        refusals={"command_unknown": 1},
    ),
]


_FIRST = CLOCK_S + SLOT_S
_LIMITS: list[list[int | None]] = [
    [_FIRST - 1, None],
    [_FIRST, 0],
    [_FIRST + 3600, 3700],
    [_FIRST + 5399, 3700],
    [_FIRST + 5400, None],
]
_FOLLOWED = ORDER | {"resource": "bat-000001", "dispatch_setpoint_w": [3000, -5000], "follow": True}
_FOLLOWING: list[list[int | None]] = [[_FIRST - 1, None], [_FIRST, 3000], [_FIRST + 1800, -5000], [_FIRST + 3600, None]]
_LATE = ORDER | {"issued_at": CLOCK_S - 7200, "expires_at": CLOCK_S}
_CASES: list[tuple[str, dict[str, object], str, str, list[list[int | None]]]] = [
    (
        "command-three-steps",
        ORDER,
        "Nothing for an hour, then at most 3.7 kW; free before and after",
        "accepted",
        _LIMITS,
    ),
    (
        "command-expired",
        _LATE,
        "At expires_at it must no longer be obeyed",
        "expired",
        [[_FIRST, None]],
    ),
    (
        "command-foreign",
        ORDER | {"resource": "ev-999999"},
        "The resource is not here",
        "refused",
        [[_FIRST, None]],
    ),
    (
        "command-followed",
        _FOLLOWED,
        "Since 1.1: a battery draws 3 kW, then gives back 5 kW; free before and after",
        "accepted",
        _FOLLOWING,
    ),
    (
        "command-followed-by-none",
        _FOLLOWED | {"resource": "ev-000001"},
        "A charger of a car that gives nothing back cannot follow",
        "refused",
        [[_FIRST, None]],
    ),
    (
        "command-withdrawn",
        {"withdraw": COMMAND, "resource": "ev-000001", "at": CLOCK_S},
        "What was said before, or never came, no longer holds: the resource is free",
        "withdrawn",
        [[_FIRST, None]],
    ),
]
#: Commands down with what a device makes of them: its answer, and the power it is limited to at instants.
COMMANDS: Final[list[Made]] = [
    *(
        Made(name, "command", as_json(content), text, device={"answer": answer, "limits_w": of})
        for name, content, text, answer, of in _CASES
    ),
    Made(
        "command-below-zero",
        "command",
        as_json(ORDER | {"dispatch_setpoint_w": [-1]}),
        "Nobody can draw at most less than nothing; only what is followed goes below 0",
        conforms=False,
        device={"answer": "refused", "limits_w": [[_FIRST, None]]},
    ),
]
