"""Keep compiled code on disk where it can be written, and so that processes may share it.

Numba numbers the files of a function's variants, one for each set of argument types: two processes that compile
different variants at the same time give both the same number, and the index then leads to machine code for *other*
types, which reads arrays by wrong strides and may never end. Just so, what an older version of the source left behind
is found under the number that a new index already gives away. Here a file's name says what is in it.

What a function was compiled from is its own file and those beside it that it takes compiled functions from: Numba looks
at the first alone.
"""

import hashlib
import os
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from numba.core import caching, config

_numba_caching: Any = caching  # untyped
_Index: Any = _numba_caching.IndexDataCacheFile
_IMPORT: Final = re.compile(r"^from ([\w.]+) import", re.MULTILINE)


class NamedByContents(_Index):  # type: ignore[misc]
    """Name the file of each variant by the version of its source, its types and the processor it is for."""

    def save(self, key: Any, data: Any) -> None:
        """Save a variant: the file first, then the index that leads to it, which another process may overwrite.

        Notes
        -----
        A variant that is lost from the index in such a race is compiled once more, no worse.
        """
        overloads = self._load_index()
        if not overloads:
            self._forget_older()
        name = self._name_of(key)
        self._save_data(name, data)
        self._save_index(self._load_index() | {key: name})

    def _name_of(self, key: Any) -> str:
        digest = hashlib.sha256(repr((self._version, self._source_stamp, key)).encode()).hexdigest()
        return str(self._data_name(0)).replace(".0.nbc", f".{digest[:16]}.nbc")

    def _forget_older(self) -> None:
        """Remove what other versions of the source left; what another process is about to list is compiled again."""
        stem = str(self._data_name(0)).removesuffix("0.nbc")
        for path in Path(self._cache_path).glob(f"{stem}*.nbc"):
            path.unlink(missing_ok=True)


@cache
def stamp_of(source: Path) -> str:
    """Return a digest of a source file and of those in its folder that it imports from."""
    found, waiting = {source}, [source]
    while waiting:
        for name in _IMPORT.findall(waiting.pop().read_text()):
            beside = source.with_name(f"{name.rpartition('.')[2]}.py")
            if beside not in found and beside.exists():
                found.add(beside)
                waiting.append(beside)
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(found))).hexdigest()


def _stamp(locator: Any) -> str:
    return stamp_of(Path(locator._py_file))  # noqa: SLF001 - Numba's own way to the file


def keep_compiled_code() -> None:
    """Choose the folder and the names of the files; called once, before the first function is decorated.

    Notes
    -----
    Numba keeps compiled code beside the source, or in the user's cache folder where an install is
    read-only. Where neither can be written it would refuse to import, so a private folder under the
    system's temporary folder is used then. ``NUMBA_CACHE_DIR`` overrides all three.
    """
    _numba_caching.IndexDataCacheFile = NamedByContents
    _numba_caching._SourceFileBackedLocatorMixin.get_source_stamp = _stamp  # noqa: SLF001 - there is no door
    settings: Any = config  # its attributes are made at run time
    if not settings.CACHE_DIR and not any(_is_writable(folder) for folder in _usual_cache_folders()):
        settings.CACHE_DIR = str(_private_temporary_folder())


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
