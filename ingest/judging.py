"""From messages to what is written: routed, decoded and judged, each value stored or refused once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from db.columns import IntervalColumns, ReadingColumns
from db.registry import Registry
from db.writing import Refusal
from ingest.decode import LowRateContent, MessageRefusal, decode_many
from ingest.labels import LabelsContent, judge_labels
from ingest.plausibility import judge_intervals, judge_readings
from ingest.routing import Heard, route
from ingest.session import Message

_DOUBTFUL: Final = frozenset({"gateway_unknown", "shard_wrong", "device_unknown", "device_foreign", "device_unnamed"})


@dataclass(frozen=True, slots=True)
class Content:
    """The content of an event, answer, meta or state message, or labels of devices, with message and gateway."""

    message: Message
    gateway_id: int
    gateway_name: str
    content: LowRateContent | LabelsContent


@dataclass(frozen=True, slots=True)
class Judged:
    """What a number of messages hold, ready to be written.

    Attributes
    ----------
    messages : sequence of Message
        The messages, in the order received.
    intervals, readings : IntervalColumns, ReadingColumns
        Values that can be stored.
    contents : list of Content
        What is no measured value.
    refusals : list of Refusal
        One for each message and code.
    gateway_id : ndarray, shape (message,), int32
        Gateway that sent each message; -1 where nobody registered did.
    sequence : ndarray, shape (message,), int64
        Number that the gateway gave each message; -1 where there is none or the message was refused as a whole.
    """

    messages: Sequence[Message]
    intervals: IntervalColumns
    readings: ReadingColumns
    contents: list[Content]
    refusals: list[Refusal]
    gateway_id: npt.NDArray[np.int32]
    sequence: npt.NDArray[np.int64]

    def doubts(self) -> set[tuple[str, str]]:
        """Return topic and code of what was refused and a newer registry may know."""
        return {(refusal.topic, refusal.code) for refusal in self.refusals if refusal.code in _DOUBTFUL}

    @property
    def value_count(self) -> int:
        """Values received: those to store and those refused."""
        refused = sum(refusal.refused_count for refusal in self.refusals)
        return len(self.intervals.value) + len(self.readings.value) + refused


def judge(
    messages: Sequence[Message], registry: Registry, now: datetime, heard: Heard = MappingProxyType({})
) -> Judged:
    """Route, decode and check messages against a registry at a time; `heard` is what Sparkplug nodes said."""
    routed = route(messages, registry, heard)
    decoded = decode_many(routed.decodable)
    gateway_id = np.array(routed.gateway_ids, np.int32)
    intervals, interval_refusals = judge_intervals(decoded.intervals, gateway_id, registry, now)
    readings, reading_refusals = judge_readings(decoded.readings, gateway_id, registry, now)
    faults = [*decoded.refusals, *interval_refusals, *reading_refusals]
    refused = {(refusal.message, refusal.code) for refusal in faults}
    labels = judge_labels(decoded.labels, gateway_id, registry, now, refused)
    refusals = [refuse(messages[refusal.message], refusal) for refusal in routed.refusals]
    refusals += [
        refuse(messages[routed.positions[refusal.message]], refusal) for refusal in (*faults, *labels.refusals)
    ]
    contents = [
        Content(messages[routed.positions[at]], routed.gateway_ids[at], routed.gateway_names[at], content)
        for at, content in (*decoded.contents, *labels.contents)
    ]
    sender, sequence = np.full(len(messages), -1, np.int32), np.full(len(messages), -1, np.int64)
    sender[routed.positions], sequence[routed.positions] = gateway_id, decoded.sequence
    return Judged(messages, intervals, readings, contents, refusals, sender, sequence)


def refuse(message: Message, refusal: MessageRefusal) -> Refusal:
    """Return the row that keeps a refusal."""
    return Refusal(
        topic=message.topic,
        content_type=message.content_type,
        code=refusal.code,
        reason=refusal.reason,
        refused_count=refusal.count,
        payload=message.payload,
    )
