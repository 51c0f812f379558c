"""Compile: the one way kernels are decorated, typed so that mypy sees through it."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit, prange

__all__ = ["jitted", "kernel", "prange"]

Compiled = TypeVar("Compiled", bound=Callable[..., object])

# Wrappers nobody calls and checks for division by zero make up a good part of the compile time.
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def jitted(function: Compiled) -> Compiled:
    """Compile a function that kernels of the same file call.

    Parameters
    ----------
    function : callable
        Works on scalars and arrays only.

    Returns
    -------
    callable
        The same function, compiled at first use and cached on disk; Python cannot call it.
    """
    return cast("Compiled", njit(**_OPTIONS | {"no_cpython_wrapper": True})(function))


def kernel(function: Compiled) -> Compiled:
    """Compile an entry point whose outer axis runs on several threads.

    Parameters
    ----------
    function : callable
        Uses ``prange`` on its outer axis only; every iteration writes rows of its own, so that the
        result does not depend on the number of threads.

    Returns
    -------
    callable
        The same function, compiled at first use and cached on disk; it releases the GIL.
    """
    return cast("Compiled", njit(**_OPTIONS, parallel=True)(function))
