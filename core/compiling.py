"""Compile: the one way kernels are decorated, typed so that mypy sees through it.

Importing it first settles where compiled code is kept (see `core.compiled_code`), because Numba looks for that when the
first function is decorated.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit, prange

from core.compiled_code import keep_compiled_code

__all__ = ["inlined", "jitted", "kernel", "leaf", "parallel_kernel", "prange"]

Compiled = TypeVar("Compiled", bound=Callable[..., object])

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
# Wrappers nobody calls and checks for division by zero make up a good part of the compile time.
_NO_C: dict[str, Any] = {"no_cfunc_wrapper": True}
_NO_PYTHON: dict[str, Any] = {"no_cpython_wrapper": True}
# Numba counts who holds an array whenever one is passed on or looked at in part: by an atomic instruction, of which one
# takes as long as adding up forty numbers. A function that makes no array need not take part in it.
_NO_COUNTING: dict[str, Any] = {"_nrt": False}

keep_compiled_code()


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
    return cast("Compiled", njit(**_OPTIONS | _NO_C | _NO_PYTHON)(function))


def leaf(function: Compiled) -> Compiled:
    """Compile a function that kernels of the same file call and that makes no array: much cheaper to call.

    It may look at parts of arrays, but not copy or compute whole ones: Numba refuses to compile that.
    """
    return cast("Compiled", njit(**_OPTIONS | _NO_C | _NO_PYTHON | _NO_COUNTING)(function))


def inlined(function: Compiled) -> Compiled:
    """Compile a small function into every kernel of the same file that calls it, before types are inferred."""
    return cast("Compiled", njit(inline="always", error_model="numpy")(function))


def kernel(function: Compiled) -> Compiled:
    """Compile an entry point that runs on one thread.

    Returns
    -------
    callable
        The same function, compiled at first use and cached on disk; it releases the GIL. Other kernels may call it.
    """
    return cast("Compiled", njit(**_OPTIONS | _NO_C)(function))


def parallel_kernel(function: Compiled) -> Compiled:
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
    return cast("Compiled", njit(**_OPTIONS | _NO_C, parallel=True)(function))
