"""Decode many messages at once, so that what a message costs beyond its values stays small."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from core.errors import InputError
from ingest.decode.cbor import read_batch, read_live
from ingest.decode.columns import Decoded, DecodedIntervals, DecodedReadings, Message
from ingest.decode.faults import Faults
from ingest.decode.foreign import Foreign
from ingest.decode.gathering import Gathered, Gatherer
from ingest.decode.json_text import read_json
from ingest.decode.judging import gather_batch, gather_live
from ingest.decode.low_rate import JSON_DECODERS, LowRateContent
from ingest.decode.shapes import BATCH_JSON, LIVE_JSON

#: Largest payload that is looked at. [bytes]
MAX_PAYLOAD_BYTES: Final = 1_048_576

JSON: Final = "application/json"
CBOR: Final = "application/cbor"


class _Decoding:
    """The state of one call: what has been gathered so far."""

    def __init__(self, count: int) -> None:
        self.faults = Faults()
        self.intervals = Gatherer()
        self.readings = Gatherer()
        self.contents: list[tuple[int, LowRateContent]] = []
        self.sequence = np.full(count, -1, np.int64)
        self.ways: dict[tuple[str, str | None], Callable[[int, bytes], int | None]] = {
            ("batch", JSON): self._batch_json,
            ("batch", CBOR): self._batch_cbor,
            ("live", JSON): self._live_json,
            ("live", CBOR): self._live_cbor,
        } | {(kind, JSON): self._low_rate(kind) for kind in JSON_DECODERS}

    def _batch_json(self, index: int, payload: bytes) -> int | None:
        content = read_json(BATCH_JSON, payload)
        gather_batch(self.intervals, self.faults, index, content)
        return content.sequence

    def _batch_cbor(self, index: int, payload: bytes) -> int | None:
        content = read_batch(payload)
        gather_batch(self.intervals, self.faults, index, content)
        return content.sequence

    def _live_json(self, index: int, payload: bytes) -> int | None:
        content = read_json(LIVE_JSON, payload)
        gather_live(self.readings, self.faults, index, content)
        return content.sequence

    def _live_cbor(self, index: int, payload: bytes) -> int | None:
        content = read_live(payload)
        gather_live(self.readings, self.faults, index, content)
        return content.sequence

    def _low_rate(self, kind: str) -> Callable[[int, bytes], int | None]:
        decoder = JSON_DECODERS[kind]

        def way(index: int, payload: bytes) -> int | None:
            content = read_json(decoder, payload)
            self.contents.append((index, content))
            return content.sequence

        return way

    def _foreign(self, index: int, foreign: Foreign) -> None:
        """Gather what another maker's message said; it was read where its session is known."""
        for row in foreign.rows:
            device = len(self.readings.devices)
            self.readings.devices.append(row.device)
            first = self.readings.add(index, device, row.register_id, row.at_s, 0, [row.value])
            if row.quality:
                self.readings.mark(first, [0], row.quality)
        for fault in foreign.faults:
            self.faults.add(index, fault.code, fault.count, fault.reason)
        if foreign.state is not None:
            self.contents.append((index, foreign.state))

    def take(self, index: int, message: Message) -> None:
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
            self._foreign(index, message.foreign)
            return
        way = self.ways.get((message.kind, message.content_type))
        if way is None:
            raise InputError("content_type_unknown", f"A {message.kind} message does not come in this content type.")
        sequence = way(index, message.payload)
        if sequence is not None:
            self.sequence[index] = sequence

    def finish(self) -> Decoded:
        """Return everything as columns."""
        intervals = self.intervals.finish(self.faults)
        readings = self.readings.finish(self.faults)
        return Decoded(_intervals(intervals), _readings(readings), self.contents, self.faults.refusals(), self.sequence)


def _intervals(of: Gathered) -> DecodedIntervals:
    return DecodedIntervals(
        of.devices, of.message, of.device, of.register_id, of.quality, of.step_s, of.time_s, of.value
    )


def _readings(of: Gathered) -> DecodedReadings:
    return DecodedReadings(of.devices, of.message, of.device, of.register_id, of.quality, of.time_s, of.value)


def decode_many(messages: Sequence[Message]) -> Decoded:
    """Decode messages of any kinds.

    Parameters
    ----------
    messages : sequence of Message
        Messages in the order in which they came; `kind` is one of ``core.identifiers.UP_KINDS``.

    Returns
    -------
    Decoded
        Columns, contents and refusals. Nothing that a sender wrote raises.

    Notes
    -----
    Linear in the bytes received; memory is bounded by about forty times the payloads.

    Examples
    --------
    >>> payload = b'{"at": 1767225660, "meters": ["m-000001"], "registers": {"power_w": [532.0]}}'
    >>> decode_many([Message("live", "application/json", payload)]).readings.value
    array([532.])
    """
    decoding = _Decoding(len(messages))
    for index, message in enumerate(messages):
        try:
            decoding.take(index, message)
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
    decoding = _Decoding(1)
    decoding.take(0, message)
    return decoding.finish()


def warm_up() -> None:
    """Compile the CBOR kernel, or load it from Numba's cache; a few seconds the first time on a machine."""
    decode_many([Message("batch", CBOR, b"\xa0")])
