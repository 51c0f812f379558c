"""The platform's own formats: batch and live in JSON and CBOR, and the kinds that are few, in JSON."""

from ingest.decode.cbor import read_batch, read_live
from ingest.decode.columns import Message
from ingest.decode.decoding import Decoding, Format
from ingest.decode.json_text import read_json
from ingest.decode.judging import gather_batch, gather_live
from ingest.decode.low_rate import JSON_DECODERS
from ingest.decode.shapes import BATCH_JSON, LIVE_JSON


def batch_json(decoding: Decoding, index: int, message: Message) -> int | None:
    """Take a ``batch`` in JSON."""
    content = read_json(BATCH_JSON, message.payload)
    gather_batch(decoding.intervals, decoding.faults, index, content)
    return content.sequence


def batch_cbor(decoding: Decoding, index: int, message: Message) -> int | None:
    """Take a ``batch`` in CBOR."""
    content = read_batch(message.payload)
    gather_batch(decoding.intervals, decoding.faults, index, content)
    return content.sequence


def live_json(decoding: Decoding, index: int, message: Message) -> int | None:
    """Take a ``live`` in JSON."""
    content = read_json(LIVE_JSON, message.payload)
    gather_live(decoding.readings, decoding.faults, index, content)
    return content.sequence


def live_cbor(decoding: Decoding, index: int, message: Message) -> int | None:
    """Take a ``live`` in CBOR."""
    content = read_live(message.payload)
    gather_live(decoding.readings, decoding.faults, index, content)
    return content.sequence


def low_rate(kind: str) -> Format:
    """Return the format of an ``event``, ``answer``, ``meta`` or ``state``."""
    decoder = JSON_DECODERS[kind]

    def take(decoding: Decoding, index: int, message: Message) -> int | None:
        content = read_json(decoder, message.payload)
        decoding.contents.append((index, content))
        return content.sequence

    return take
