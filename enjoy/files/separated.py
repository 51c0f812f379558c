"""CSV: delimiter by its header, UTF-8 with or without BOM, geometry as longitude and latitude or as WKT."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from core.datasets import Contract
from core.errors import InputError
from enjoy.geometry import read_wkt

DELIMITERS: Final = (",", ";", "\t")
#: Columns that hold a point where the contract has no such fields.
LONGITUDES: Final = ("longitude", "lon", "lng", "x")
LATITUDES: Final = ("latitude", "lat", "y")
GEOMETRY: Final = "geometry"
_LONGEST_CELL: Final = 8 * 1024 * 1024


def read_csv(path: Path, contract: Contract) -> Iterator[object]:
    """Yield the rows of a file as records of texts, or as what is wrong with them.

    Parameters
    ----------
    path : Path
        The file.
    contract : Contract
        Names its columns.

    Raises
    ------
    InputError
        ``file_unreadable`` or ``columns_invalid``.
    """
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            rows = csv.reader(file, delimiter=delimiter_of(header), strict=True)
            names = [name.strip() for name in next(rows, [])]
            place = _place(names, contract)
            for row in rows:
                if row:
                    yield _record(names, row, place)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("file_unreadable", f"The file cannot be read as CSV in UTF-8: {error}.") from error


def delimiter_of(header: str) -> str:
    """Return what separates the names of a header.

    Examples
    --------
    >>> [delimiter_of(header) for header in ("a,b", "a;b,c;d", "a", '"x;y";"z"')]
    [',', ';', ',', ';']
    """
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _place(names: list[str], contract: Contract) -> tuple[str, str] | None:
    """Return the columns of longitude and latitude, if there are such; refuse a header that is not the contract's."""
    fields = {field.name for field in contract.fields}
    place = None
    if contract.geometry_type is not None:
        longitude = next((name for name in names if name.lower() in LONGITUDES and name not in fields), None)
        latitude = next((name for name in names if name.lower() in LATITUDES and name not in fields), None)
        place = (longitude, latitude) if longitude is not None and latitude is not None else None
        fields |= {GEOMETRY, *(place or ())}
    problems = {name: "the contract has no such field" for name in names if name not in fields}
    problems |= {name: "it is there twice" for name in names if names.count(name) > 1}
    required = [field.name for field in contract.fields if field.is_required]
    problems |= {name: "every record has it, and the file has not" for name in required if name not in names}
    if contract.geometry_type is not None and place is None and GEOMETRY not in names:
        problems[GEOMETRY] = "there are neither longitude and latitude nor geometry"
    if problems:
        message = "The columns are not the contract's: " + "; ".join(f"{name}: {why}" for name, why in problems.items())
        raise InputError("columns_invalid", message[:2_000], problems=problems)
    return place


def _record(names: list[str], row: list[str], place: tuple[str, str] | None) -> object:
    if len(row) != len(names):
        reason = f"The header has {len(names)} columns, the row {len(row)}."
        return InputError("row_length", reason, content=str(row))
    record: dict[str, object] = dict(zip(names, row, strict=True))
    try:
        if place is not None:
            record[GEOMETRY] = _point(record, place)
        elif GEOMETRY in record:
            record[GEOMETRY] = read_wkt(str(record[GEOMETRY]))
    except InputError as error:
        return InputError(error.code, error.message, field=GEOMETRY, content=str(row))
    return record


def _point(record: dict[str, object], place: tuple[str, str]) -> Mapping[str, object] | None:
    longitude, latitude = (str(record.pop(name)).strip() for name in place)
    if not longitude and not latitude:
        return None
    try:
        return {"type": "Point", "coordinates": [float(longitude), float(latitude)]}
    except ValueError:
        raise InputError("geometry_malformed", "Longitude and latitude are numbers.") from None
