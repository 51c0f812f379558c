"""SenML packs, JSON and CBOR, right and wrong."""

import cbor2

from tests.firmware_specs.making.vector import CLOCK_S, METER, SECOND_METER, Labels, Made, Rows, as_json
from tests.firmware_specs.making.vector import SENML_CBOR as CBOR
from tests.firmware_specs.making.vector import SENML_JSON as JSON

#: RFC 8428, table 4.
LABELS = {
    "bver": -1, "bn": -2, "bt": -3, "bu": -4, "bv": -5, "bs": -6,
    "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4, "s": 5, "t": 6, "ut": 7, "vd": 8,
}  # fmt: skip
Pack = list[dict[str, object]]


def numbered(pack: Pack) -> bytes:
    """Return a pack in CBOR."""
    return cbor2.dumps([{LABELS.get(key, key): value for key, value in record.items()} for record in pack])


_MINIMAL: Pack = [{"n": f"{METER}:power_w", "u": "W", "v": 120.1, "t": CLOCK_S - 60}]
_BASES: Pack = [
    {"bver": 10, "bn": f"urn:dev:ops:{METER}:", "bt": CLOCK_S - 120, "bu": "W", "bv": 100},
    {"n": "power_w", "v": 20},
    {"n": "power_w", "v": -30, "t": 60},
    {"n": "power_w", "t": 90},
    {"bn": f"{SECOND_METER}/", "bv": 0, "n": "voltage_v", "u": "V", "v": 231.5, "t": 120},
]
_BASES_READ: Rows = [
    [METER, "power_w", "ok", CLOCK_S - 120, 120],
    [METER, "power_w", "ok", CLOCK_S - 60, 70],
    [METER, "power_w", "ok", CLOCK_S - 30, 100],
    [SECOND_METER, "voltage_v", "ok", CLOCK_S, 231.5],
]
_UNITS: Pack = [
    {"bn": METER, "bt": CLOCK_S},
    {"u": "kWh", "v": 12.5},
    {"u": "A", "v": 4},
    {"u": "V", "v": 231},
    {"u": "Hz", "v": 50},
    {"u": "kVA", "v": 1.5},
    {"u": "var", "v": -40},
    {"n": ":export_index_wh", "u": "J", "v": 7_200},
    {"n": ":reactive_index_q1_varh", "u": "kvarh", "v": 3},
    {"n": ":current_n_a", "u": "mA", "v": 250},
    {"n": ":power_w", "v": 532},
]
_UNITS_READ: Rows = [
    [METER, name, "ok", CLOCK_S, value]
    for name, value in (
        ("import_index_wh", 12_500),
        ("current_a", 4),
        ("voltage_v", 231),
        ("frequency_hz", 50),
        ("apparent_power_va", 1_500),
        ("reactive_power_var", -40),
        ("export_index_wh", 2),
        ("reactive_index_q1_varh", 3_000),
        ("current_n_a", 0.25),
        ("power_w", 532),
    )
]
_RELATIVE: Pack = [{"bn": METER, "bu": "W", "v": 10}, {"v": 20, "t": -30}]
_RELATIVE_READ: Rows = [
    [METER, "power_w", "estimated", CLOCK_S, 10],
    [METER, "power_w", "estimated", CLOCK_S - 30, 20],
]
_SUM: Pack = [{"n": METER, "u": "W", "bt": CLOCK_S, "bs": 3_600, "s": 7_200, "v": 5}]
_SUM_READ: Rows = [[METER, "power_w", "ok", CLOCK_S, 5], [METER, "import_index_wh", "ok", CLOCK_S, 3]]
_WORDS: Pack = [
    {"bn": f"{METER}/", "bt": CLOCK_S, "n": "door", "vb": False},
    {"n": "firmware", "vs": "1.2.3"},
    {"n": "comment", "vs": "", "ignored": 1},
]
_WORDS_SAID: Labels = [
    [METER, "door", "false", CLOCK_S],
    [METER, "firmware", "1.2.3", CLOCK_S],
    [METER, "comment", "", CLOCK_S],
]
_PACKS: list[tuple[str, Pack, str, Rows, Labels]] = [
    ("minimal", _MINIMAL, "One record that says everything", [[METER, "power_w", "ok", CLOCK_S - 60, 120.1]], []),
    (
        "bases",
        _BASES,
        "Base fields hold until others come; a record without a value has the base value",
        _BASES_READ,
        [],
    ),
    ("units", _UNITS, "Units become those of the registers; a meter's name alone means the usual one", _UNITS_READ, []),
    ("relative", _RELATIVE, "Times below 2^28 count from now: that of receipt, an estimate", _RELATIVE_READ, []),
    ("sum", _SUM, "The sum of a power over time is an energy", _SUM_READ, []),
    (
        "words",
        _WORDS,
        "Texts and truths are labels of the meter; members that nobody knows are passed by",
        [],
        _WORDS_SAID,
    ),
]


def _both(name: str, pack: Pack, text: str, readings: Rows, labels: Labels) -> list[Made]:
    """Return a pack in both encodings."""
    return [
        Made(f"senml-{way}-{name}", "live", payload, text, of, readings=readings, labels=labels)
        for way, of, payload in (("json", JSON, as_json(pack)), ("cbor", CBOR, numbered(pack)))
    ]


VALID = [made for pack in _PACKS for made in _both(*pack)]

_GOOD = {"n": f"{METER}:power_w", "v": 120, "t": CLOCK_S}
_GOOD_READ: Rows = [[METER, "power_w", "ok", CLOCK_S, 120]]
_PARTS: list[tuple[str, dict[str, object], str, str]] = [
    ("bare", {"n": f"{METER}:power_w"}, "record_invalid", "A record that says nothing"),
    ("text-for-number", {"n": f"{METER}:power_w", "v": "120"}, "record_invalid", "A number in quotation marks"),
    ("must-understand", {**_GOOD, "secret_": 1}, "record_invalid", "A member that must be understood"),
    ("time-negative", {**_GOOD, "t": -CLOCK_S - 1}, "record_invalid", "A time before 1970"),
    ("data-value", {"n": f"{METER}:power_w", "vd": "AA"}, "record_invalid", "A value of bytes"),
    ("no-name", {"v": 1, "u": "W"}, "name_unresolved", "No name at all"),
    ("name-of-nobody", {"n": "a b", "v": 1, "u": "W"}, "name_unresolved", "A name with a space"),
    ("unit-silent", {"n": METER, "v": 1, "t": CLOCK_S}, "unit_unknown", "Neither register nor unit"),
    ("unit-wrong", {**_GOOD, "u": "V"}, "unit_unknown", "Volts of power"),
    ("sum-of-voltage", {"n": METER, "u": "V", "s": 1, "t": CLOCK_S}, "unit_unknown", "Volts times seconds"),
    ("register-unknown", {**_GOOD, "n": f"{METER}:humidity"}, "register_unknown", "No register of electricity"),
    ("register-of-spans", {**_GOOD, "n": f"{METER}:import_wh"}, "register_wrong_kind", "SenML has no spans"),
    ("device-unknown", {**_GOOD, "n": "m-999999:power_w"}, "device_unknown", "Nobody registered it"),
    ("too-old", {**_GOOD, "t": 2**28}, "time_too_old", "The first instant that is not relative: 1978"),
]
_WHOLE: list[tuple[str, str, bytes, str, str]] = [
    ("json-empty-pack", JSON, b"[]", "payload_invalid", "No record"),
    ("json-object", JSON, as_json(_GOOD), "payload_invalid", "A record is not a pack"),
    ("json-base-time", JSON, as_json([{"bt": "now"}, _GOOD]), "payload_invalid", "What follows has no time"),
    ("json-version", JSON, as_json([{"bver": 11, **_GOOD}]), "payload_invalid", "A later version"),
    ("json-truncated", JSON, as_json([_GOOD])[:-4], "payload_malformed", "The end is missing"),
    ("cbor-truncated", CBOR, numbered([_GOOD])[:-1], "payload_malformed", "The last byte is missing"),
    ("cbor-tag", CBOR, cbor2.dumps([{0: METER, 2: cbor2.CBORTag(4, [-1, 5])}]), "payload_invalid", "Tags are not read"),
    ("cbor-map", CBOR, numbered([_GOOD])[1:], "payload_invalid", "A record is not a pack"),
    ("cbor-not-utf8", CBOR, numbered([_GOOD]).replace(b"m-0", b"m-\xff"), "payload_malformed", "A text not of UTF-8"),
]
INVALID = [
    *(
        Made(f"senml-{name}", "live", as_json([record, _GOOD]), text, JSON, readings=_GOOD_READ, refusals={code: 1})
        for name, record, code, text in _PARTS
    ),
    *(Made(f"senml-{name}", "live", payload, text, of, refusals={code: 1}) for name, of, payload, code, text in _WHOLE),
]
