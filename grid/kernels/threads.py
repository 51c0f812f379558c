"""Prepare Numba: a cache folder that can be written and threads that may be entered from several threads.

Numba's own fall-back for threads, *workqueue*, aborts the process when two Python threads enter parallel
code at once. TBB and OpenMP allow it. A bare Debian has no OpenMP runtime, and the ``tbb`` wheel puts its
library where the dynamic linker does not look, so it is loaded here by its full path first.
"""

import ctypes
import os
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from numba import get_num_threads, threading_layer  # type: ignore[attr-defined]
from numba.core import config

from core.errors import ConfigurationError

TBB_LIBRARY = "libtbb.so.12"


def prepare() -> None:
    """Choose the cache folder and load TBB; called once, when the package is imported.

    Notes
    -----
    Numba keeps compiled code beside the source, or in the user's cache folder where an install is
    read-only. Where neither can be written it would refuse to import, so a private folder under the
    system's temporary folder is used then. ``NUMBA_CACHE_DIR`` overrides all three.
    """
    settings: Any = config  # its attributes are made at run time
    if not settings.CACHE_DIR and not any(_is_writable(folder) for folder in _usual_cache_folders()):
        settings.CACHE_DIR = str(_private_temporary_folder())
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


def _usual_cache_folders() -> tuple[Path, ...]:
    user_cache = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(__file__).parent / "__pycache__", Path(user_cache) / "numba"


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _private_temporary_folder() -> Path:
    """Return a folder only this user can write: cached code is executed, so its owner is checked."""
    folder = Path(tempfile.gettempdir()) / f"somel-numba-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="somel-numba-"))
    is_ours = status.st_uid == os.getuid() and not status.st_mode & 0o077 and not folder.is_symlink()
    return folder if is_ours else Path(tempfile.mkdtemp(prefix="somel-numba-"))


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
