"""Payloads without a broker: the formats by name, told apart by what is in them, and what they mean."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from core.errors import InputError
from ingest.decode.bench import shelly_at_bench, sparkplug_at_bench
from ingest.decode.columns import Decoded, Message
from ingest.decode.decoding import Decoding
from ingest.decode.foreign import Foreign
from ingest.decode.many import CBOR, JSON, MAX_PAYLOAD_BYTES, SENML_CBOR, SENML_JSON, TIC, decode_many

#: Faults that a payload of another format has, too.
_OTHER_FORMAT: Final = frozenset({"payload_malformed", "payload_invalid", "payload_too_large"})
_STX: Final = b"\x02"


@dataclass(frozen=True, slots=True)
class PayloadFormat:
    """A format: what it is called in a sentence, and what reads a payload received at an instant, epoch [s]."""

    title: str
    read: Callable[[bytes, int], Decoded]


def _as(kind: str, content_type: str) -> Callable[[bytes, int], Decoded]:
    return lambda payload, received_s: decode_many([Message(kind, content_type, payload, received_s=received_s)])


def _foreign(read: Callable[[bytes, int], Foreign]) -> Callable[[bytes, int], Decoded]:
    def decoded(payload: bytes, received_s: int) -> Decoded:
        decoding = Decoding(1)
        try:
            decoding.take_foreign(0, read(payload[: MAX_PAYLOAD_BYTES + 1], received_s))
        except InputError as error:
            decoding.faults.refuse(0, error)
        return decoding.finish()

    return decoded


def _tic(payload: bytes, received_s: int) -> Decoded:
    """Read frames, or a capture of a serial line that is longer than any message."""
    return decode_many([Message("live", TIC, part, received_s=received_s) for part in _parts(payload)])


def _parts(capture: bytes) -> Iterator[bytes]:
    """Yield a capture in parts that messages can have, cut before a frame."""
    first = 0
    while len(capture) - first > MAX_PAYLOAD_BYTES:
        cut = capture.rfind(_STX, first + 1, first + MAX_PAYLOAD_BYTES)
        after = cut if cut > first else first + MAX_PAYLOAD_BYTES
        yield capture[first:after]
        first = after
    yield capture[first:]


#: Every format by name, in the order in which they are tried on a payload of unknown format.
PAYLOAD_FORMATS: Final[Mapping[str, PayloadFormat]] = {
    "batch-json": PayloadFormat("a batch in JSON", _as("batch", JSON)),
    "live-json": PayloadFormat("a live message in JSON", _as("live", JSON)),
    "senml-json": PayloadFormat("SenML in JSON", _as("live", SENML_JSON)),
    "batch-cbor": PayloadFormat("a batch in CBOR", _as("batch", CBOR)),
    "live-cbor": PayloadFormat("a live message in CBOR", _as("live", CBOR)),
    "senml-cbor": PayloadFormat("SenML in CBOR", _as("live", SENML_CBOR)),
    "shelly": PayloadFormat("a status or a notification of a Shelly meter", _foreign(shelly_at_bench)),
    "sparkplug": PayloadFormat("a Sparkplug B payload", _foreign(sparkplug_at_bench)),
    "tic": PayloadFormat("raw frames of Linky meters", _tic),
}


def read_payload(payload: bytes, name: str | None, received_s: int) -> tuple[str, Decoded]:
    """Return the format of a payload and what it means.

    Parameters
    ----------
    payload : bytes
        Payload.
    name : str or None
        A name of `PAYLOAD_FORMATS`; None to find out.
    received_s : int
        Instant that stands for the time of receipt, UTC epoch. [s]

    Raises
    ------
    InputError
        ``format_unrecognised`` when no name is given and no format fits.
    """
    if name is not None:
        return name, PAYLOAD_FORMATS[name].read(payload, received_s)
    for candidate, known in PAYLOAD_FORMATS.items():
        decoded = known.read(payload, received_s)
        if _fits(decoded):
            return candidate, decoded
    names = ", ".join(PAYLOAD_FORMATS)
    raise InputError("format_unrecognised", f"This fits none of {names}; name one with --format to see what is wrong.")


def _fits(decoded: Decoded) -> bool:
    """Tell whether something in a payload could be read, or is at least refused for what it says."""
    codes = {refusal.code for refusal in decoded.refusals}
    has_values = len(decoded.intervals.value) + len(decoded.readings.value) + len(decoded.labels) > 0
    return has_values or not codes & _OTHER_FORMAT
