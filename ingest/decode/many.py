"""Decode many messages at once, so that what a message costs beyond its values stays small."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.errors import InputError
from ingest.decode.columns import Decoded, Message
from ingest.decode.decoding import Decoding, Format
from ingest.decode.low_rate import LOW_RATE_KINDS
from ingest.decode.own import batch_cbor, batch_json, live_cbor, live_json, low_rate
from ingest.decode.senml import senml_cbor, senml_json
from ingest.decode.tic import tic

#: Largest payload that is looked at. [bytes]
MAX_PAYLOAD_BYTES: Final = 1_048_576

JSON: Final = "application/json"
CBOR: Final = "application/cbor"
#: Raw frames of Linky meters, as they come from the wire.
TIC: Final = "application/vnd.somel.tic"
SENML_JSON: Final = "application/senml+json"
SENML_CBOR: Final = "application/senml+cbor"

#: The one table of formats: which kind of message comes in which content types, and what reads it.
FORMATS: Final[Mapping[tuple[str, str | None], Format]] = {
    ("batch", JSON): batch_json,
    ("batch", CBOR): batch_cbor,
    ("live", JSON): live_json,
    ("live", CBOR): live_cbor,
    ("live", TIC): tic,
    ("live", SENML_JSON): senml_json,
    ("live", SENML_CBOR): senml_cbor,
    **{(kind, JSON): low_rate(kind) for kind in LOW_RATE_KINDS},
}


def _take(decoding: Decoding, index: int, message: Message) -> None:
    """Decode one message into what has been gathered.

    Raises
    ------
    InputError
        Why the whole message is refused; then nothing of it was gathered.
    """
    if len(message.payload) > MAX_PAYLOAD_BYTES:
        size = len(message.payload)
        raise InputError("payload_too_large", f"The payload has {size} bytes; {MAX_PAYLOAD_BYTES} are the limit.")
    if message.foreign is not None:
        decoding.take_foreign(index, message.foreign)
        return
    take = FORMATS.get((message.kind, message.content_type))
    if take is None:
        raise InputError("content_type_unknown", f"A {message.kind} message does not come in this content type.")
    sequence = take(decoding, index, message)
    if sequence is not None:
        decoding.sequence[index] = sequence


def decode_many(messages: Sequence[Message]) -> Decoded:
    """Decode messages of any kinds.

    Parameters
    ----------
    messages : sequence of Message
        Messages in the order in which they came; `kind` is one of ``core.identifiers.UP_KINDS``.

    Returns
    -------
    Decoded
        Columns, contents, labels and refusals. Nothing that a sender wrote raises.

    Notes
    -----
    Linear in the bytes received; memory is bounded by about forty times the payloads.

    Examples
    --------
    >>> payload = b'{"at": 1767225660, "meters": ["m-000001"], "registers": {"power_w": [532.0]}}'
    >>> decode_many([Message("live", "application/json", payload)]).readings.value
    array([532.])
    """
    decoding = Decoding(len(messages))
    for index, message in enumerate(messages):
        try:
            _take(decoding, index, message)
        except InputError as error:
            decoding.faults.refuse(index, error)
    return decoding.finish()


def decode_one(message: Message) -> Decoded:
    """Decode one message.

    Raises
    ------
    InputError
        ``payload_too_large``, ``content_type_unknown``, ``payload_malformed`` or ``payload_invalid``.
    """
    decoding = Decoding(1)
    _take(decoding, 0, message)
    return decoding.finish()


def warm_up() -> None:
    """Compile the CBOR kernel, or load it from Numba's cache; a few seconds the first time on a machine."""
    decode_many([Message("batch", CBOR, b"\xa0")])
