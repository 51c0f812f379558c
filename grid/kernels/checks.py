"""Check what callers hand to kernels: compiled code does not look before it reads."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvariantError

Float = NDArray[np.float64]
Single = NDArray[np.float32]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


def float_array(name: str, values: NDArray[Any], *, axes: Sequence[int | None]) -> Float:
    """Return values as contiguous float64 after checking its axes.

    Parameters
    ----------
    name : str
        Named in the error.
    values : ndarray
        Any real dtype.
    axes : sequence of int or None
        Expected length of each axis; None for any length.

    Returns
    -------
    ndarray, float64, C-contiguous
        The same array where it already is so; read-only ones are copied, because Numba would compile
        a second version for them.

    Raises
    ------
    InvariantError
        The number or the length of the axes differs, or the dtype is not real.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise InvariantError("kernel_dtype", f"{name} must hold real numbers.", dtype=str(array.dtype))
    _check_axes(name, array, axes)
    return np.require(array, np.float64, ("C", "W"))


def int_array(name: str, values: NDArray[Any], *, axes: Sequence[int | None]) -> Int:
    """Return values as contiguous int64 after checking its axes.

    Parameters
    ----------
    name : str
        Named in the error.
    values : ndarray
        Any integer dtype.
    axes : sequence of int or None
        Expected length of each axis; None for any length.

    Returns
    -------
    ndarray, int64, C-contiguous

    Raises
    ------
    InvariantError
        The number or the length of the axes differs, or the dtype is not integer.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iu" and array.size:
        raise InvariantError("kernel_dtype", f"{name} must hold integers.", dtype=str(array.dtype))
    _check_axes(name, array, axes)
    return np.require(array, np.int64, ("C", "W"))


def require(condition: bool, message: str, **context: object) -> None:
    """Raise unless a promise about the arguments holds.

    Parameters
    ----------
    condition : bool
        What must hold.
    message : str
        The promise, as a sentence.
    **context : object
        The facts.

    Raises
    ------
    InvariantError
        The condition is false.
    """
    if not condition:
        raise InvariantError("kernel_argument", message, **context)


def _check_axes(name: str, array: NDArray[Any], axes: Sequence[int | None]) -> None:
    matches = array.ndim == len(axes) and all(
        expected is None or actual == expected for actual, expected in zip(array.shape, axes, strict=True)
    )
    if not matches:
        raise InvariantError("kernel_shape", f"{name} has the wrong shape.", expected=tuple(axes), actual=array.shape)
