"""The first lines of a text file: its encoding, its delimiter, what stands before the header, and the header.

The two forms of the export that customers download from Enedis are known by their first line: a line of titles with a
line of what they say below it, or titles and facts in turn in one line; then the table, headed by *Horodate*.
"""

import csv
import gzip
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from core.errors import InputError

_HEAD_BYTES: Final = 65_536
_LOOKED_AT: Final = 12
_DELIMITERS: Final = ";\t|,"
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Head:
    """How a text file is written.

    Attributes
    ----------
    encoding, delimiter : str
        Of the text.
    skipped : int
        Lines before the header, or before the first row where there is none.
    names : sequence of str
        Titles of the columns as they stand there; numbers from 1 on where there is no header.
    preamble : mapping of str to str
        What stands before the header, by its title in plain letters.
    first : sequence of str
        Cells of the first row.
    """

    encoding: str
    delimiter: str
    skipped: int
    names: Sequence[str]
    preamble: Mapping[str, str] = field(default_factory=dict)
    first: Sequence[str] = ()


def plain(text: str) -> str:
    """Return a title without accents, quotes, capitals and outer spaces.

    Examples
    --------
    >>> plain('"Unité "')
    'unite'
    """
    letters = unicodedata.normalize("NFKD", text.strip().strip('"').strip())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def unpacked(raw: BinaryIO) -> BinaryIO:
    """Return the bytes of a file opened at its beginning, out of gzip where it is compressed."""
    is_compressed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if is_compressed else raw


def read_head(path: Path, *, delimiter: str | None, has_header: bool) -> Head:
    """Look at the beginning of a CSV file, plain or compressed with gzip.

    Raises
    ------
    InputError
        ``file_empty`` or ``file_unreadable``.
    """
    try:
        with path.open("rb") as raw:
            data = unpacked(raw).read(_HEAD_BYTES)
    except (OSError, EOFError) as error:
        raise InputError("file_unreadable", f"{path} cannot be read: {error}.") from error
    encoding = _encoding(data)
    lines = data.decode(encoding, errors="replace").splitlines()[:_LOOKED_AT]
    if not any(line.strip() for line in lines):
        raise InputError("file_empty", f"{path} holds no lines.")
    skipped = _table_at(lines) if has_header else 0
    used = delimiter or _delimiter(lines[skipped:])
    names = _cells(lines[skipped], used)
    rows = [line for line in lines[skipped + has_header :] if line.strip()]
    first = _cells(rows[0], used) if rows else []
    if not has_header:
        names = [str(number) for number in range(1, len(names) + 1)]
    return Head(encoding, used, skipped, names, _preamble(lines[:skipped]), first)


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    try:
        data[: -4 if len(data) == _HEAD_BYTES else None].decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _table_at(lines: Sequence[str]) -> int:
    """Return the index of the header: the first line that is not empty, or the one that Enedis' preamble leads to."""
    first = next(index for index, line in enumerate(lines) if line.strip())
    head = plain(lines[first])
    if head.startswith("identifiant prm") and "horodate" not in head:
        for index in range(first + 1, len(lines)):
            if plain(lines[index]).startswith("horodate"):
                return index
    return first


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that parts the lines into the most cells, equally many in each."""
    full = [line for line in lines if line.strip()]

    def rank(delimiter: str) -> tuple[bool, int]:
        counts = [len(_cells(line, delimiter)) for line in full]
        return len(set(counts)) == 1 and counts[0] > 1, counts[0]

    return max(_DELIMITERS, key=rank)


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter))]


def _preamble(lines: Sequence[str]) -> dict[str, str]:
    rows = [_cells(line, ";") for line in lines if line.strip()]
    if len(rows) == 1:
        return {plain(title): fact for title, fact in zip(rows[0][::2], rows[0][1::2], strict=False)}
    if rows:
        return {plain(title): fact for title, fact in zip(rows[0], rows[1], strict=False)}
    return {}
