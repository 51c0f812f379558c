"""Sparkplug B: births, data and deaths of an edge node, in order and not."""

from dataclasses import replace
from typing import Any, Final

from tests.firmware_specs.making.sparkplug_payload import (
    BOOLEAN,
    DATASET,
    DOUBLE,
    FLOAT,
    INT16,
    INT64,
    STRING,
    UINT32,
    UINT64,
    Metric,
    field,
    payload,
)
from tests.firmware_specs.making.vector import CLOCK_S, FOREIGN_METER, GATEWAY, METER, Made, Rows

NOW_MS = CLOCK_S * 1000
ONLINE, OFFLINE = {"status": "online"}, {"status": "offline"}
_SECOND_GATEWAY = "gw-0002"

_BD_SEQ = Metric(7, INT64, "bdSeq", at_ms=NOW_MS)
_REBIRTH = Metric(value=False, datatype=BOOLEAN, name="Node Control/Rebirth", at_ms=NOW_MS)
_NODE = payload(NOW_MS, 0, _BD_SEQ, _REBIRTH)
_DEFINED = (
    Metric(532.5, DOUBLE, "power_w", 1, NOW_MS),
    Metric(12_345, UINT64, "import_index_wh", 2, NOW_MS, unit="kWh"),
    Metric(230.5, FLOAT, "Voltage", 3, NOW_MS, unit="V"),
    Metric("Acme", STRING, "Properties/Hardware Make", 4, NOW_MS),
)
_BORN = ("sparkplug-node-birth", "sparkplug-device-birth")


def _row(
    register: str, value: float, at_s: int = CLOCK_S, meter: str = METER, quality: str = "ok"
) -> list[str | int | float]:
    return [meter, register, quality, at_s, value]


_BIRTH_ROWS = [_row("power_w", 532.5), _row("import_index_wh", 12_345_000), _row("voltage_v", 230.5)]


def _node(kind: str, name: str, sent: bytes, text: str, gateway: str = GATEWAY, **more: Any) -> Made:
    made = Made(f"sparkplug-{name}", kind, sent, text, content_type=None, topic=f"spBv1.0/somel/{kind}/{gateway}")
    return replace(made, **more)


def _device(kind: str, name: str, sent: bytes, text: str, meter: str = METER, **more: Any) -> Made:
    made = _node(kind, name, sent, text, **more)
    return replace(made, topic=f"{made.topic}/{meter}")


def _data(name: str, text: str, *metrics: Metric, readings: Rows | None = None, seq: int = 2, **more: Any) -> Made:
    """Return data of the device after its birth."""
    content = payload(NOW_MS, seq, *metrics)
    return _device("DDATA", name, content, text, readings=readings or [], after=_BORN, **more)


#: What edge nodes publish that is in order.
VALID: Final[list[Made]] = [
    _node("NBIRTH", "node-birth", _NODE, "An edge node, which is a gateway, is born", content=ONLINE),
    _device(
        "DBIRTH",
        "device-birth",
        payload(NOW_MS, 1, *_DEFINED),
        "A device, which is a meter, is born: names, aliases, units and first values",
        readings=_BIRTH_ROWS,
        after=_BORN[:1],
    ),
    _data(
        "data-by-alias",
        "Data by alias and without data type, at the metrics' own times; a null is no value",
        Metric(-1_830.25, DOUBLE, alias=1, at_ms=NOW_MS - 60_999, tells_type=False, is_historical=True),
        Metric(None, UINT64, alias=2, at_ms=NOW_MS),
        readings=[_row("power_w", -1_830.25, CLOCK_S - 61)],
    ),
    _data(
        "data-by-name",
        "Data by name; without a time of its own a metric has the payload's; a quality code that is not 192 is bad",
        Metric(12_346, UINT64, "import_index_wh"),
        Metric(199.0, FLOAT, "Voltage", quality=0),
        readings=[_row("import_index_wh", 12_346_000), _row("voltage_v", 199, quality="bad")],
    ),
    _data(
        "data-unknown-fields",
        "Fields that the specification does not name are skipped",
        Metric(40.0, DOUBLE, alias=1),
        readings=[_row("power_w", 40)],
    ),
    _node(
        "NBIRTH",
        "node-metrics",
        payload(NOW_MS, 0, _BD_SEQ, Metric(-300, INT16, "1-0:16.7.0"), Metric(231, UINT32, "voltage_v")),
        "Metrics of the node itself are those of its only meter; a register may be called by its OBIS code",
        gateway=_SECOND_GATEWAY,
        content=ONLINE,
        readings=[_row("power_w", -300, meter=FOREIGN_METER), _row("voltage_v", 231, meter=FOREIGN_METER)],
    ),
    _device("DDEATH", "device-death", payload(NOW_MS, 2), "A meter is no longer there", after=_BORN),
    _node("NDEATH", "node-death", payload(NOW_MS, None, _BD_SEQ), "The last will", after=_BORN, content=OFFLINE),
]
VALID[4] = replace(VALID[4], payload=VALID[4].payload + field(4, b"uuid") + field(100, 1))


def _born(name: str, text: str, refusals: dict[str, int], *metrics: Metric, **more: Any) -> Made:
    """Return a birth of the device."""
    return _device("DBIRTH", name, payload(NOW_MS, 1, *metrics), text, refusals=refusals, after=_BORN[:1], **more)


_GOOD = Metric(540.0, DOUBLE, "power_w", 1)
_GOOD_ROW = [_row("power_w", 540)]
#: What they publish that is refused, whole or in part.
INVALID: Final[list[Made]] = [
    _device("DDATA", "data-unborn", payload(NOW_MS, 2, _GOOD), "Nobody was born", refusals={"birth_missing": 1}),
    _device(
        "DDATA",
        "data-device-unborn",
        payload(NOW_MS, 1, _GOOD),
        "The node was born, its device was not",
        refusals={"birth_missing": 1},
        after=_BORN[:1],
    ),
    _data("data-after-a-gap", "Message 2 has not come", _GOOD, seq=3, refusals={"sequence_gap": 1}),
    _node(
        "NDEATH",
        "death-of-an-earlier-birth",
        payload(NOW_MS, None, replace(_BD_SEQ, value=6)),
        "A last will that arrives after the node was born again",
        refusals={"death_outdated": 1},
        after=_BORN,
    ),
    _data(
        "data-undefined",
        "One alias was not given at birth; the other metric is kept",
        _GOOD,
        Metric(1.0, DOUBLE, alias=99),
        readings=_GOOD_ROW,
        refusals={"metric_undefined": 1},
    ),
    _data(
        "data-of-other-types",
        "A data set, and a value in another type than was given at birth; the other metric is kept",
        _GOOD,
        Metric(b"", DATASET, "import_index_wh"),
        Metric("230", STRING, "Voltage", tells_type=False),
        readings=_GOOD_ROW,
        refusals={"metric_unreadable": 2},
    ),
    _born(
        "birth-units-and-names",
        "A unit of another quantity, a name that is no register, a register of interval kind",
        {"unit_unknown": 1, "register_unknown": 1, "register_wrong_kind": 1},
        _GOOD,
        Metric(0.7, DOUBLE, "voltage_v", 2, unit="hp"),
        Metric(20.0, DOUBLE, "Temperature", 3),
        Metric(120, UINT64, "import_wh", 4),
        readings=_GOOD_ROW,
    ),
    _born("birth-foreign", "The meter is another gateway's", {"device_foreign": 1}, _GOOD, meter=FOREIGN_METER),
    _node(
        "NBIRTH",
        "node-metrics-unnamed",
        payload(NOW_MS, 0, _BD_SEQ, _GOOD),
        "The gateway has three meters, and the metric names none",
        content=ONLINE,
        refusals={"device_unnamed": 1},
    ),
    _node("NBIRTH", "truncated", _NODE[:-3], "The end is missing", refusals={"payload_malformed": 1}),
    _node("NBIRTH", "without-seq", payload(NOW_MS, None, _BD_SEQ), "No sequence", refusals={"payload_invalid": 1}),
    _node("NBIRTH", "stranger", _NODE, "No such gateway", gateway="gw-9999", refusals={"gateway_unknown": 1}),
    _device("NDATA", "topic", _NODE, "Data of a node name no device", refusals={"topic_unknown": 1}),
]
