"""The whole way of a payload that needs neither broker nor database, and what holds whatever goes in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from core.registers import REGISTERS, RegisterKind
from core.slots import INTERVAL_STEPS_S
from db.registry import DeviceEntry, GatewayEntry, Registry
from ingest.decode import REFUSAL_CODES
from ingest.directory import Directory
from ingest.judging import Judged, judge
from ingest.parcel import Message, Parcel
from ingest.plain import read_plain
from ingest.sparkplug.hearing import Hearing
from tests.firmware_specs.vectors import Vector, index, load_vectors

CODES = {code.code for code in REFUSAL_CODES}
SPANS = [register.register_id for register in REGISTERS if register.kind is RegisterKind.INTERVAL]


class Sent(NamedTuple):
    """A payload as it is published."""

    topic: str
    content_type: str | None
    payload: bytes


def seeds() -> dict[str, list[Sent]]:
    """Return the golden vectors that go up, by form: kind and content type. Without vectors no fuzzing."""
    found: dict[str, list[Sent]] = {}
    for vector in load_vectors():
        if len(vector.payload) < 4_000 and "topic_unknown" not in vector.refusals:
            sent = Sent(vector.topic, vector.content_type, vector.payload)
            found.setdefault(_form(vector), []).append(sent)
    return found


def _form(vector: Vector) -> str:
    return f"{'sparkplug ' if vector.is_sparkplug else ''}{vector.kind} {vector.content_type}"


def registry_of(context: dict[str, Any]) -> Registry:
    """Return the registry that the vectors are written for."""
    gateways: dict[str, GatewayEntry] = {}
    devices: dict[str, DeviceEntry] = {}
    for number, (name, gateway) in enumerate(context["gateways"].items(), 1):
        gateways[name] = GatewayEntry(number, gateway["shard"])
        for meter in gateway["meters"]:
            devices[meter] = DeviceEntry(len(devices) + 1, "meter", number, len(devices) + 1, 9_000)
    return Registry(gateways, devices)


class Nowhere:
    """Stand where a connection stands."""

    def acknowledge(self, packet_ids: object) -> None:
        """Do nothing."""


NOWHERE = Nowhere()


def _nobody(node: str) -> None:
    """Ask no node to be born again."""
    del node


class Way:
    """Take payloads from their topics to columns and refusals, as ingest does, and check the outcome."""

    def __init__(self) -> None:
        context = index()["context"]
        self._received_s: int = context["clock"]
        self._now = datetime.fromtimestamp(self._received_s, UTC)
        self._registry = registry_of(context)
        self._directory = Directory(self._registry)
        self._hearing = Hearing(_nobody)

    def take(self, batch: Sequence[Sent]) -> Judged:
        """Judge a batch in both ways; whatever a sender may not cause is an AssertionError, or escapes."""
        parcel = Parcel.of([Message(*sent, None, NOWHERE, self._received_s) for sent in batch])
        heard: dict[int, Any] = {}
        self._hearing.hear(enumerate(parcel), self._registry, heard)
        judged = judge(parcel, self._registry, self._now, heard)
        check(judged)
        plain = read_plain(parcel, self._directory)
        quick = judge(parcel, self._registry, self._now, heard, plain)
        assert outcome([quick]) == outcome([judged]), "the quick way says something else than the long way"
        return judged

    def agrees(self, batch: Sequence[Sent]) -> bool:
        """Tell whether payloads together come to what each comes to alone; nodes of Sparkplug have a memory."""
        stateless = [sent for sent in batch if not sent.topic.startswith("spBv1.0/")]
        return outcome([self.take(stateless)]) == outcome([self.take([sent]) for sent in stateless])


def outcome(parts: Sequence[Judged]) -> list[object]:
    """Return what is stored and refused, in a form that can be compared."""
    intervals = np.concatenate([np.column_stack(judged.intervals.arrays()) for judged in parts])
    readings = np.concatenate([np.column_stack(judged.readings.arrays()) for judged in parts])
    refusals = sorted((of.topic, of.code, of.refused_count) for judged in parts for of in judged.refusals)
    return [intervals.tolist(), readings.tolist(), refusals, sum(len(judged.contents) for judged in parts)]


def check(judged: Judged) -> None:
    """Check what holds for every outcome."""
    intervals, readings = judged.intervals, judged.readings
    for columns in (intervals, readings):
        assert np.isfinite(columns.value).all()
        assert np.isin(columns.quality, (0, 1, 2, 3)).all()
        assert not len(columns) or columns.usage_point_id.min() > 0
    assert np.isin(intervals.register_id, SPANS).all()
    assert not np.isin(readings.register_id, SPANS).any()
    assert np.isin(intervals.step_s, INTERVAL_STEPS_S).all()
    assert not (intervals.start_s % np.maximum(intervals.step_s, 1)).any()
    for refusal in judged.refusals:
        assert refusal.code in CODES
        assert refusal.refused_count >= 1
        assert refusal.reason.isascii()
        assert refusal.reason.isprintable()
