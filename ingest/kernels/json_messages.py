"""Read the plain forms of JSON messages into runs of numbers: exactly what the long way reads, or nothing."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from core.compiling import jitted, kernel

Bytes: TypeAlias = npt.NDArray[np.uint8]
#: Names of registers one after the other, where each begins and the end of the last, the id of each, and its kind:
#: BATCH or LIVE.
Registers: TypeAlias = tuple[Bytes, npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]
Ints: TypeAlias = npt.NDArray[np.int64]
#: Stamps of registers, runs, their lists, names; and how many runs and names there are, and the latest stamp.
Out: TypeAlias = tuple[Ints, Ints, Ints, Ints, Ints]

#: Kinds of message, and of the registers that they carry.
BATCH: Final = 1
LIVE: Final = 2

_RUNS, _NAMES, _STAMP = 0, 1, 2
_MESSAGE, _DEVICE, _STRIDE, _REGISTER, _TIME, _STEP, _LENGTH = range(7)
_QUOTE, _COMMA, _COLON, _DOT, _ZERO, _NINE = 0x22, 0x2C, 0x3A, 0x2E, 0x30, 0x39
_BACKSLASH, _SPACE, _TAB, _LINE, _RETURN, _LAST_GRAPHIC = 0x5C, 0x20, 0x09, 0x0A, 0x0D, 0x7E
_OPEN_LIST, _CLOSE_LIST, _OPEN_OBJECT, _CLOSE_OBJECT = 0x5B, 0x5D, 0x7B, 0x7D
_SMALL_E, _LARGE_E, _DIGITS = 0x65, 0x45, 17
_SHORTEST_NAME, _LONGEST_NAME = 3, 64
_MOST_BLOCK_VALUES, _MOST_BLOCKS, _MOST_METERS = 1_536, 10_000, 10_000
_LATEST_S, _LARGEST_SEQUENCE = 253_402_300_799, 2**53 - 1
_BLOCK_FIELDS, _BATCH_FIELDS = 15, 3  # bits of what must be there; a message may do without 1, its sequence

_BLOCK_KEYS = np.frombuffer(b"meterstartstep_sregisters", np.uint8), np.array([0, 5, 10, 16, 25])
_BATCH_KEYS = np.frombuffer(b"sequenceblocks", np.uint8), np.array([0, 8, 14])
_LIVE_KEYS = np.frombuffer(b"sequencemetersatregisters", np.uint8), np.array([0, 8, 14, 16, 25])


@jitted
def _skip(data: Bytes, at: int, end: int) -> int:
    """Return the place of the next byte that is no white space."""
    while at < end and (data[at] == _SPACE or data[at] == _LINE or data[at] == _TAB or data[at] == _RETURN):
        at += 1
    return at


@jitted
def _next(data: Bytes, at: int, end: int, close: int) -> tuple[int, bool]:
    """Return the place after a comma or the closing sign, -1 when neither stands there, and whether more follows."""
    if at >= 0:
        at = _skip(data, at, end)
    if not 0 <= at < end or (data[at] != _COMMA and data[at] != close):
        return -1, False
    if data[at] == close:
        return at + 1, False
    return _skip(data, at + 1, end), True


@jitted
def _open(data: Bytes, at: int, end: int, sign: int) -> int:
    """Return the place after an opening sign and white space, or -1."""
    return _skip(data, at + 1, end) if 0 <= at < end and data[at] == sign else -1


@jitted
def _text(data: Bytes, at: int, end: int) -> int:
    """Return the place of the closing quote of a text of printable ASCII without escapes, or -1."""
    if at < 0 or at >= end or data[at] != _QUOTE:
        return -1
    at += 1
    while at < end and data[at] != _QUOTE:
        if data[at] == _BACKSLASH or not _SPACE <= data[at] <= _LAST_GRAPHIC:
            return -1
        at += 1
    return at if at < end else -1


@jitted
def _key(data: Bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return the bytes of a key and the place of its value, which is -1 when no key stands there."""
    close = _text(data, at, end)
    if close < 0:
        return 0, 0, -1
    colon = _skip(data, close + 1, end)
    if colon >= end or data[colon] != _COLON:
        return 0, 0, -1
    return at + 1, close, _skip(data, colon + 1, end)


@jitted
def _word(data: Bytes, first: int, after: int, words: tuple[Bytes, Ints]) -> int:
    """Return which of some words, one after the other with their ends, these bytes are; -1 for none."""
    letters, ends = words
    for word in range(len(ends) - 1):
        size = ends[word + 1] - ends[word]
        same = 0
        while same < size == after - first and data[first + same] == letters[ends[word] + same]:
            same += 1
        if same == size:
            return word
    return -1


@jitted
def _integer(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Return an integer of up to 17 digits that is not negative, and the place after it or -1."""
    value, first = 0, at
    while at < end and at <= first + _DIGITS and _ZERO <= data[at] <= _NINE:
        value = value * 10 + int(np.int64(data[at])) - _ZERO
        at += 1
    if at == first or at - first > _DIGITS or (data[first] == _ZERO and at > first + 1):
        return 0, -1
    if at < end and (data[at] == _DOT or data[at] == _SMALL_E or data[at] == _LARGE_E):
        return 0, -1
    return value, at


@jitted
def _numbers(data: Bytes, at: int, end: int, limit: int) -> tuple[int, int]:
    """Return how many items a list of numbers has, which are read later, and its closing bracket; -1 if none."""
    if at >= end or data[at] != _OPEN_LIST:
        return 0, -1
    count = 1
    while at < end and data[at] != _CLOSE_LIST:
        count += data[at] == _COMMA
        at += 1
    return count, (at if at < end and count <= limit else -1)


@jitted
def _arrays(data: Bytes, at: int, end: int, kind: int, limit: int, registers: Registers, out: Out) -> int:
    """Add a run for each array of an object of registers, all equally long; return the place after it, or -1."""
    stamps, runs, lists, _, filled = out
    at, more, length = _open(data, at, end, _OPEN_OBJECT), True, -1
    filled[_STAMP] += 1
    while more:
        first, after, at = _key(data, at, end)
        register = _word(data, first, after, registers[:2])
        if register < 0 or registers[3][register] != kind or stamps[register] == filled[_STAMP]:
            return -1
        stamps[register] = filled[_STAMP]
        run, first = filled[_RUNS], at + 1
        count, at = _numbers(data, at, end, limit)
        if at < 0 or (length >= 0 and count != length):
            return -1
        length = count
        runs[run, _REGISTER], runs[run, _LENGTH] = registers[2][register], count
        lists[run, 0], lists[run, 1] = first, at
        filled[_RUNS] += 1
        at, more = _next(data, at + 1, end, _CLOSE_OBJECT)
    return at


@jitted
def _name(data: Bytes, at: int, end: int, out: Out) -> int:
    """Note a name of 3 to 64 characters; return the place after it, or -1."""
    close = _text(data, at, end)
    if not _SHORTEST_NAME <= close - at - 1 <= _LONGEST_NAME:
        return -1
    names, filled = out[3], out[4]
    names[filled[_NAMES], 0], names[filled[_NAMES], 1] = at + 1, close
    filled[_NAMES] += 1
    return close + 1


@jitted
def _finish(runs: Ints, first: int, after: int, device: int, stride: int, time_s: int, step_s: int) -> None:
    """Write to some runs what is the same for all of them."""
    for run in range(first, after):
        runs[run, _DEVICE], runs[run, _STRIDE], runs[run, _TIME], runs[run, _STEP] = device, stride, time_s, step_s


@jitted
def _block(data: Bytes, at: int, end: int, steps_s: Ints, registers: Registers, out: Out) -> int:
    """Read one block of a ``batch``; return the place after it, or -1."""
    at, more, seen, start_s, step_s = _open(data, at, end, _OPEN_OBJECT), True, 0, 0, 0
    run, name = out[4][_RUNS], out[4][_NAMES]
    while more:
        first, after, at = _key(data, at, end)
        field = _word(data, first, after, _BLOCK_KEYS)
        if field < 0 or seen >> field & 1:
            return -1
        seen |= 1 << field
        if field == 0:
            at = _name(data, at, end, out)
        elif field == 1:
            start_s, at = _integer(data, at, end)
        elif field == 2:  # noqa: PLR2004 - the words above
            step_s, at = _integer(data, at, end)
        else:
            at = _arrays(data, at, end, BATCH, _MOST_BLOCK_VALUES, registers, out)
        at, more = _next(data, at, end, _CLOSE_OBJECT)
    if at < 0 or seen != _BLOCK_FIELDS or start_s > _LATEST_S or step_s not in steps_s or start_s % step_s:
        return -1
    _finish(out[1], run, out[4][_RUNS], name, 0, start_s, step_s)
    return at


@jitted
def _list(data: Bytes, at: int, end: int, kind: int, steps_s: Ints, registers: Registers, out: Out) -> int:
    """Read the list of blocks of a ``batch``, or of meters of a ``live``; return the place after it, or -1."""
    at, more, count = _open(data, at, end, _OPEN_LIST), True, 0
    while more and at >= 0 and count < _MOST_BLOCKS:
        at = _block(data, at, end, steps_s, registers, out) if kind == BATCH else _name(data, at, end, out)
        count += 1
        at, more = _next(data, at, end, _CLOSE_LIST)
    return -1 if more else at


@jitted
def _message(
    data: Bytes, at: int, end: int, kind: int, steps_s: Ints, registers: Registers, out: Out
) -> tuple[int, int]:
    """Read one message; return its sequence, -1 for none, and the place after it or -1."""
    at, more, seen, sequence, at_s = _open(data, _skip(data, at, end), end, _OPEN_OBJECT), True, 0, -1, 0
    run, name = out[4][_RUNS], out[4][_NAMES]
    while more:
        first, after, at = _key(data, at, end)
        field = _word(data, first, after, _BATCH_KEYS if kind == BATCH else _LIVE_KEYS)
        if field < 0 or seen >> field & 1:
            return -1, -1
        seen |= 1 << field
        if field == 0:
            sequence, at = _integer(data, at, end)
        elif field == 1:
            at = _list(data, at, end, kind, steps_s, registers, out)
        elif field == 2:  # noqa: PLR2004
            at_s, at = _integer(data, at, end)
        else:
            at = _arrays(data, at, end, LIVE, _MOST_METERS, registers, out)
        at, more = _next(data, at, end, _CLOSE_OBJECT)
    if kind == LIVE and seen | 1 == _BLOCK_FIELDS:
        _finish(out[1], run, out[4][_RUNS], name, 1, at_s, 0)
        fits = at_s <= _LATEST_S and out[1][run, _LENGTH] == out[4][_NAMES] - name
    else:
        fits = kind == BATCH and seen | 1 == _BATCH_FIELDS
    return sequence, (at if fits and sequence <= _LARGEST_SEQUENCE else -1)


@kernel
def read_json(
    data: Bytes,
    places: Ints,
    kinds: npt.NDArray[np.int8],
    steps_s: Ints,
    registers: Registers,
    out: Out,
    sequence: Ints,
) -> None:
    """Read messages of the plain forms: no escapes, no quality marks, no faults.

    Parameters
    ----------
    data : ndarray, shape (byte,), uint8
        Where the payloads are.
    places : ndarray, shape (message, 2), int64
        First byte of each and the one after its last.
    kinds : ndarray, shape (message,), int8
        BATCH, LIVE, or 0 for what is not to be read; set to 0 for what was declined.
    steps_s : ndarray, shape (step,), int64
        Steps that there are. [s]
    registers : tuple of ndarray
        Those that there are; see `Registers`.
    out : tuple of ndarray
        Filled: stamps, shape (register,), zeros; runs, shape (run, 7), int64, as `ingest.decode.kernels.expand` takes
        them, devices as positions in names; lists, shape (run, 2), int64, as `read_numbers` takes them; names, shape
        (name, 3), int64, first byte, the one after the last and message; filled, shape (3,), zeros, then how many
        runs and names there are.
    sequence : ndarray, shape (message,), int64
        Set for what was read; -1 where there is none.
    """
    filled = out[4]
    for message in range(len(kinds)):
        if kinds[message] == 0:
            continue
        run, name = filled[_RUNS], filled[_NAMES]
        end = places[message, 1]
        number, at = _message(data, places[message, 0], end, kinds[message], steps_s, registers, out)
        if at < 0 or _skip(data, at, end) < end:
            filled[_RUNS], filled[_NAMES] = run, name
            kinds[message] = 0
            continue
        sequence[message] = number
        out[1][run : filled[_RUNS], _MESSAGE] = message
        out[3][name : filled[_NAMES], 2] = message
