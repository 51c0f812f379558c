"""Batches of which something is refused."""

import math
from collections.abc import Sequence
from typing import Final

import cbor2

from tests.firmware_specs.making.batch_valid import block
from tests.firmware_specs.making.vector import (
    CBOR,
    CLOCK_S,
    FOREIGN_METER,
    METER,
    OLDEST_S,
    SECOND_METER,
    SLOT_S,
    THIRD_METER,
    YEAR_S,
    Made,
    Rows,
    as_cbor,
    as_json,
    series,
    typed,
)

KEPT = series("import_wh", YEAR_S, SLOT_S, [120, 130])


def _json(
    name: str,
    blocks: Sequence[object],
    description: str,
    refusals: dict[str, int],
    intervals: Rows | None = None,
    *,
    conforms: bool = True,
) -> Made:
    payload = as_json({"blocks": blocks})
    return Made(name, "batch", payload, description, intervals=intervals or [], refusals=refusals, conforms=conforms)


def _cbor(
    name: str, fields: dict[int, object], description: str, refusals: dict[str, int], intervals: Rows | None = None
) -> Made:
    plain: dict[int, object] = {0: METER, 1: YEAR_S, 2: SLOT_S, 3: {1: [120, 130]}}
    return Made(
        name,
        "batch",
        as_cbor({1: [plain | fields]}),
        description,
        content_type=CBOR,
        intervals=intervals or [],
        refusals=refusals,
        conforms=not refusals.keys()
        & {"payload_invalid", "register_unknown", "register_wrong_kind", "quality_unknown"},
    )


_UNEVEN = {"import_wh": [1, 2, None], "export_wh": [1, 2]}
_TWO = {"import_wh": [120, 130], "power_w": [1, 2], "gas_m3": [3, None]}
_SURE = block(registers={"import_wh": [120, 130, 140]}, quality={"sure": [2]})
#: Batches of which parts are refused, as decoding finds them.
PARTS: Final[list[Made]] = [
    _json(
        "step-1200",
        [block(step_s=1200, start=YEAR_S), block()],
        "20 minutes are not a step; the other block is kept",
        {"step_invalid": 2},
        KEPT,
        conforms=False,
    ),
    _json("step-zero", [block(step_s=0)], "A step of nothing", {"step_invalid": 2}, conforms=False),
    _json(
        "start-off-grid",
        [block(start=YEAR_S + 60), block()],
        "A half-hour begins at :00 or :30",
        {"start_off_grid": 2},
        KEPT,
    ),
    _json(
        "length-uneven",
        [block(registers=_UNEVEN), block()],
        "Arrays of one block differ in length: its four values are refused, the null is none",
        {"length_mismatch": 4},
        KEPT,
    ),
    _json(
        "length-quality-past-end",
        [block(quality={"bad": [2]})],
        "The mark points past the arrays",
        {"length_mismatch": 2},
    ),
    _json(
        "register-unknown-and-wrong-kind",
        [block(registers=_TWO)],
        "Two registers that do not belong here; the third is kept",
        {"register_wrong_kind": 2, "register_unknown": 1},
        KEPT,
        conforms=False,
    ),
    _json(
        "quality-unknown",
        [_SURE],
        "The mark is no quality: its value is refused, the others are kept",
        {"quality_unknown": 1},
        KEPT,
        conforms=False,
    ),
    _cbor(
        "register-unknown-cbor",
        {3: {1: [120, 130], 99: typed(85, [1.0, math.nan])}},
        "There is no register 99",
        {"register_unknown": 1},
        KEPT,
    ),
    _cbor(
        "register-wrong-kind-cbor",
        {3: {1: [120, 130], 21: [5, 6]}},
        "Register 21 is power_w, which is live",
        {"register_wrong_kind": 2},
        KEPT,
    ),
    _cbor(
        "quality-unknown-cbor",
        {3: {1: [120, 130, 140]}, 4: {9: [2]}},
        "There is no quality 9",
        {"quality_unknown": 1},
        KEPT,
    ),
]


_FUTURE = CLOCK_S - CLOCK_S % SLOT_S
_YEAR_2000_S = 946_684_800
_MIXED = [
    block(),
    block(meter="m-999999"),
    block(meter=SECOND_METER, registers={"import_wh": [10, -1, 125_001, None]}),
    block(meter=FOREIGN_METER),
    block(meter=THIRD_METER, start=0),
    block(meter=THIRD_METER, start=YEAR_S + 1),
]
#: Batches of which parts are refused by registry, clock and limits.
JUDGED: Final[list[Made]] = [
    _json(
        "device-unknown",
        [block(meter="m-999999"), block()],
        "The meter is not registered",
        {"device_unknown": 2},
        KEPT,
    ),
    _json(
        "device-foreign",
        [block(meter=FOREIGN_METER), block()],
        "The meter is attached to another gateway",
        {"device_foreign": 2},
        KEPT,
    ),
    _json("time-1970", [block(start=0), block()], "A clock that was never set", {"time_too_old": 2}, KEPT),
    _json(
        "time-2000",
        [block(start=_YEAR_2000_S), block()],
        "A clock that begins at 2000 when its battery is empty",
        {"time_too_old": 2},
        KEPT,
    ),
    _json(
        "time-one-step-too-old",
        [block(start=OLDEST_S - SLOT_S)],
        "Of two half-hours the first begins more than 1,096 days before the clock, the second just 1,096",
        {"time_too_old": 1},
        series("import_wh", OLDEST_S, SLOT_S, [130]),
    ),
    _json(
        "time-in-future",
        [block(start=_FUTURE - SLOT_S)],
        "An interval that has not ended cannot have been measured",
        {"time_in_future": 1},
        series("import_wh", _FUTURE - SLOT_S, SLOT_S, [120]),
    ),
    _json(
        "value-negative",
        [block(registers={"import_wh": [120, 130, -1]})],
        "Energy is never negative: export has a register of its own",
        {"value_negative": 1},
        KEPT,
    ),
    _json(
        "value-out-of-range",
        [block(registers={"import_wh": [120, 130, 125_000.5]})],
        "More than 250 kW over a half-hour",
        {"value_out_of_range": 1},
        KEPT,
    ),
    _json(
        "value-out-of-range-5-min",
        [block(step_s=300, registers={"import_wh": [20_833, 20_834]})],
        "The limit is mean power: 250 kW over 5 minutes are 20,833.3 Wh",
        {"value_out_of_range": 1},
        series("import_wh", YEAR_S, 300, [20_833]),
    ),
    _cbor(
        "value-infinite",
        {3: {1: typed(85, [120.0, 130.0, math.inf])}},
        "Infinity is out of range",
        {"value_out_of_range": 1},
        KEPT,
    ),
    _json(
        "mixed",
        _MIXED,
        "Five faults in one message; what is good is stored",
        {
            "start_off_grid": 2,
            "device_unknown": 2,
            "device_foreign": 2,
            "time_too_old": 2,
            "value_negative": 1,
            "value_out_of_range": 1,
        },
        KEPT + series("import_wh", YEAR_S, SLOT_S, [10], SECOND_METER),
    ),
]


_NO_METER = {"start": YEAR_S, "step_s": SLOT_S, "registers": {"import_wh": [1]}}
_CASES: list[tuple[str, Sequence[object], str]] = [
    ("shape-no-meter", [_NO_METER], "A block without its meter"),
    ("shape-unknown-member", [block(unit="kWh")], "Unknown members are refused: most are misspelt ones"),
    ("shape-value-text", [block(registers={"import_wh": ["120"]})], "A number in quotes is a text"),
    ("shape-value-boolean", [block(registers={"import_wh": [True]})], "true is no number"),
    ("shape-no-blocks", [], "A batch without blocks"),
    ("shape-no-registers", [block(registers={})], "A block without registers"),
    ("shape-no-values", [block(registers={"import_wh": []})], "An array without values"),
    ("shape-1537-values", [block(registers={"import_wh": [0] * 1537})], "One value too many"),
    ("shape-start-negative", [block(start=-1800)], "Times before 1970 cannot be written"),
    ("shape-start-fraction", [block(start=YEAR_S + 0.5)], "Times are whole seconds"),
    ("shape-start-milliseconds", [block(start=YEAR_S * 1000)], "Milliseconds would lie in the year 57970"),
    ("shape-meter-too-short", [block(meter="m")], "Names have three characters at least"),
    ("shape-quality-negative", [block(quality={"bad": [-1]})], "Indexes count from 0"),
]
_WRONG = {"payload_invalid": 1}
_DUPLICATE_KEY = b"\xa1\x01\x81\xa5\x00hm-000001\x01\x1a" + YEAR_S.to_bytes(4, "big") + b"\x02\x19\x07\x08"
_DUPLICATE_KEY += b"\x03\xa1\x01\x81\x01\x02\x19\x07\x08"
#: Batches of the wrong shape, refused whole.
SHAPES: Final[list[Made]] = [
    *(_json(name, blocks, text, _WRONG, conforms=False) for name, blocks, text in _CASES),
    Made(
        "shape-sequence-negative",
        "batch",
        as_json({"sequence": -1, "blocks": [block()]}),
        "Sequences count up from 0 or more",
        conforms=False,
        refusals=_WRONG,
    ),
    Made("shape-not-an-object", "batch", b"[]\n", "A message is an object", conforms=False, refusals=_WRONG),
    Made(
        "shape-cbor-duplicate-key",
        "batch",
        _DUPLICATE_KEY,
        "The step occurs twice",
        content_type=CBOR,
        conforms=False,
        refusals=_WRONG,
    ),
    _cbor(
        "shape-cbor-broken-typed-array",
        {3: {1: cbor2.CBORTag(70, b"\x01\x00\x00\x00\x02\x00")}},
        "Six bytes are one and a half uint32",
        _WRONG,
    ),
    _cbor(
        "shape-cbor-uint64-array",
        {3: {1: cbor2.CBORTag(71, b"\x01" + bytes(7))}},
        "Of RFC 8746's tags only 70, 78, 85 and 86 are read",
        _WRONG,
    ),
    _cbor("shape-cbor-text-value", {3: {1: ["120"]}}, "A text is no number", _WRONG),
    _cbor("shape-cbor-name-for-register", {3: {"import_wh": [120]}}, "In CBOR registers have numbers", _WRONG),
    _cbor("shape-cbor-unknown-key", {7: 1}, "Unknown keys are refused", _WRONG),
    _cbor("shape-cbor-bignum", {1: 2**70}, "Integers have 64 bits at most", _WRONG),
]
