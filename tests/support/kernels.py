"""Kernels without their compiler."""

from collections.abc import Callable
from typing import Any


def interpreted(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """Return the Python function that a kernel was compiled from; the function itself where nothing is compiled."""
    function: Callable[..., Any] = getattr(compiled, "py_func", compiled)
    return function
