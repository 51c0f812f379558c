"""Read CBOR (RFC 8949) and fill columns without making one Python object for a value."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from core.compiling import inlined, kernel

#: What a token is. Kinds up to NULL are numbers when they stand in an array.
INTEGER: Final = 0
FLOAT: Final = 1
NULL: Final = 2
OTHER: Final = 3
BYTES: Final = 4
TEXT: Final = 5
INTEGERS: Final = 6
NUMBERS: Final = 7
ARRAY: Final = 8
MAP: Final = 9
TAG: Final = 10

TRUNCATED: Final = -1
RESERVED: Final = -2
TOO_DEEP: Final = -3
TRAILING: Final = -4

#: Containers and tags within each other; a batch block needs six.
MAX_DEPTH: Final = 8

_NULL_INFO = 22
_BYTE_INFO, _HALF_INFO, _SINGLE_INFO, _DOUBLE_INFO = 24, 25, 26, 27
_MAJOR_NEGATIVE, _MAJOR_BYTES, _MAJOR_ARRAY, _MAJOR_TAG, _MAJOR_SIMPLE = 1, 2, 4, 6, 7
_HALF_EXPONENTS = 31
#: Sequence and blocks; meter, start, step and registers.
_MESSAGE_FIELDS, _BLOCK_FIELDS = 2, 4


#: Inlined by Numba itself, a third faster here than leaving it to LLVM.


@inlined
def _head(payload: npt.NDArray[np.uint8], at: int) -> tuple[int, int, int, int]:
    """Return major type, additional information, argument and the place after them, which is a fault if negative."""
    if at >= payload.size:
        return 0, 0, 0, TRUNCATED
    first = int(np.int64(payload[at]))  # unsigned and signed together would make floats of both
    major, info = first >> 5, first & 31
    if info > _DOUBLE_INFO or (major == _MAJOR_SIMPLE and info == _BYTE_INFO):
        return 0, 0, 0, RESERVED
    if info < _BYTE_INFO:
        return major, info, info, at + 1
    after = at + 1 + (1 << (info - _BYTE_INFO))
    if after > payload.size:
        return 0, 0, 0, TRUNCATED
    argument = 0
    for byte in range(at + 1, after):
        argument = (argument << 8) | int(np.int64(payload[byte]))
    return major, info, argument, after


@inlined
def _float(info: int, bits: int, wide: npt.NDArray[np.int64], narrow: npt.NDArray[np.uint32]) -> float:
    """Return the IEEE 754 number in `bits`; `wide` and `narrow` are scratch arrays of one element."""
    if info == _DOUBLE_INFO:
        wide[0] = bits
        return float(wide.view(np.float64)[0])
    if info == _SINGLE_INFO:
        narrow[0] = bits
        return float(narrow.view(np.float32)[0])
    sign = -1.0 if bits >> 15 else 1.0
    exponent, fraction = (bits >> 10) & 31, bits & 1023
    if exponent == _HALF_EXPONENTS:
        return math.nan if fraction else sign * math.inf
    if exponent == 0:
        return sign * math.ldexp(float(fraction), -24)
    return sign * math.ldexp(float(1024 + fraction), exponent - 25)


@inlined
def _scalar(
    major: int, info: int, argument: int, wide: npt.NDArray[np.int64], narrow: npt.NDArray[np.uint32]
) -> tuple[int, float]:
    """Return kind and number of an integer, a float or a simple value; integers beyond 64 bits signed become floats."""
    if major == _MAJOR_SIMPLE:
        if info >= _HALF_INFO:
            return FLOAT, _float(info, argument, wide, narrow)
        return (NULL if info == _NULL_INFO else OTHER), math.nan
    if argument < 0:
        magnitude = float(argument) + 2.0**64
        return FLOAT, (-1.0 - magnitude if major == _MAJOR_NEGATIVE else magnitude)
    return INTEGER, float(-1 - argument if major == _MAJOR_NEGATIVE else argument)


@inlined
def _sized(major: int, argument: int, at: int, size: int, token: int) -> tuple[int, int, int, int, int]:
    """Return the token of a string, container or tag, the items inside it and the place after its head or bytes."""
    if major == _MAJOR_TAG:
        return TAG, argument, token + 1, 1, at
    if argument < 0 or argument > size - at:
        return 0, 0, 0, 0, TRUNCATED
    if major >= _MAJOR_ARRAY:
        return ARRAY + major - _MAJOR_ARRAY, argument, token + 1, argument * (1 + major - _MAJOR_ARRAY), at
    return BYTES + major - _MAJOR_BYTES, at, at + argument, 0, at + argument


@inlined
def _leave(
    tokens: npt.NDArray[np.int64], stack: npt.NDArray[np.int64], depth: int, token: int, number: int
) -> tuple[int, int]:
    """Leave the containers that the last item completed; return depth and tokens then.

    A row of `stack` holds items left, own token, widest kind inside, first number inside. An array of numbers keeps
    no tokens of its own items.
    """
    while depth > 0:
        stack[depth - 1, 0] -= 1
        if stack[depth - 1, 0] > 0:
            break
        depth -= 1
        own, widest = stack[depth, 1], stack[depth, 2]
        tokens[2, own] = token
        if tokens[0, own] == ARRAY and widest <= NULL:
            tokens[0, own] = INTEGERS if widest == INTEGER else NUMBERS
            tokens[1, own], tokens[2, own] = stack[depth, 3], number
            token = own + 1
    return depth, token


@kernel
def tokenise(payload: npt.NDArray[np.uint8], tokens: npt.NDArray[np.int64], numbers: npt.NDArray[np.float64]) -> int:
    """Read one CBOR item of definite lengths and fill `tokens` and `numbers`.

    Parameters
    ----------
    payload : ndarray, shape (byte,), uint8
        Exactly one item.
    tokens : ndarray, shape (3, >= byte), int64
        Filled with kind, first, second. INTEGER: value, unused. BYTES, TEXT: first byte, byte after the last.
        INTEGERS, NUMBERS (arrays of integers; of numbers and nulls): first number, number after the last.
        ARRAY, MAP, TAG: items, pairs or tag, then the token after the last one inside. Others: unused.
    numbers : ndarray, shape (>= byte,), float64
        Filled with the numbers of such arrays; NaN for null.

    Returns
    -------
    int
        Tokens filled, or a negative fault: TRUNCATED, RESERVED (also indefinite lengths), TOO_DEEP, TRAILING.

    Notes
    -----
    Linear in the payload; nothing is allocated by what a length claims.
    """
    stack = np.zeros((MAX_DEPTH, 4), np.int64)
    wide, narrow = np.empty(1, np.int64), np.empty(1, np.uint32)
    at = token = number = depth = 0
    while token == 0 or depth > 0:
        major, info, argument, at = _head(payload, at)
        if at < 0:
            return at
        if _MAJOR_BYTES <= major <= _MAJOR_TAG:
            kind, first, second, inside, at = _sized(major, argument, at, payload.size, token)
            if at < 0:
                return at
        else:
            kind, numbers[number] = _scalar(major, info, argument, wide, narrow)
            first, second, inside = (-1 - argument if major == _MAJOR_NEGATIVE else argument), 0, 0
            number += 1
        tokens[0, token], tokens[1, token], tokens[2, token] = kind, first, second
        if depth > 0:
            stack[depth - 1, 2] = max(stack[depth - 1, 2], kind)
        token += 1
        if inside == 0:
            depth, token = _leave(tokens, stack, depth, token, number)
        elif depth == MAX_DEPTH:
            return TOO_DEEP
        else:
            stack[depth, 0], stack[depth, 1], stack[depth, 2], stack[depth, 3] = inside, token - 1, INTEGER, number
            depth += 1
    return token if at == payload.size else TRAILING


@inlined
def _read_arrays(tokens: npt.NDArray[np.int64], at: int, rows: npt.NDArray[np.int64], row: int) -> tuple[int, int]:
    """Add a row for each array of a map, registers ascending; return the rows then, or -1, and the token after it."""
    previous, count = np.int64(-1), tokens[1, at]
    at += 1
    for _ in range(count):
        register, value, tag = tokens[1, at], at + 1, np.int64(0)
        if tokens[0, at] != INTEGER or register <= previous:
            return -1, at
        if tokens[0, value] == TAG and tokens[0, value + 1] == BYTES:
            tag, value = tokens[1, value], value + 1
        elif tokens[0, value] != NUMBERS and tokens[0, value] != INTEGERS:
            return -1, at
        rows[row, 5], rows[row, 6], rows[row, 7], rows[row, 8] = register, tag, tokens[1, value], tokens[2, value]
        row, at, previous = row + 1, value + 1, register
    return row, at


@inlined
def _blocks_at(tokens: npt.NDArray[np.int64]) -> int:
    """Return the token of the list of blocks of a message whose keys ascend, or -1."""
    if tokens[0, 0] != MAP or not 1 <= tokens[1, 0] <= _MESSAGE_FIELDS:
        return -1
    at = 1
    if tokens[1, 0] == _MESSAGE_FIELDS:
        if tokens[0, 1] != INTEGER or tokens[1, 1] != 0 or tokens[0, 2] != INTEGER:
            return -1
        at = 3
    if tokens[0, at] != INTEGER or tokens[1, at] != 1 or tokens[0, at + 1] != ARRAY:
        return -1
    return at + 1


@inlined
def _is_block(tokens: npt.NDArray[np.int64], at: int) -> bool:
    """Tell whether a block without quality marks stands here, its keys in ascending order."""
    if tokens[0, at] != MAP or tokens[1, at] != _BLOCK_FIELDS:
        return False
    for field in range(_BLOCK_FIELDS):
        if tokens[0, at + 1 + 2 * field] != INTEGER or tokens[1, at + 1 + 2 * field] != field:
            return False
    in_place = tokens[0, at + 2] == TEXT and tokens[0, at + 4] == INTEGER and tokens[0, at + 6] == INTEGER
    return bool(in_place and tokens[0, at + 8] == MAP and tokens[1, at + 8] > 0)


@kernel
def read_plain_blocks(tokens: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> int:
    """Read the tokens of a ``batch`` of the plainest form: no quality marks, all keys in ascending order.

    Parameters
    ----------
    tokens : ndarray, shape (3, token), int64
        Of one item, complete as `tokenise` leaves them.
    rows : ndarray, shape (> token / 2, 9), int64
        Filled, a row for each array: block; first byte of the meter's name and the byte after its last; start [s];
        step [s]; register; tag, 0 for a plain array; first number or byte and the one after the last.

    Returns
    -------
    int
        Rows filled, or -1 when the batch has another form, in order or not.
    """
    at, row = _blocks_at(tokens), 0
    if at < 0:
        return -1
    blocks = tokens[1, at]
    at += 1
    for block in range(blocks):
        if not _is_block(tokens, at):
            return -1
        name, start_s, step_s, first = at + 2, tokens[1, at + 4], tokens[1, at + 6], row
        row, at = _read_arrays(tokens, at + 8, rows, row)
        for filled in range(first, row):
            rows[filled, 0], rows[filled, 1], rows[filled, 2] = block, tokens[1, name], tokens[2, name]
            rows[filled, 3], rows[filled, 4] = start_s, step_s
        if row < 0:
            return -1
    return row


@kernel
def expand(
    runs: npt.NDArray[np.int64],
    message: npt.NDArray[np.int32],
    device: npt.NDArray[np.int32],
    register_id: npt.NDArray[np.int16],
    step_s: npt.NDArray[np.int32],
    time_s: npt.NDArray[np.int64],
) -> None:
    """Write what is the same for a run, or grows along it, to each of its values.

    Parameters
    ----------
    runs : ndarray, shape (run, 7), int64
        Message, device, device stride, register, time [s], step [s] and length of each run.
    message, device, register_id, step_s, time_s : ndarray, shape (value,)
        Filled; the lengths of the runs add up to theirs.
    """
    at = 0
    for run in range(len(runs)):
        first_device, stride = runs[run, 1], runs[run, 2]
        first_time, step = runs[run, 4], runs[run, 5]
        for place in range(runs[run, 6]):
            message[at] = runs[run, 0]
            device[at] = first_device + place * stride
            register_id[at] = runs[run, 3]
            step_s[at] = step
            time_s[at] = first_time + place * step
            at += 1
