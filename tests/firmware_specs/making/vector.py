"""What a golden vector is while it is made."""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import cbor2

from core.identifiers import DOWN_KINDS, UP_KINDS

#: 2026-06-01T12:00:00Z, the clock that all vectors are judged at. [s]
CLOCK_S = 1_780_315_200
#: The earliest time that is not too old at that clock, 1,096 days before it: 2023-06-01T12:00:00Z. [s]
OLDEST_S = 1_685_620_800
#: 2026-01-01T00:00:00Z. [s]
YEAR_S = 1_767_225_600
SLOT_S = 1_800

GATEWAY, QUARANTINED = "gw-0001", "gw-0004"
METER, SECOND_METER, THIRD_METER = "m-000001", "m-000002", "m-000003"
FOREIGN_METER = "m-000101"
#: Linky meters: of one phase in standard mode, of three in historic mode, and another gateway's.
LINKY, OLD_LINKY, FOREIGN_LINKY = "021976000001", "041776000002", "021976000101"
COMMAND = "3f0c8a52-6a0e-4c1e-9d5b-0d6f7a2b9c11"
OFFER = "7a1d1c0e-2b7f-4a43-8d0a-5d6f0a9c3e21"

JSON, CBOR = "application/json", "application/cbor"
TIC, SENML_JSON, SENML_CBOR = "application/vnd.somel.tic", "application/senml+json", "application/senml+cbor"
#: Content types of forms that others describe.
UNDESCRIBED = (TIC, SENML_JSON, SENML_CBOR)

CONTEXT = {
    "clock": CLOCK_S,
    "shards": 4,
    "gateways": {
        GATEWAY: {
            "shard": 1,
            "meters": [METER, SECOND_METER, THIRD_METER, LINKY, OLD_LINKY],
            "resources": {
                "ev-000001": {"kind": "ev_charger", "rated_power_w": 7400},
                "wh-000001": {"kind": "water_heater", "rated_power_w": 2200},
                "bat-000001": {"kind": "battery", "rated_power_w": 5000},
                "hp-000001": {"kind": "heat_pump", "rated_power_w": 2500},
            },
            "commands": [COMMAND],
            "offers": [OFFER],
        },
        "gw-0002": {"shard": 0, "meters": [FOREIGN_METER], "resources": {}, "commands": [], "offers": []},
        "gw-0003": {"shard": 3, "meters": [FOREIGN_LINKY], "resources": {}, "commands": [], "offers": []},
        QUARANTINED: {
            "shard": 2,
            "meters": ["m-000201"],
            "resources": {},
            "commands": [],
            "offers": [],
            "quarantined": True,
        },
    },
}

Row = list[str | int | float]
Rows = list[Row]
#: Meter, label, text, instant [s].
Labels = list[list[str | int]]


@dataclass(frozen=True)
class Made:
    """One vector: a message and what comes of it."""

    name: str
    kind: str
    payload: bytes
    description: str
    content_type: str | None = JSON
    topic: str = ""
    conforms: bool = True
    intervals: Rows = field(default_factory=list)
    readings: Rows = field(default_factory=list)
    content: object = None
    refusals: dict[str, int] = field(default_factory=dict)
    generate: dict[str, str | int] | None = None
    device: dict[str, object] | None = None
    after: tuple[str, ...] = ()
    labels: Labels = field(default_factory=list)

    @property
    def is_foreign(self) -> bool:
        """Whether it is of another maker's format."""
        return self.kind not in (*UP_KINDS, *DOWN_KINDS)

    @property
    def is_described(self) -> bool:
        """Whether a schema or the CDDL describes such payloads."""
        return not self.is_foreign and self.content_type not in UNDESCRIBED


def as_json(content: object) -> bytes:
    """Return a payload as people write it: one line, spaces after commas."""
    return json.dumps(content).encode() + b"\n"


def as_cbor(content: object) -> bytes:
    """Return a payload in CBOR of definite lengths, shortest exact form."""
    return cbor2.dumps(content, canonical=True)


def typed(tag: int, values: Sequence[float]) -> cbor2.CBORTag:
    """Return an RFC 8746 typed array, little-endian: 70 uint32, 78 sint32, 85 float32, 86 float64."""
    letter = {70: "I", 78: "i", 85: "f", 86: "d"}[tag]
    return cbor2.CBORTag(tag, struct.pack(f"<{len(values)}{letter}", *values))


def series(
    register: str, start: int, step_s: int, values: Sequence[float | None], meter: str = METER, quality: str = "ok"
) -> Rows:
    """Return the rows that one array of a block stands for; None is no row."""
    return [
        [meter, register, quality, step_s, start + place * step_s, value]
        for place, value in enumerate(values)
        if value is not None
    ]
