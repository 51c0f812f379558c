"""Live messages that are in order."""

import math
from typing import Final

from tests.firmware_specs.making.vector import (
    CBOR,
    CLOCK_S,
    METER,
    OLDEST_S,
    SECOND_METER,
    THIRD_METER,
    YEAR_S,
    Made,
    as_cbor,
    as_json,
    typed,
)

AT_S = YEAR_S + 61


def live(**changes: object) -> dict[str, object]:
    """Return the plainest live content, changed."""
    return {"at": AT_S, "meters": [METER], "registers": {"power_w": [532.0]}} | changes


def _made(name: str, content: dict[str, object], description: str, readings: list[list[str | int | float]]) -> Made:
    return Made(name, "live", as_json(content), description, readings=readings)


_THREE = [METER, SECOND_METER, THIRD_METER]
_EDGES = {
    "power_w": [-250_000, 250_000],
    "voltage_v": [0, 500],
    "frequency_hz": [45, 55],
    "current_a": [0, 1000],
}
#: Live messages in JSON.
JSON_LIVES: Final[list[Made]] = [
    _made(
        "live-json-minimal",
        live(),
        "One meter's power at one instant, which need not lie on any grid",
        [[METER, "power_w", "ok", AT_S, 532.0]],
    ),
    _made(
        "live-json-export",
        live(sequence=20, registers={"power_w": [-1830.5], "voltage_v": [236.4]}, quality={}),
        "Power into the usage point is positive, so a roof that feeds in shows a negative power",
        [[METER, "power_w", "ok", AT_S, -1830.5], [METER, "voltage_v", "ok", AT_S, 236.4]],
    ),
    _made(
        "live-json-several-meters",
        live(
            sequence=21,
            meters=_THREE,
            registers={"power_w": [100, None, 300], "voltage_v": [230, 231, None]},
        ),
        "Every array follows the list of meters; null where a meter said nothing",
        [
            [METER, "power_w", "ok", AT_S, 100],
            [THIRD_METER, "power_w", "ok", AT_S, 300],
            [METER, "voltage_v", "ok", AT_S, 230],
            [SECOND_METER, "voltage_v", "ok", AT_S, 231],
        ],
    ),
    _made(
        "live-json-indexes",
        live(sequence=22, registers={"import_index_wh": [123456789], "export_index_wh": [0]}),
        "Index registers, which only grow, are read at an instant as well",
        [[METER, "import_index_wh", "ok", AT_S, 123456789], [METER, "export_index_wh", "ok", AT_S, 0]],
    ),
    _made(
        "live-json-quality",
        live(sequence=23, meters=_THREE[:2], registers={"power_w": [1, 2]}, quality={"bad": [1]}),
        "A quality mark counts for one meter in all its registers",
        [[METER, "power_w", "ok", AT_S, 1], [SECOND_METER, "power_w", "bad", AT_S, 2]],
    ),
    _made(
        "live-json-limits",
        live(at=CLOCK_S + 300, meters=_THREE[:2], registers=_EDGES),
        "Limits are inclusive, and 300 s ahead of the clock is not yet the future",
        [
            [meter, register, "ok", CLOCK_S + 300, values[place]]
            for register, values in _EDGES.items()
            for place, meter in enumerate(_THREE[:2])
        ],
    ),
    _made(
        "live-json-oldest",
        live(at=OLDEST_S),
        "1,096 days before the clock is not yet too old",
        [[METER, "power_w", "ok", OLDEST_S, 532.0]],
    ),
]


_PLAIN = {0: 24, 1: AT_S, 2: [METER], 3: {21: [532], 23: [231.2]}, 4: {}}
_SIGNED = {1: AT_S, 2: [METER, SECOND_METER], 3: {21: typed(78, [-1830, 532])}, 4: {2: [0]}}
_FLOATS = {
    1: AT_S,
    2: [METER, SECOND_METER],
    3: {23: typed(85, [230.5, math.nan]), 11: typed(86, [1e12, 0.0])},
}
#: Live messages in CBOR.
CBOR_LIVES: Final[list[Made]] = [
    Made(
        "live-cbor-plain",
        "live",
        as_cbor(_PLAIN),
        "Registers by number: 21 is power_w, 23 is voltage_v",
        content_type=CBOR,
        readings=[[METER, "power_w", "ok", AT_S, 532], [METER, "voltage_v", "ok", AT_S, 231.2]],
    ),
    Made(
        "live-cbor-sint32",
        "live",
        as_cbor(_SIGNED),
        "Typed array of signed integers, and an estimated value",
        content_type=CBOR,
        readings=[
            [METER, "power_w", "estimated", AT_S, -1830],
            [SECOND_METER, "power_w", "ok", AT_S, 532],
        ],
    ),
    Made(
        "live-cbor-floats",
        "live",
        as_cbor(_FLOATS),
        "Typed arrays of 32-bit and 64-bit floats; NaN where a meter said nothing; an index at its limit",
        content_type=CBOR,
        readings=[
            [METER, "voltage_v", "ok", AT_S, 230.5],
            [METER, "import_index_wh", "ok", AT_S, 1e12],
            [SECOND_METER, "import_index_wh", "ok", AT_S, 0.0],
        ],
    ),
]
