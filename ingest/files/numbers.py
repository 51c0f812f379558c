"""Cells become numbers: with the decimal mark that the file uses, and a reason where one is none."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bool = npt.NDArray[np.bool_]

#: What exports write where there is no value.
MISSING: Final = ("", "null", "na", "n/a", "nan", "none", "-", "--", "nd")
_SPACES: Final = r"[\s\x{00a0}\x{202f}]"
_NUMBER: Final = r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """What cells hold; `value` is NaN where they hold no number, `other_mark` where it has the other decimal mark."""

    value: npt.NDArray[np.float64]
    missing: Bool
    unreadable: Bool
    other_mark: Bool


def read_numbers(cells: Any, decimal: str) -> Numbers:
    """Read cells.

    Parameters
    ----------
    cells : pyarrow.Array, shape (row,)
        Text, or numbers from Parquet.
    decimal : str
        The decimal mark, ``.`` or ``,``.
    """
    if not _is_text(cells):
        return _typed(cells)
    text = _trimmed(cells)
    missing = _bools(pc.is_in(pc.utf8_lower(text), value_set=pa.array(MISSING)))
    numeric = _bools(pc.match_substring_regex(text, _NUMBER))
    other = numeric & _bools(pc.match_substring(text, "," if decimal == "." else "."))
    readable = numeric & ~other
    plain = pc.if_else(pa.array(readable), pc.replace_substring(text, ",", "."), "nan")
    value = np.asarray(plain.cast(pa.float64()).to_numpy(zero_copy_only=False))
    return Numbers(value, missing, ~missing & ~numeric, other)


def marks(cells: Any) -> tuple[int, int]:
    """Return how many numbers are written with a point, and how many with a comma."""
    if not _is_text(cells):
        return 0, 0
    text = _trimmed(cells)
    numeric = text.filter(pc.match_substring_regex(text, _NUMBER))
    return tuple(int(np.count_nonzero(_bools(pc.match_substring(numeric, mark)))) for mark in ".,")  # type: ignore[return-value]


def _is_text(cells: Any) -> bool:
    return bool(pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type))


def _typed(cells: Any) -> Numbers:
    is_number = pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type) or pa.types.is_decimal(cells.type)
    none = np.zeros(len(cells), np.bool_)
    if not is_number:
        return Numbers(np.full(len(cells), np.nan), none, ~none, none)
    value = np.asarray(cells.cast(pa.float64()).to_numpy(zero_copy_only=False))
    return Numbers(value, np.isnan(value), none, none)


def _trimmed(cells: Any) -> Any:
    return pc.replace_substring_regex(pc.fill_null(cells, ""), _SPACES, "")


def _bools(mask: Any) -> Bool:
    return np.asarray(mask.to_numpy(zero_copy_only=False))
