"""A file of weather as a table: its cells, and what its titles say of quantities and units."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from grid.weather.quantities import QUANTITY_BY_TITLE

#: ``wind_speed_10m (km/h)`` or ``temperature_degc``.
_TITLE: Final = re.compile(r"(?P<title>[a-z0-9_]+)(?:\s*[(\[](?P<unit>[^)\]]+)[)\]])?")


@dataclass(frozen=True, slots=True)
class StatedColumn:
    """Say what a column holds: where it stands in the file, a key of `QUANTITY_BY_TITLE`, and its unit if stated."""

    heading: str
    title: str
    unit: str | None


def read_table(path: Path) -> pd.DataFrame:
    """Return the table of a Parquet or CSV file; of a CSV file all cells are text.

    Raises
    ------
    InputError
        ``weather_file_unreadable``.
    """
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, sep=None, engine="python", dtype=str, encoding="utf-8-sig")
    except (OSError, ValueError, csv.Error) as error:  # pandas' and pyarrow's own are of these kinds
        raise InputError("weather_file_unreadable", f"{path} cannot be read as a table: {error}.") from error


def stated_columns(table: pd.DataFrame, units: Mapping[str, str]) -> list[StatedColumn]:
    """Return the columns that hold weather.

    Parameters
    ----------
    table : DataFrame
        Its titles are ours, or those of Open-Meteo with or without a unit in brackets.
    units : mapping of str to str
        By title, for those without.

    Raises
    ------
    InputError
        ``weather_column_missing`` when there is none, ``weather_column_repeated`` when two hold the same quantity.
    """
    found = []
    for heading in map(str, table.columns):
        match = _TITLE.fullmatch(heading.strip())
        if match and match["title"] in QUANTITY_BY_TITLE:
            found.append(StatedColumn(heading, match["title"], units.get(match["title"], match["unit"])))
    if not found:
        known = ", ".join(QUANTITY_BY_TITLE)
        raise InputError(
            "weather_column_missing", f"The file has no column of weather; titles that are known: {known}."
        )
    if len({QUANTITY_BY_TITLE[column.title].name for column in found}) < len(found):
        raise InputError("weather_column_repeated", "Two columns of the file hold the same quantity.")
    return found


def column_of(table: pd.DataFrame, heading: str) -> "pd.Series[str]":
    """Return a column that has to be there.

    Raises
    ------
    InputError
        ``weather_column_missing``.
    """
    if heading not in table.columns:
        there = ", ".join(map(str, table.columns))
        raise InputError("weather_column_missing", f"The file has no column {heading!r}; it has: {there}.")
    return table[heading]


def numbers(cells: "pd.Series[str]") -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the numbers in a column, NaN where its cell is empty, and which cells are something else."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.to_numpy(dtype=np.float64, na_value=np.nan), np.zeros(cells.size, dtype=np.bool_)
    text = cells.str.strip().str.replace(",", ".", regex=False)
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    is_empty = (cells.isna() | (text == "")).to_numpy(dtype=np.bool_)
    return values, np.isnan(values) & ~is_empty
