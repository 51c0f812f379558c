"""Live messages of which something is refused."""

from typing import Final

from tests.firmware_specs.making.live_valid import AT_S, live
from tests.firmware_specs.making.vector import (
    CBOR,
    CLOCK_S,
    FOREIGN_METER,
    METER,
    OLDEST_S,
    SECOND_METER,
    Made,
    Rows,
    as_cbor,
    as_json,
    typed,
)

KEPT: Rows = [[METER, "power_w", "ok", AT_S, 532.0]]


def _json(
    name: str,
    content: dict[str, object],
    description: str,
    refusals: dict[str, int],
    readings: Rows | None = None,
    *,
    conforms: bool = True,
) -> Made:
    return Made(
        name,
        "live",
        as_json(content),
        description,
        readings=readings or [],
        refusals=refusals,
        conforms=conforms and "payload_invalid" not in refusals,
    )


_TWO, _POWER = [METER, SECOND_METER], [532.0]
_REGISTERS = {"power_w": _POWER, "import_wh": [1], "phase_moon": [0.5]}
_EDGES = {"power_w": [532.0, 250_000.5], "voltage_v": [-0.1, None], "frequency_hz": [44.9, -50]}
_WRONG = {"payload_invalid": 1}
#: Live messages refused in part or whole.
LIVES: Final[list[Made]] = [
    _json(
        "live-length-mismatch",
        live(meters=_TWO, registers={"power_w": [1, 2], "voltage_v": [1]}),
        "An array that does not follow the meters spoils the message",
        {"length_mismatch": 3},
    ),
    _json(
        "live-registers",
        live(registers=_REGISTERS),
        "An interval register and one that there is not",
        {"register_wrong_kind": 1, "register_unknown": 1},
        KEPT,
        conforms=False,
    ),
    _json(
        "live-devices",
        live(meters=[METER, "m-999999", FOREIGN_METER], registers={"power_w": [532.0, 1, 2]}),
        "One meter known, one not, one of another gateway",
        {"device_unknown": 1, "device_foreign": 1},
        KEPT,
    ),
    _json("live-time-1970", live(at=61), "A clock that was never set", {"time_too_old": 1}),
    _json("live-time-too-old", live(at=OLDEST_S - 1), "1,096 days and a second", {"time_too_old": 1}),
    _json("live-time-in-future", live(at=CLOCK_S + 301), "301 s ahead of the clock", {"time_in_future": 1}),
    _json(
        "live-values",
        live(meters=_TWO, registers=_EDGES),
        "Too much power, a negative voltage, a frequency too low and a negative one",
        {"value_out_of_range": 2, "value_negative": 2},
        KEPT,
    ),
    _json(
        "live-index-negative",
        live(registers={"power_w": _POWER, "import_index_wh": [-1]}),
        "An index begins at 0",
        {"value_negative": 1},
        KEPT,
    ),
    _json(
        "live-quality-unknown",
        live(meters=_TWO, registers={"power_w": [532.0, 2]}, quality={"fine": [1]}),
        "The mark is no quality",
        {"quality_unknown": 1},
        KEPT,
        conforms=False,
    ),
    _json(
        "live-no-meters",
        live(meters=[], registers={"power_w": []}),
        "A live message names one meter at least",
        _WRONG,
    ),
    _json("live-no-time", {"meters": [METER], "registers": {"power_w": [1]}}, "An instant without its time", _WRONG),
    Made(
        "live-cbor-length-mismatch",
        "live",
        as_cbor({1: AT_S, 2: _TWO, 3: {21: typed(78, [1])}}),
        "One value for two meters",
        content_type=CBOR,
        refusals={"length_mismatch": 1},
    ),
    Made(
        "live-cbor-wrong-kind",
        "live",
        as_cbor({1: AT_S, 2: [METER], 3: {21: [532], 1: [7]}}),
        "Register 1 is import_wh, which comes in blocks",
        content_type=CBOR,
        conforms=False,
        readings=KEPT,
        refusals={"register_wrong_kind": 1},
    ),
    Made(
        "live-cbor-meter-number",
        "live",
        as_cbor({1: AT_S, 2: [1], 3: {21: [1]}}),
        "Meters have names",
        content_type=CBOR,
        conforms=False,
        refusals=_WRONG,
    ),
]
