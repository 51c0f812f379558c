"""Parquet and GeoParquet: rows of a file batch by batch."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from core.datasets import Contract
from core.errors import InputError
from enjoy.geometry import read_wkb

_BATCH_ROWS: Final = 2_000
#: Of a file no more is unpacked. [bytes]
MOST_UNPACKED: Final = 4 * 1024**3
GEOMETRY: Final = "geometry"


def read_parquet(path: Path, contract: Contract) -> Iterator[object]:
    """Yield the rows of a file as records; the primary geometry of GeoParquet is the record's.

    Parameters
    ----------
    path : Path
        The file.
    contract : Contract
        Says whether a column ``geometry`` is one.

    Raises
    ------
    InputError
        ``file_unreadable`` or ``crs_unsupported``.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check_size(file.metadata)
            column = _geometry_column(file.schema_arrow, contract)
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for row in _in_microseconds(batch).to_pylist():
                    yield _record(row, column)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        first = next(iter(str(error).splitlines()), "")[:300]
        raise InputError("file_unreadable", f"The file cannot be read as Parquet: {first}") from error


def _check_size(metadata: Any) -> None:
    unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if unpacked > MOST_UNPACKED:
        raise InputError("file_unreadable", f"The file holds more than {MOST_UNPACKED:,} bytes unpacked.")


def _geometry_column(schema: Any, contract: Contract) -> str | None:
    """Return the column of the geometry, after a look at its reference system."""
    known = (schema.metadata or {}).get(b"geo")
    if known is None:
        return GEOMETRY if contract.geometry_type is not None and GEOMETRY in schema.names else None
    try:
        geo = json.loads(known)
        name = str(geo["primary_column"])
        column = geo["columns"][name]
        crs = column.get("crs")
        code = (crs.get("id") or {}).get("code") if crs else None
        encoding = column["encoding"]
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError("file_unreadable", "The file's geo metadata cannot be read.") from error
    if encoding != "WKB":
        raise InputError("file_unreadable", f"Geometries are WKB, and the file has {str(encoding)[:50]}.")
    if crs and str(code) not in {"CRS84", "4326"}:
        raise InputError("crs_unsupported", "Coordinates are longitude and latitude in WGS 84.")
    return name


def _in_microseconds(batch: Any) -> Any:
    """Return a batch whose times are none of nanoseconds: Python has no such."""
    fields = [
        field.with_type(pa.timestamp("us", field.type.tz)) if pa.types.is_timestamp(field.type) else field
        for field in batch.schema
    ]
    wanted = pa.schema(fields)
    return batch if wanted.types == batch.schema.types else batch.cast(wanted, safe=False)


def _record(row: dict[str, Any], column: str | None) -> object:
    record = {name: _plain(value) for name, value in row.items() if name != column}
    if column is None:
        return record
    try:
        return record | {GEOMETRY: read_wkb(row[column])}
    except InputError as error:
        return InputError(error.code, error.message, field=GEOMETRY, content=str(record))


def _plain(value: object) -> object:
    """Return a value as JSON would have it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
