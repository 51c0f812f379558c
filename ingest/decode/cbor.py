"""CBOR payloads of batch and live messages into the same contents as JSON's."""

from typing import Final

from ingest.decode.cbor_plain import read_plain_batch
from ingest.decode.cbor_tokens import CborTokens, Tokenised, tokenise
from ingest.decode.gathering import Values
from ingest.decode.low_rate import LARGEST_SEQUENCE, LATEST_S
from ingest.decode.shapes import (
    MAX_BLOCK_VALUES,
    MAX_BLOCKS,
    MAX_LIVE_METERS,
    MAX_STEP_S,
    BatchContent,
    Block,
    LiveContent,
)

_SEQUENCE, _QUALITY = 0, 4
_BATCH_KEYS: Final = frozenset({1})
_BLOCK_KEYS: Final = frozenset({0, 1, 2, 3})
_LIVE_KEYS: Final = frozenset({1, 2, 3})


def _sequence(cbor: CborTokens, fields: dict[int, int]) -> int | None:
    return cbor.integer(fields[_SEQUENCE], "sequence", 0, LARGEST_SEQUENCE) if _SEQUENCE in fields else None


def _block(cbor: CborTokens, token: int) -> Block[Values]:
    fields = cbor.fields(token, "a block", _BLOCK_KEYS, frozenset({_QUALITY}))
    return Block(
        cbor.name(fields[0], "meter"),
        cbor.integer(fields[1], "start", 0, LATEST_S),
        cbor.integer(fields[2], "step_s", -MAX_STEP_S, MAX_STEP_S),
        cbor.runs(fields[3], "registers", MAX_BLOCK_VALUES),
        cbor.marks(fields, _QUALITY),
    )


def read_batch(payload: bytes) -> BatchContent[Values]:
    """Decode a CBOR ``batch``.

    Raises
    ------
    InputError
        ``payload_malformed`` or ``payload_invalid``.
    """
    tokenised = tokenise(payload)
    return read_plain_batch(tokenised) or read_any_batch(tokenised)


def read_any_batch(tokenised: Tokenised) -> BatchContent[Values]:
    """Decode a ``batch`` of any form.

    Raises
    ------
    InputError
        ``payload_invalid``, or ``payload_malformed`` for a text that is not UTF-8.
    """
    cbor = CborTokens(tokenised)
    fields = cbor.fields(0, "the message", _BATCH_KEYS, frozenset({_SEQUENCE}))
    blocks = [_block(cbor, token) for token in cbor.items(fields[1], "blocks", MAX_BLOCKS)]
    return BatchContent(blocks, _sequence(cbor, fields))


def read_live(payload: bytes) -> LiveContent[Values]:
    """Decode a CBOR ``live``.

    Raises
    ------
    InputError
        ``payload_malformed`` or ``payload_invalid``.
    """
    cbor = CborTokens(tokenise(payload))
    fields = cbor.fields(0, "the message", _LIVE_KEYS, frozenset({_SEQUENCE, _QUALITY}))
    meters = [cbor.name(token, "a meter") for token in cbor.items(fields[2], "meters", MAX_LIVE_METERS)]
    return LiveContent(
        cbor.integer(fields[1], "at", 0, LATEST_S),
        meters,
        cbor.runs(fields[3], "registers", MAX_LIVE_METERS),
        cbor.marks(fields, _QUALITY),
        _sequence(cbor, fields),
    )
