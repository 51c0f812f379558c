"""Read the plain forms of CBOR messages into runs of numbers: exactly what the long way reads, or nothing."""

import math
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from core.compiling import jitted, kernel

Bytes: TypeAlias = npt.NDArray[np.uint8]
Ints: TypeAlias = npt.NDArray[np.int64]
#: Stamps of registers, runs, values, names; how many of the last three there are, and the latest stamp; and two scratch
#: arrays of one element, uint64 and uint32, in which the bits of floats are turned into numbers.
Out: TypeAlias = tuple[Ints, Ints, npt.NDArray[np.float64], Ints, Ints, npt.NDArray[np.int64], npt.NDArray[np.uint32]]

#: Kinds of message, and of the registers that they carry.
BATCH: Final = 1
LIVE: Final = 2

_RUNS, _VALUES, _NAMES, _STAMP = 0, 1, 2, 3
_MESSAGE, _DEVICE, _STRIDE, _REGISTER, _TIME, _STEP, _LENGTH = range(7)
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_NULL, _BYTE, _HALF, _SINGLE, _DOUBLE = 22, 24, 25, 26, 27
_HALF_EXPONENTS, _SIGN = 31, 0x80
_U32, _I32, _F32, _F64 = 70, 78, 85, 86  # RFC 8746, little-endian
_SHORTEST_NAME, _LONGEST_NAME, _LAST_ASCII = 3, 64, 0x7F
_MOST_BLOCK_VALUES, _MOST_BLOCKS, _MOST_METERS = 1_536, 10_000, 10_000
_LATEST_S, _LARGEST_SEQUENCE, _LARGEST = 253_402_300_799, 2**53 - 1, 2**53
_SEQUENCE, _BATCH_FIELDS, _BLOCK_FIELDS, _LIVE_FIELDS = 1, 3, 15, 15  # bits 1 << key; no sequence need be there


@jitted
def _head(data: Bytes, at: int, end: int) -> tuple[int, int, int, int]:
    """Return major type, additional information, argument and the place after them, or -1; no argument is negative."""
    if not 0 <= at < end:
        return 0, 0, 0, -1
    first = int(np.int64(data[at]))
    major, info = first >> 5, first & 31
    if info < _BYTE:
        return major, info, info, at + 1
    if info > _DOUBLE or (major == _SIMPLE and info == _BYTE):
        return 0, 0, 0, -1
    after = at + 1 + (1 << (info - _BYTE))
    if after > end:
        return 0, 0, 0, -1
    argument = -1 if info == _DOUBLE and data[at + 1] >= _SIGN else 0  # the sign of 64 bits, in whatever arithmetic
    for byte in range(at + 1, after):
        argument = argument << 8 | int(np.int64(data[byte]))
    return major, info, argument, after


@jitted
def _sized(data: Bytes, at: int, end: int, wanted: int, limit: int) -> tuple[int, int]:
    """Return the size of a text, bytes, an array or a map of 1 to `limit`, and the place after its head or -1."""
    major, _, argument, at = _head(data, at, end)
    fits = at >= 0 and major == wanted and 1 <= argument <= limit
    return argument, (at if fits and argument <= end - at else -1)


@jitted
def _unsigned(data: Bytes, at: int, end: int, limit: int) -> tuple[int, int]:
    """Return an integer from 0 to `limit` and the place after it, or -1."""
    major, _, argument, at = _head(data, at, end)
    return argument, (at if at >= 0 and major == _UNSIGNED and 0 <= argument <= limit else -1)


@jitted
def _float(info: int, bits: int, wide: npt.NDArray[np.int64], narrow: npt.NDArray[np.uint32]) -> float:
    """Return the IEEE 754 number in `bits`."""
    if info == _DOUBLE:
        wide[0] = bits
        return float(wide.view(np.float64)[0])
    if info == _SINGLE:
        narrow[0] = bits
        return float(narrow.view(np.float32)[0])
    sign = -1.0 if bits >> 15 else 1.0
    exponent, fraction = (bits >> 10) & 31, bits & 1023
    if exponent == _HALF_EXPONENTS:
        return math.nan if fraction else sign * math.inf
    if exponent == 0:
        return sign * math.ldexp(float(fraction), -24)
    return sign * math.ldexp(float(1024 + fraction), exponent - 25)


@jitted
def _number(data: Bytes, at: int, end: int, out: Out) -> tuple[float, int]:
    """Return a number, NaN for null, and the place after it or -1; integers beyond 53 bits are declined."""
    major, info, argument, at = _head(data, at, end)
    if at >= 0 and major <= _NEGATIVE and 0 <= argument < _LARGEST:
        return float(argument if major == _UNSIGNED else -1 - argument), at
    if at >= 0 and major == _SIMPLE and info >= _HALF:
        return _float(info, argument, out[5], out[6]), at
    return math.nan, (at if at >= 0 and major == _SIMPLE and info == _NULL else -1)


@jitted
def _typed(data: Bytes, at: int, end: int, tag: int, limit: int, out: Out) -> tuple[int, int]:
    """Add the values of a typed array whose tag was read; return their number and the place after, or -1."""
    width = 8 if tag == _F64 else 4
    size, at = _sized(data, at, end, _BYTES, limit * width)
    if at < 0 or size % width or tag not in (_U32, _I32, _F32, _F64):
        return 0, -1
    filled = out[4][_VALUES]
    for place in range(size // width):
        bits = -1 if tag == _F64 and data[at + place * width + 7] >= _SIGN else 0
        for byte in range(width - 1, -1, -1):
            bits = bits << 8 | int(np.int64(data[at + place * width + byte]))
        if tag in (_F32, _F64):
            out[2][filled + place] = _float(_SINGLE if tag == _F32 else _DOUBLE, bits, out[5], out[6])
        else:
            out[2][filled + place] = float(bits - (1 << 32) if tag == _I32 and bits >> 31 else bits)
    return size // width, at + size


@jitted
def _values(data: Bytes, at: int, end: int, limit: int, out: Out) -> tuple[int, int]:
    """Add the values of a plain or typed array of 1 to `limit`; return their number and the place after, or -1."""
    major, _, argument, after = _head(data, at, end)
    if after >= 0 and major == _TAG:
        return _typed(data, after, end, argument, limit, out)
    count, at = _sized(data, at, end, _ARRAY, limit)
    if at >= 0:
        for place in range(count):
            out[2][out[4][_VALUES] + place], at = _number(data, at, end, out)
            if at < 0:
                return 0, -1
    return count, at


@jitted
def _arrays(data: Bytes, at: int, end: int, kind: int, limit: int, kinds: Ints, out: Out) -> int:
    """Add a run for each array of a map of registers, all equally long; return the place after it, or -1."""
    stamps, runs, filled = out[0], out[1], out[4]
    entries, at = _sized(data, at, end, _MAP, len(kinds))
    filled[_STAMP] += 1
    length = -1
    for _ in range(entries if at >= 0 else 0):
        register, at = _unsigned(data, at, end, len(kinds) - 1)
        if at < 0 or kinds[register] != kind or stamps[register] == filled[_STAMP]:
            return -1
        stamps[register] = filled[_STAMP]
        count, at = _values(data, at, end, limit, out)
        if at < 0 or (length >= 0 and count != length):
            return -1
        length = count
        runs[filled[_RUNS], _REGISTER], runs[filled[_RUNS], _LENGTH] = register, count
        filled[_RUNS] += 1
        filled[_VALUES] += count
    return at


@jitted
def _name(data: Bytes, at: int, end: int, out: Out) -> int:
    """Note a name in ASCII of 3 to 64 characters; return the place after it, or -1."""
    size, at = _sized(data, at, end, _TEXT, _LONGEST_NAME)
    if at < 0 or size < _SHORTEST_NAME:
        return -1
    for byte in range(at, at + size):
        if data[byte] > _LAST_ASCII:
            return -1
    names, filled = out[3], out[4]
    names[filled[_NAMES], 0], names[filled[_NAMES], 1] = at, at + size
    filled[_NAMES] += 1
    return at + size


@jitted
def _finish(runs: Ints, first: int, after: int, device: int, stride: int, time_s: int, step_s: int) -> None:
    """Write to some runs what is the same for all of them."""
    for run in range(first, after):
        runs[run, _DEVICE], runs[run, _STRIDE], runs[run, _TIME], runs[run, _STEP] = device, stride, time_s, step_s


@jitted
def _block(data: Bytes, at: int, end: int, steps_s: Ints, kinds: Ints, out: Out) -> int:
    """Read one block of a ``batch``; return the place after it, or -1."""
    run, name, seen, start_s, step_s = out[4][_RUNS], out[4][_NAMES], 0, 0, 0
    entries, at = _sized(data, at, end, _MAP, 4)
    for _ in range(entries if at >= 0 else 0):
        key, at = _unsigned(data, at, end, 3)
        if at < 0 or seen >> key & 1:
            return -1
        seen |= 1 << key
        if key == 0:
            at = _name(data, at, end, out)
        elif key == 1:
            start_s, at = _unsigned(data, at, end, _LATEST_S)
        elif key == 2:  # noqa: PLR2004 - keys of the specification
            step_s, at = _unsigned(data, at, end, _LATEST_S)
        else:
            at = _arrays(data, at, end, BATCH, _MOST_BLOCK_VALUES, kinds, out)
    if at < 0 or seen != _BLOCK_FIELDS or step_s not in steps_s or start_s % step_s:
        return -1
    _finish(out[1], run, out[4][_RUNS], name, 0, start_s, step_s)
    return at


@jitted
def _list(data: Bytes, at: int, end: int, kind: int, steps_s: Ints, kinds: Ints, out: Out) -> int:
    """Read the blocks of a ``batch``, or the names of a ``live``; return the place after them, or -1."""
    count, at = _sized(data, at, end, _ARRAY, _MOST_BLOCKS if kind == BATCH else _MOST_METERS)
    for _ in range(count if at >= 0 else 0):
        at = _block(data, at, end, steps_s, kinds, out) if kind == BATCH else _name(data, at, end, out)
        if at < 0:
            break
    return at


@jitted
def _list_or_arrays(data: Bytes, at: int, end: int, kind: int, key: int, steps_s: Ints, kinds: Ints, out: Out) -> int:
    """Read the registers of a ``live`` where the key says so, else a list; return the place after it, or -1."""
    if key == 3:  # noqa: PLR2004 - keys of the specification
        return _arrays(data, at, end, LIVE, _MOST_METERS, kinds, out)
    return _list(data, at, end, kind, steps_s, kinds, out)


@jitted
def _message(data: Bytes, at: int, end: int, kind: int, steps_s: Ints, kinds: Ints, out: Out) -> tuple[int, int]:
    """Read one message; return its sequence, -1 for none, and the place after it or -1."""
    run, name, seen, sequence, at_s = out[4][_RUNS], out[4][_NAMES], 0, -1, 0
    entries, at = _sized(data, at, end, _MAP, 4)
    for _ in range(entries if at >= 0 else 0):
        key, at = _unsigned(data, at, end, 1 if kind == BATCH else 3)
        if at < 0 or seen >> key & 1:
            return -1, -1
        seen |= 1 << key
        if key == 0:
            sequence, at = _unsigned(data, at, end, _LARGEST_SEQUENCE)
        elif key == 1 and kind == LIVE:
            at_s, at = _unsigned(data, at, end, _LATEST_S)
        else:
            at = _list_or_arrays(data, at, end, kind, key, steps_s, kinds, out)
    if kind == LIVE and seen | _SEQUENCE == _LIVE_FIELDS and at >= 0:
        _finish(out[1], run, out[4][_RUNS], name, 1, at_s, 0)
        fits = out[1][run, _LENGTH] == out[4][_NAMES] - name
    else:
        fits = kind == BATCH and seen | _SEQUENCE == _BATCH_FIELDS
    return sequence, (at if fits else -1)


@kernel
def read_cbor(
    data: Bytes, places: Ints, kinds: npt.NDArray[np.int8], steps_s: Ints, registers: Ints, out: Out, sequence: Ints
) -> None:
    """Read messages of the plain forms: definite lengths, no quality marks, no faults.

    Parameters
    ----------
    data, places, kinds, steps_s, sequence
        As `ingest.kernels.json_messages.read_json` has them.
    registers : ndarray, shape (register id,), int64
        Kind of each: BATCH, LIVE, or 0 where there is none.
    out : tuple of ndarray
        Filled, as there; but the values, shape (value,), float64, in the place of the lists, which may not be less than
        the bytes of the payloads; filled is of shape (4,): runs, values and names.
    """
    filled = out[4]
    for message in range(len(kinds)):
        if kinds[message] == 0:
            continue
        run, value, name = filled[_RUNS], filled[_VALUES], filled[_NAMES]
        number, at = _message(data, places[message, 0], places[message, 1], kinds[message], steps_s, registers, out)
        if at != places[message, 1]:
            filled[_RUNS], filled[_VALUES], filled[_NAMES] = run, value, name
            kinds[message] = 0
            continue
        sequence[message] = number
        out[1][run : filled[_RUNS], _MESSAGE] = message
        out[3][name : filled[_NAMES], 2] = message
