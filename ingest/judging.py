"""From messages to what is written: routed, decoded and judged, each value stored or refused once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
from ingest.parcel import Message
from ingest.plain import Plain
from ingest.plausibility import judge_intervals, judge_readings
from ingest.routing import Heard, route
from ingest.together import together

_DOUBTFUL: Final = frozenset(
    {"gateway_unknown", "gateway_quarantined", "shard_wrong", "device_unknown", "device_foreign", "device_unnamed"}
)


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
    messages: Sequence[Message],
    registry: Registry,
    now: datetime,
    heard: Heard = MappingProxyType({}),
    plain: Plain | None = None,
) -> Judged:
    """Route, decode and check messages against a registry at a time.

    Parameters
    ----------
    messages : sequence of Message
        Messages in the order received.
    registry : Registry
        Who is known.
    now : datetime
        Time to judge past and future by.
    heard : mapping of int to Foreign or InputError, optional
        By position, what Sparkplug nodes said.
    plain : Plain, optional
        What was read of them the quick way; the others go the long way.
    """
    routed = route(rest_of(messages, plain), registry, heard)
    decoded = decode_many(routed.decodable)
    at = np.array(routed.positions, np.int32)
    sender, sequence = np.full(len(messages), -1, np.int32), np.full(len(messages), -1, np.int64)
    if plain is not None:
        sender, sequence = plain.gateway_id, plain.sequence
    sender[at], sequence[at] = routed.gateway_ids, decoded.sequence
    intervals = replace(decoded.intervals, message=at[decoded.intervals.message])
    readings = replace(decoded.readings, message=at[decoded.readings.message])
    if plain is not None:
        intervals = together([*plain.intervals, intervals], registry)
        readings = together([*plain.readings, readings], registry)
    stored_intervals, interval_refusals = judge_intervals(intervals, sender, registry, now)
    stored_readings, reading_refusals = judge_readings(readings, sender, registry, now)
    index = {position: of for of, position in enumerate(routed.positions)}
    refused = {(refusal.message, refusal.code) for refusal in decoded.refusals}
    refused |= {(index.get(fault.message, -1), fault.code) for fault in (*interval_refusals, *reading_refusals)}
    labels = judge_labels(decoded.labels, sender[at], registry, now, refused)
    refusals = [refuse(messages[refusal.message], refusal) for refusal in routed.refusals]
    refusals += [refuse(messages[refusal.message], refusal) for refusal in (*interval_refusals, *reading_refusals)]
    refusals += [
        refuse(messages[routed.positions[refusal.message]], refusal)
        for refusal in (*decoded.refusals, *labels.refusals)
    ]
    contents = [
        Content(messages[routed.positions[at]], routed.gateway_ids[at], routed.gateway_names[at], content)
        for at, content in (*decoded.contents, *labels.contents)
    ]
    return Judged(messages, stored_intervals, stored_readings, contents, refusals, sender, sequence)


def rest_of(messages: Sequence[Message], plain: Plain | None) -> Iterable[tuple[int, Message]]:
    """Return position and message of all that were not read the quick way."""
    return enumerate(messages) if plain is None else ((at, messages[at]) for at in plain.declined)


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
