"""Forecast rows in PostgreSQL's binary COPY format, encoded as one NumPy record array.

Every row has the same length, because all rows carry the same number of quantiles: the fixed parts (lengths, array
header) are written once into the record's template and the values as whole columns.
"""

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


def encode_forecasts(
    forecast_run_id: int,
    place_id: NDArray[np.int32],
    first_valid_from: datetime,
    load_w: NDArray[np.float64],
    quantile_load_w: NDArray[np.float64],
) -> bytes:
    """Return rows of (forecast_run_id, place_id, valid_from, load_w, quantile_load_w).

    Parameters
    ----------
    forecast_run_id : int
        The same in every row.
    place_id : ndarray, shape (place,), int32
        Places.
    first_valid_from : datetime
        Start of lead 0; leads are half an hour apart.
    load_w : ndarray, shape (place, lead), float64
        Stored in single precision. [W]
    quantile_load_w : ndarray, shape (place, lead, quantile), float64
        Stored in single precision. [W]

    Returns
    -------
    bytes
        Header, ``place * lead`` rows, trailer.
    """
    places, leads, levels = quantile_load_w.shape
    rows = np.zeros((places, leads), dtype=_row_type(levels))
    rows["field_count"] = 5
    for name, length in (("run", 8), ("place", 4), ("valid", 8), ("load", 4), ("array", 20 + 8 * levels)):
        rows[f"{name}_length"] = length
    rows["run"] = forecast_run_id
    rows["place"] = place_id[:, np.newaxis]
    first_us = (round(first_valid_from.timestamp()) - _POSTGRES_EPOCH_S) * 1_000_000
    rows["valid"] = first_us + np.arange(leads, dtype=np.int64) * _SLOT_US
    rows["load"] = load_w
    rows["dimensions"], rows["oid"] = 1, _FLOAT4_OID
    rows["size"], rows["lower"] = levels, 1
    rows["quantiles"]["length"] = 4
    rows["quantiles"]["value"] = quantile_load_w
    return _HEADER + rows.tobytes() + _TRAILER


def _row_type(levels: int) -> np.dtype[np.void]:
    element = np.dtype([("length", ">i4"), ("value", ">f4")])
    return np.dtype(
        [
            ("field_count", ">i2"),
            ("run_length", ">i4"),
            ("run", ">i8"),
            ("place_length", ">i4"),
            ("place", ">i4"),
            ("valid_length", ">i4"),
            ("valid", ">i8"),
            ("load_length", ">i4"),
            ("load", ">f4"),
            ("array_length", ">i4"),
            ("dimensions", ">i4"),
            ("has_null", ">i4"),
            ("oid", ">i4"),
            ("size", ">i4"),
            ("lower", ">i4"),
            ("quantiles", element, (levels,)),
        ]
    )
