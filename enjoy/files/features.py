"""GeoJSON: the features of a collection one by one, however large the file is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from core.errors import InputError

_CHUNK: Final = 1024 * 1024
#: A feature that is longer is not read. [characters]
_LONGEST: Final = 32 * 1024 * 1024
#: Names of WGS 84 with longitude first, which is what GeoJSON is in.
_WGS84: Final = ("CRS84", "EPSG::4326", "EPSG:4326")
_SPACE: Final = " \t\r\n"
#: What may come after a value.
_AFTER: Final = frozenset(_SPACE + ",:]}")


def read_geojson(path: Path) -> Iterator[object]:
    """Yield the features of a FeatureCollection.

    Raises
    ------
    InputError
        ``file_unreadable`` or ``crs_unsupported``.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from _features(_Text(file))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _unreadable(str(error)) from error


class _Text:
    """Read JSON values one after the other from a text that is never in memory as a whole."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._buffer, self._at, self._is_whole = "", 0, False
        self._decoder = json.JSONDecoder()

    def peek(self) -> str:
        """Return the next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _SPACE:
                    return self._buffer[self._at]
                self._at += 1
            if not self._more(_CHUNK):
                return ""

    def take(self, wanted: str) -> None:
        """Go past a character that has to come."""
        found = self.peek()
        if found != wanted or not found:
            raise _unreadable(f"{wanted!r} is missing")
        self._at += 1

    def value(self) -> Any:
        """Return the next value."""
        self.peek()
        size = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError:
                if not self._more(size):
                    raise
            else:
                # Else a number goes on in what is not read yet.
                if self._buffer[end : end + 1] in _AFTER or not self._more(size):
                    self._at = end
                    return value
            if len(self._buffer) - self._at > _LONGEST:
                raise _unreadable("a feature is too long")
            size *= 2

    def _more(self, size: int) -> bool:
        if self._is_whole:
            return False
        read = self._file.read(size)
        self._buffer, self._at = self._buffer[self._at :] + read, 0
        self._is_whole = not read
        return bool(read)


def _features(text: _Text) -> Iterator[object]:
    kind, found = None, False
    text.take("{")
    while text.peek() != "}":
        name = text.value()
        text.take(":")
        if name == "features":
            found = True
            yield from _items(text)
        elif name == "crs":
            _check_crs(text.value())
        else:
            value = text.value()
            kind = value if name == "type" else kind
        if text.peek() != "}":
            text.take(",")
    text.take("}")
    if text.peek() or kind != "FeatureCollection" or not found:
        raise _unreadable("it is not one FeatureCollection")


def _items(text: _Text) -> Iterator[object]:
    text.take("[")
    while text.peek() != "]":
        yield text.value()
        if text.peek() != "]":
            text.take(",")
    text.take("]")


def _check_crs(given: object) -> None:
    named = json.dumps(given)
    if given is not None and not any(name in named for name in _WGS84):
        raise InputError("crs_unsupported", "Coordinates are longitude and latitude in WGS 84, as GeoJSON has them.")


def _unreadable(why: str) -> InputError:
    return InputError("file_unreadable", f"The file cannot be read as a GeoJSON FeatureCollection: {why}.")
