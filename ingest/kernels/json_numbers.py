"""Read the lists of numbers of JSON messages: exactly what the long way reads, or nothing."""

import math
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from core.compiling import jitted, kernel

Bytes: TypeAlias = npt.NDArray[np.uint8]

_COMMA, _MINUS, _PLUS, _DOT, _ZERO, _NINE = 0x2C, 0x2D, 0x2B, 0x2E, 0x30, 0x39
_SPACE, _TAB, _LINE, _RETURN = 0x20, 0x09, 0x0A, 0x0D
_SMALL_E, _LARGE_E, _SMALL_N = 0x65, 0x45, 0x6E
_DIGITS, _EXPONENT_DIGITS = 17, 2
_EXACT: Final = 2**53
#: One multiplication or division by up to this power of ten rounds as it should (Clinger 1990).
_EXACT_POWER: Final = 22

_POWERS = np.array([10.0**power for power in range(_EXACT_POWER + 1)])
_NULL = np.frombuffer(b"null", np.uint8)


@jitted
def _skip(data: Bytes, at: int, end: int) -> int:
    """Return the place of the next byte that is no white space."""
    while at < end and (data[at] == _SPACE or data[at] == _LINE or data[at] == _TAB or data[at] == _RETURN):
        at += 1
    return at


@jitted
def _digits(data: Bytes, at: int, end: int, value: int) -> tuple[int, int]:
    """Return a value with the digits that stand here appended, and the place after them."""
    last = min(end, at + _DIGITS + 1)
    while at < last and _ZERO <= data[at] <= _NINE:
        value = value * 10 + int(np.int64(data[at])) - _ZERO
        at += 1
    return value, at


@jitted
def _exponent(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Return the exponent that may stand here, else 0, and the place after it or -1."""
    if at >= end or (data[at] != _SMALL_E and data[at] != _LARGE_E):
        return 0, at
    at += 1
    negative = at < end and data[at] == _MINUS
    if at < end and (negative or data[at] == _PLUS):
        at += 1
    power, after = _digits(data, at, end, 0)
    return (-power if negative else power), (after if 0 < after - at <= _EXPONENT_DIGITS else -1)


@jitted
def _null(data: Bytes, at: int, end: int) -> int:
    """Return the place after the word null, or -1."""
    if at + _NULL.size > end:
        return -1
    for step in range(_NULL.size):
        if data[at + step] != _NULL[step]:
            return -1
    return at + _NULL.size


@jitted
def _number(data: Bytes, at: int, end: int) -> tuple[float, int]:
    """Return a number that can be made exactly, or NaN for null, and the place after it or -1."""
    if at >= end:
        return math.nan, -1
    if data[at] == _SMALL_N:
        return math.nan, _null(data, at, end)
    negative = data[at] == _MINUS
    first = at + 1 if negative else at
    mantissa, at = _digits(data, first, end, 0)
    whole, fraction = at - first, 0
    if whole == 0 or (whole > 1 and data[first] == _ZERO):
        return math.nan, -1
    if at < end and data[at] == _DOT and whole <= _DIGITS:
        mantissa, after = _digits(data, at + 1, min(end, at + _DIGITS - whole + 2), mantissa)
        fraction, at = after - at - 1, after
        if fraction == 0:
            return math.nan, -1
    power, at = _exponent(data, at, end)
    power -= fraction
    exact = mantissa <= _EXACT and -_EXACT_POWER <= power <= _EXACT_POWER and whole + fraction <= _DIGITS
    if at < 0 or not exact or (negative and mantissa == 0):
        return math.nan, -1
    value = float(mantissa) * _POWERS[power] if power >= 0 else float(mantissa) / _POWERS[-power]
    return (-value if negative else value), at


@jitted
def _list(data: Bytes, at: int, end: int, values: npt.NDArray[np.float64]) -> bool:
    """Fill `values` with the numbers between two places; False when they are not as many, or not in order."""
    for place in range(values.size):
        values[place], at = _number(data, _skip(data, at, end), end)
        if at < 0:
            return False
        at = _skip(data, at, end)
        if place < values.size - 1:
            if at >= end or data[at] != _COMMA:
                return False
            at += 1
    return at == end


@kernel
def read_numbers(
    data: Bytes,
    lists: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    good: npt.NDArray[np.bool_],
) -> None:
    """Read lists of numbers and nulls.

    Parameters
    ----------
    data : ndarray, shape (byte,), uint8
        Where the lists are.
    lists : ndarray, shape (list, 2), int64
        The byte after the opening bracket of each, and the closing bracket.
    lengths : ndarray, shape (list,), int64
        How many there are in each: one more than there are commas.
    values : ndarray, shape (value,), float64
        Filled; the lengths add up to its own. NaN for null.
    good : ndarray, shape (list,), bool
        Filled: whether all of it could be read, and every number made exactly.
    """
    filled = 0
    for row in range(len(lists)):
        after = filled + lengths[row]
        good[row] = _list(data, lists[row, 0], lists[row, 1], values[filled:after])
        filled = after
