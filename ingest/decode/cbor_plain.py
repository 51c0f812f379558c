"""The quick way through a CBOR batch of the plainest form; whatever it declines goes the long way, which says why."""

import numpy as np

from ingest.decode.cbor_tokens import REGISTER_NAMES, TYPED_ARRAYS, Tokenised
from ingest.decode.gathering import Values
from ingest.decode.kernels import read_plain_blocks
from ingest.decode.low_rate import LARGEST_SEQUENCE, LATEST_S
from ingest.decode.shapes import MAX_BLOCK_VALUES, MAX_BLOCKS, BatchContent, Block


def read_plain_batch(tokenised: Tokenised) -> BatchContent[Values] | None:
    """Read a ``batch`` without quality marks whose keys ascend; None when it has another form, in order or not."""
    payload, tokens, _ = tokenised
    rows = np.empty((tokens.shape[1] // 2 + 1, 9), np.int64)
    count = read_plain_blocks(tokens, rows)
    sequence = int(tokens[1, 2]) if count > 0 and tokens[1, 0] == 2 else None  # noqa: PLR2004 - sequence and blocks
    if count <= 0 or not 0 <= (sequence or 0) <= LARGEST_SEQUENCE:
        return None
    blocks: list[Block[Values]] = []
    registers: dict[str, Values] = {}
    for block, first, after, start_s, step_s, register, *array in rows[:count].tolist():
        if block == len(blocks):
            name = _name(payload[first:after])
            if name is None or not 0 <= start_s <= LATEST_S:
                return None
            registers = {}
            blocks.append(Block(name, start_s, step_s, registers))
        values = _values(tokenised, *array)
        if values is None or not 1 <= len(values) <= MAX_BLOCK_VALUES:
            return None
        registers[REGISTER_NAMES.get(register) or str(register)] = values
    return BatchContent(blocks, sequence) if len(blocks) <= MAX_BLOCKS else None


def _name(text: bytes) -> str | None:
    """Return a name in ASCII of 3 to 64 characters; other names take the long way."""
    return text.decode("ascii") if 3 <= len(text) <= 64 and text.isascii() else None  # noqa: PLR2004 - DEVICE_ID


def _values(tokenised: Tokenised, tag: int, first: int, after: int) -> Values | None:
    """Return a plain (tag 0) or typed array."""
    if tag == 0:
        return tokenised.numbers[first:after]
    dtype = TYPED_ARRAYS.get(tag)
    if dtype is None or (after - first) % dtype.itemsize:
        return None
    return np.frombuffer(tokenised.payload, dtype, (after - first) // dtype.itemsize, first)
