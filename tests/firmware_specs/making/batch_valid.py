"""Interval blocks that are in order."""

import math
from typing import Final

from tests.firmware_specs.making.vector import (
    CBOR,
    CLOCK_S,
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

#: 2026-03-28T23:00:00Z and 2025-10-25T22:00:00Z: local midnight before the clock goes forward, and back. [s]
SPRING_S, AUTUMN_S = 1_774_738_800, 1_761_429_600
SPRING = [100 + place for place in range(46)]
AUTUMN = [200 + place for place in range(50)]


def block(**changes: object) -> dict[str, object]:
    """Return the plainest JSON block, changed."""
    plain = {"meter": METER, "start": YEAR_S, "step_s": SLOT_S, "registers": {"import_wh": [120, 130]}}
    return plain | changes


_TWO = {"import_wh": [120.5, 0, 131], "export_wh": [0, 45.25, 0]}
_GAPS = {"import_wh": [None, 120, None, 130, None]}
_MARKS = {"ok": [0], "missing": [1], "estimated": [2, 3], "bad": [3, 4]}
#: Steps with starts an hour apart, for the step is no part of what tells two values apart.
_STEPS = [(step, YEAR_S + place * 3600) for place, step in enumerate([300, 600, 900, 1800, 3600])]
_LATE_S = YEAR_S - 40 * 86_400
_EDGE_ROWS: Rows = series("import_wh", OLDEST_S, 1800, [0, 125_000])
_EDGE_ROWS += series("export_wh", CLOCK_S, 300, [1], SECOND_METER)
_LONGEST = [place % 97 for place in range(1536)]
_MARKED = zip([5, 6, 7, 8, 9], ["ok", "missing", "estimated", "bad", "bad"], strict=True)
#: Batches in JSON.
JSON_BATCHES: Final[list[Made]] = [
    Made(
        "batch-json-minimal",
        "batch",
        as_json({"blocks": [block()]}),
        "The least that a batch can say: one meter, one register, two half-hours, no sequence",
        intervals=series("import_wh", YEAR_S, SLOT_S, [120, 130]),
    ),
    Made(
        "batch-json-two-registers",
        "batch",
        as_json({"sequence": 1, "blocks": [block(registers=_TWO)]}),
        "Two registers over the same three half-hours, with a fraction of a watt-hour",
        intervals=series("import_wh", YEAR_S, SLOT_S, _TWO["import_wh"])
        + series("export_wh", YEAR_S, SLOT_S, _TWO["export_wh"]),
    ),
    Made(
        "batch-json-gaps",
        "batch",
        as_json({"sequence": 2, "blocks": [block(registers=_GAPS)]}),
        "null is no value: nothing is stored for it and nothing is refused; times count on",
        intervals=series("import_wh", YEAR_S, SLOT_S, _GAPS["import_wh"]),
    ),
    Made(
        "batch-json-nothing-but-gaps",
        "batch",
        as_json({"sequence": 3, "blocks": [block(registers={"import_wh": [None, None]})]}),
        "A block may hold no value at all",
    ),
    Made(
        "batch-json-quality",
        "batch",
        as_json({"sequence": 4, "blocks": [block(registers={"import_wh": [5, 6, 7, 8, 9]}, quality=_MARKS)]}),
        "All four marks; where an index is marked twice, the worse mark counts",
        intervals=[
            [METER, "import_wh", mark, SLOT_S, YEAR_S + place * SLOT_S, value]
            for place, (value, mark) in enumerate(_MARKED)
        ],
    ),
    Made(
        "batch-json-every-step",
        "batch",
        as_json(
            {
                "sequence": 5,
                "blocks": [block(start=start, step_s=step, registers={"import_wh": [step]}) for step, start in _STEPS],
            }
        ),
        "One block for each step that there is: 5, 10, 15, 30 and 60 minutes, at starts of their own",
        intervals=[row for step, start in _STEPS for row in series("import_wh", start, step, [step])],
    ),
    Made(
        "batch-json-spring-day",
        "batch",
        as_json({"sequence": 6, "blocks": [block(start=SPRING_S, registers={"import_wh": SPRING})]}),
        "29 March 2026 in Europe/Paris: the local day has 46 half-hours",
        intervals=series("import_wh", SPRING_S, SLOT_S, SPRING),
    ),
    Made(
        "batch-json-autumn-day",
        "batch",
        as_json({"sequence": 7, "blocks": [block(start=AUTUMN_S, registers={"import_wh": AUTUMN})]}),
        "26 October 2025 in Europe/Paris: the local day has 50 half-hours",
        intervals=series("import_wh", AUTUMN_S, SLOT_S, AUTUMN),
    ),
    Made(
        "batch-json-several-meters",
        "batch",
        as_json({"sequence": 8, "blocks": [block(), block(meter=SECOND_METER), block(meter=THIRD_METER)]}),
        "Three meters behind one gateway",
        intervals=[
            row
            for meter in (METER, SECOND_METER, THIRD_METER)
            for row in series("import_wh", YEAR_S, SLOT_S, [120, 130], meter)
        ],
    ),
    Made(
        "batch-json-limits",
        "batch",
        as_json(
            {
                "sequence": 9007199254740991,
                "blocks": [
                    block(start=OLDEST_S, registers={"import_wh": [0, 125_000]}),
                    block(meter=SECOND_METER, start=CLOCK_S, step_s=300, registers={"export_wh": [1]}),
                ],
            }
        ),
        "Limits are inclusive: a start 1,096 days before the clock, 250 kW over a half-hour, an end 300 s ahead",
        intervals=_EDGE_ROWS,
    ),
    Made(
        "batch-json-longest",
        "batch",
        as_json({"sequence": 10, "blocks": [block(registers={"import_wh": _LONGEST})]}),
        "1,536 values, 32 days of half-hours, are the most that an array may have",
        intervals=series("import_wh", YEAR_S, SLOT_S, _LONGEST),
    ),
    Made(
        "batch-json-late",
        "batch",
        as_json({"sequence": 11, "blocks": [block(start=_LATE_S)]}),
        "Late is not wrong: values of half a year ago are stored",
        intervals=series("import_wh", _LATE_S, SLOT_S, [120, 130]),
    ),
    Made(
        "batch-json-reactive",
        "batch",
        as_json({"blocks": [block(registers={"reactive_import_varh": [7], "reactive_export_varh": [0]})]}),
        "Reactive energy has two registers as well",
        intervals=series("reactive_import_varh", YEAR_S, SLOT_S, [7])
        + series("reactive_export_varh", YEAR_S, SLOT_S, [0]),
    ),
    Made(
        "batch-json-largest-payload",
        "batch",
        b"",
        "1,048,576 bytes are the most that a payload may have: a minimal batch, padded with spaces",
        intervals=series("import_wh", YEAR_S, SLOT_S, [120, 130]),
        generate={"file": "valid/batch-json-minimal.json", "fill": " ", "bytes": 1_048_576},
    ),
]


def _cbor(
    name: str,
    description: str,
    registers: dict[int, object],
    intervals: Rows,
    marks: dict[int, object] | None = None,
) -> Made:
    content = {1: [{0: METER, 1: YEAR_S, 2: SLOT_S, 3: registers} | (marks or {})]}
    return Made(name, "batch", as_cbor({0: 12} | content), description, content_type=CBOR, intervals=intervals)


_NAN = math.nan
_MIXED = [0, 1, 255, 65536, 1.5, 100000.0, 0.1, None]
_AUTUMN = {1: [{0: METER, 1: AUTUMN_S, 2: SLOT_S, 3: {1: typed(70, AUTUMN)}}]}
#: Batches in CBOR.
CBOR_BATCHES: Final[list[Made]] = [
    _cbor(
        "batch-cbor-minimal",
        "The plainest batch in CBOR: integer keys, a plain array",
        {1: [120, 130]},
        series("import_wh", YEAR_S, SLOT_S, [120, 130]),
    ),
    _cbor(
        "batch-cbor-mixed-numbers",
        "A plain array may mix integers, floats of 16, 32 and 64 bits, and null",
        {1: _MIXED},
        series("import_wh", YEAR_S, SLOT_S, _MIXED),
    ),
    _cbor(
        "batch-cbor-uint32",
        "Typed array of unsigned 32-bit integers, little-endian (tag 70)",
        {1: typed(70, [0, 120, 125_000])},
        series("import_wh", YEAR_S, SLOT_S, [0, 120, 125_000]),
    ),
    _cbor(
        "batch-cbor-sint32",
        "Typed array of signed 32-bit integers, little-endian (tag 78)",
        {2: typed(78, [0, 120, 125_000])},
        series("export_wh", YEAR_S, SLOT_S, [0, 120, 125_000]),
    ),
    _cbor(
        "batch-cbor-float32",
        "Typed array of 32-bit floats, little-endian (tag 85); NaN is no value",
        {1: typed(85, [0.5, _NAN, 120.25])},
        series("import_wh", YEAR_S, SLOT_S, [0.5, None, 120.25]),
    ),
    _cbor(
        "batch-cbor-float64",
        "Typed array of 64-bit floats, little-endian (tag 86); NaN is no value; a plain array beside it",
        {1: typed(86, [0.1, _NAN, 120.3]), 2: [0, 0, 1]},
        series("import_wh", YEAR_S, SLOT_S, [0.1, None, 120.3]) + series("export_wh", YEAR_S, SLOT_S, [0, 0, 1]),
    ),
    _cbor(
        "batch-cbor-quality",
        "Quality marks by number: 2 is estimated",
        {1: typed(70, [5, 6])},
        series("import_wh", YEAR_S, SLOT_S, [5])
        + series("import_wh", YEAR_S + SLOT_S, SLOT_S, [6], METER, "estimated"),
        marks={4: {2: [1]}},
    ),
    Made(
        "batch-cbor-autumn-day",
        "batch",
        as_cbor(_AUTUMN),
        "26 October 2025 in Europe/Paris, 50 half-hours in 200 bytes of values",
        content_type=CBOR,
        intervals=series("import_wh", AUTUMN_S, SLOT_S, AUTUMN),
    ),
]
