"""Checks on topics and on how messages are published, and that no point of delivery is in them."""

import re
from typing import Final

from core.errors import InputError
from core.identifiers import DEVICE_ID, UP_KINDS, parse_topic
from ingest.conformance.observation import Observation, Seen
from ingest.conformance.verdicts import Check, Finding, every, failed, not_seen, passed
from ingest.decode import MAX_PAYLOAD_BYTES, EventContent, MetaContent
from ingest.decode.many import FORMATS

_RETAINED: Final = frozenset({"meta", "state"})
_PRM: Final = re.compile(rb"(?<!\d)\d{14}(?!\d)")
_MESSAGES: Final = "messages"


def _shard(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        level = message.topic.split("/")[2]
        return None if level == str(seen.shard) else f"{message} is in shard {level}; the gateway's is {seen.shard}"

    return every(seen.messages, fault, of=_MESSAGES)


def _kinds(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        try:
            parse_topic(message.topic)
        except InputError:
            return f"{message.topic} is no topic that a gateway publishes to"
        return None

    return every(seen.messages, fault, of=_MESSAGES)


def _qos(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        return None if message.qos == 1 else f"{message} came with QoS {message.qos}"

    return every(seen.messages, fault, of=_MESSAGES)


def _retained(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        wanted = message.kind in _RETAINED
        if message.retain == wanted:
            return None
        return f"{message} is not retained" if wanted else f"{message} is retained"

    return every(seen.messages, fault, of=_MESSAGES)


def _content_type(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        offered = [content_type for kind, content_type in FORMATS if kind == message.kind and content_type]
        if not offered or message.content_type in offered:
            return None
        return f"{message} says Content Type {message.content_type!r}; {' or '.join(offered)} is wanted"

    return every(seen.messages, fault, of=_MESSAGES)


def _size(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        return None if len(message.payload) <= MAX_PAYLOAD_BYTES else f"{message} is too large"

    return every(seen.messages, fault, of=_MESSAGES)


def _prm(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        if _PRM.search(message.topic.encode()):
            return "a topic holds fourteen digits: a point of delivery is personal data"
        found = _PRM.search(message.payload)
        where = f"{message.kind} payload, from byte {found.start()} on" if found else ""
        return f"fourteen digits stand in the {where}: a point of delivery is personal data" if found else None

    return every(seen.messages, fault, of=_MESSAGES)


def _names(seen: Observation) -> Finding:
    names = sorted({name for message in seen.messages for name in _named(message)})
    return every(names, lambda name: None if DEVICE_ID.fullmatch(name) else f"{name!r} is no name", of="names")


def _named(message: Seen) -> list[str]:
    decoded, content = message.decoded, message.content
    names = [*decoded.intervals.devices, *decoded.readings.devices]
    if isinstance(content, MetaContent):
        names += [*content.meters, *(resource.resource for resource in content.resources)]
    if isinstance(content, EventContent):
        names += [report.resource for report in content.said]
    return names


def _speaks(seen: Observation) -> Finding:
    if any(not message.is_kept and message.kind in UP_KINDS for message in seen.messages):
        return passed(f"{len(seen.messages)} messages")
    if seen.messages:
        return not_seen("only what the broker had kept; nothing was published while the bench watched")
    hint = f"nothing came below somel/v1/+/{seen.gateway}/"
    return failed(f"{hint}, though it connected") if seen.connects else not_seen(hint)


TRANSPORT: Final = (
    Check("topic.speaks", "Topics", "The gateway publishes below its own name.", _speaks),
    Check("topic.shard", "Names", "Topics carry the shard that the gateway's name gives.", _shard),
    Check("topic.kind", "Topics", "Topics are those of the table, directed up.", _kinds),
    Check("publish.qos", "Connecting", "Everything is published with QoS 1.", _qos),
    Check("publish.retained", "Topics", "meta and state are retained, nothing else is.", _retained),
    Check("publish.content_type", "Topics", "Every message says a Content Type of its kind.", _content_type),
    Check("publish.size", "Encodings", "A payload has 1,048,576 bytes at most.", _size),
    Check("names.form", "Names", "Names of meters and resources have the form stated.", _names),
    Check("names.no_prm", "Names", "A PRM never leaves the meter.", _prm),
)
