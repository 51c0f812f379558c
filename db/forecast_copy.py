"""Forecast rows in PostgreSQL's binary COPY format, encoded as one NumPy record array.

Every row has the same length, because all rows carry the same number of quantiles: the fixed parts (lengths, array
headers) are written once into the record's template and the values as whole columns.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Signature, no flags, no header extension (PostgreSQL manual, COPY, "Binary Format").
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_FLOAT4_OID: Final = 700
_POSTGRES_EPOCH_S: Final = 946_684_800
_SLOT_US: Final = 1_800_000_000


@dataclass(frozen=True, slots=True)
class BaseForecasts:
    """Hold what places were forecast by themselves, before it was made to add up.

    Attributes
    ----------
    load_w : ndarray, shape (place, lead), float64
        Stored in single precision. [W]
    quantile_load_w : ndarray, shape (place, lead, quantile), float64
        Stored in single precision. [W]
    """

    load_w: NDArray[np.float64]
    quantile_load_w: NDArray[np.float64]


def encode_forecasts(
    forecast_run_id: int,
    place_id: NDArray[np.int32],
    first_valid_from: datetime,
    load_w: NDArray[np.float64],
    quantile_load_w: NDArray[np.float64],
    base: BaseForecasts | None = None,
) -> bytes:
    """Return rows of (forecast_run_id, place_id, valid_from, load_w, quantile_load_w), and the base where there is one.

    Parameters
    ----------
    forecast_run_id : int
        The same in every row.
    place_id : ndarray, shape (place,), int32
        Places.
    first_valid_from : datetime
        Start of lead 0; leads are half an hour apart.
    load_w : ndarray, shape (place, lead), float64
        Stored in double precision: it adds up. [W]
    quantile_load_w : ndarray, shape (place, lead, quantile), float64
        Stored in single precision. [W]
    base : BaseForecasts, optional
        Adds the columns base_load_w and base_quantile_load_w.

    Returns
    -------
    bytes
        Header, ``place * lead`` rows, trailer.
    """
    places, leads, levels = quantile_load_w.shape
    rows = np.zeros((places, leads), dtype=_row_type(levels, with_base=base is not None))
    rows["field_count"] = 5 if base is None else 7
    for name, length in (("run", 8), ("place", 4), ("valid", 8), ("load", 8)):
        rows[f"{name}_length"] = length
    rows["run"] = forecast_run_id
    rows["place"] = place_id[:, np.newaxis]
    first_us = (round(first_valid_from.timestamp()) - _POSTGRES_EPOCH_S) * 1_000_000
    rows["valid"] = first_us + np.arange(leads, dtype=np.int64) * _SLOT_US
    rows["load"] = load_w
    _fill_array(rows["quantiles"], quantile_load_w)
    if base is not None:
        rows["base_length"], rows["base"] = 4, base.load_w
        _fill_array(rows["base_quantiles"], base.quantile_load_w)
    return _HEADER + rows.tobytes() + _TRAILER


def _fill_array(field: NDArray[np.void], values: NDArray[np.float64]) -> None:
    """Write values, shape (place, lead, quantile), into a field of one-dimensional arrays of real."""
    levels = values.shape[2]
    field["length"], field["dimensions"], field["oid"] = 20 + 8 * levels, 1, _FLOAT4_OID
    field["size"], field["lower"] = levels, 1
    field["elements"]["length"], field["elements"]["value"] = 4, values


def _row_type(levels: int, *, with_base: bool) -> np.dtype[np.void]:
    element = np.dtype([("length", ">i4"), ("value", ">f4")])
    heads = [(name, ">i4") for name in ("length", "dimensions", "has_null", "oid", "size", "lower")]
    array = np.dtype([*heads, ("elements", element, (levels,))])
    fields = [
        ("field_count", ">i2"),
        ("run_length", ">i4"),
        ("run", ">i8"),
        ("place_length", ">i4"),
        ("place", ">i4"),
        ("valid_length", ">i4"),
        ("valid", ">i8"),
        ("load_length", ">i4"),
        ("load", ">f8"),
        ("quantiles", array),
    ]
    base = [("base_length", ">i4"), ("base", ">f4"), ("base_quantiles", array)]
    return np.dtype([*fields, *(base if with_base else [])])
