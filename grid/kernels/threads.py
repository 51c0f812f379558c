"""Prepare Numba: threads that may be entered from several threads.

Numba's own fall-back for threads, *workqueue*, aborts the process when two Python threads enter parallel
code at once. TBB and OpenMP allow it. A bare Debian has no OpenMP runtime, and the ``tbb`` wheel puts its
library where the dynamic linker does not look, so it is loaded here by its full path first.
"""

import ctypes
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from numba import get_num_threads, threading_layer  # type: ignore[attr-defined]
from numba.core import config

from core.errors import ConfigurationError

TBB_LIBRARY = "libtbb.so.12"


def prepare() -> None:
    """Load TBB; called once, when the package is imported."""
    settings: Any = config  # its attributes are made at run time
    _load_tbb()
    if settings.THREADING_LAYER == "default":
        settings.THREADING_LAYER = "threadsafe"


def ensure_threading_layer() -> str:
    """Launch Numba's threads and return the name of their layer.

    Returns
    -------
    str
        ``"tbb"`` or ``"omp"``.

    Raises
    ------
    ConfigurationError
        No layer that several Python threads may enter is available on this host.
    """
    try:
        get_num_threads()
        layer = str(threading_layer())
    except ValueError as error:
        raise _no_layer("none") from error
    if layer not in ("tbb", "omp"):
        raise _no_layer(layer)
    return layer


def _no_layer(layer: str) -> ConfigurationError:
    return ConfigurationError(
        "threading_layer_missing",
        "Parallel kernels need TBB or OpenMP: install the Python package tbb or the system's libgomp1, "
        "and leave NUMBA_THREADING_LAYER unset.",
        layer=layer,
    )


def _load_tbb() -> None:
    """Load the wheel's TBB, so that Numba's request for it by bare name finds it in the process."""
    if not sys.platform.startswith("linux"):
        return
    for path in _tbb_candidates():
        if path.exists():
            try:
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            except OSError:  # another architecture or a damaged file: Numba goes on to OpenMP
                continue
            return


def _tbb_candidates() -> list[Path]:
    try:
        files = distribution("tbb").files or []
    except PackageNotFoundError:
        files = []
    wheel = [Path(str(file.locate())).resolve() for file in files if file.name == TBB_LIBRARY]
    return [*wheel, Path(sys.prefix) / "lib" / TBB_LIBRARY]
