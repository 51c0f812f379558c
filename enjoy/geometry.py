"""Geometries of records: read from GeoJSON (or from a shapely geometry), checked, and written as EWKB."""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import shapely

from core.datasets import GeometryType
from core.errors import InputError

WGS84: Final = 4326
_BOUNDS: Final = (-180.0, -90.0, 180.0, 90.0)
#: What no projected coordinate is beyond. [m]
_METRES: Final = (-1e9, -1e9, 1e9, 1e9)
_POINTS: Final = frozenset({GeometryType.POINT, GeometryType.ANY})
_PLANE: Final = 2
#: Byte order, type, reference system, coordinates.
_EWKB_POINT: Final = struct.Struct("<BIIdd")
_POINT_WITH_SRID: Final = 0x20000001
#: More corners than any coast of the metropolis needs. [points]
MOST_POINTS: Final = 100_000


def read_geometry(given: object, wanted: GeometryType) -> bytes:
    """Return a geometry in WGS 84 as EWKB.

    Parameters
    ----------
    given : mapping or shapely geometry
        GeoJSON: longitude, latitude [degrees].
    wanted : GeometryType
        What it has to be.

    Raises
    ------
    InputError
        ``geometry_missing``, ``geometry_malformed``, ``geometry_type``, ``geometry_range`` or ``geometry_invalid``.
    """
    if given is None:
        raise _wrong("geometry_missing", "Every record has a geometry.")
    quick = _plain_point(given) if wanted in _POINTS else None
    if quick is not None:
        return quick
    shape = given if isinstance(given, shapely.Geometry) else _parsed(given)
    if wanted is not GeometryType.ANY and shape.geom_type != wanted:
        raise _wrong("geometry_type", f"It is a {wanted}, and a {shape.geom_type} was given.")
    points = shapely.get_coordinates(shape)
    if not 0 < len(points) <= MOST_POINTS:
        raise _wrong("geometry_malformed", f"A geometry has between 1 and {MOST_POINTS} points.")
    low, high = points.min(axis=0), points.max(axis=0)
    inside = bool(np.isfinite(points).all() and (low >= _BOUNDS[:2]).all() and (high <= _BOUNDS[2:]).all())
    if not inside:
        raise _wrong("geometry_range", "Coordinates are longitude and latitude in degrees, in this order.")
    if not shapely.is_valid(shape):
        raise _wrong("geometry_invalid", f"The geometry is not valid: {shapely.is_valid_reason(shape)}.")
    flat = shapely.set_srid(shapely.force_2d(shape), WGS84)
    written: bytes = shapely.to_wkb(flat, include_srid=True)
    return written


def _plain_point(given: object) -> bytes | None:
    """Return a point of two good coordinates as EWKB, twenty times as quickly; None where it is anything else."""
    if not isinstance(given, Mapping) or given.get("type") != "Point":
        return None
    place = given.get("coordinates")
    if type(place) is not list or len(place) != _PLANE or not all(type(one) in {int, float} for one in place):
        return None
    longitude, latitude = place
    west, south, east, north = _BOUNDS
    if west <= longitude <= east and south <= latitude <= north:  # NaN is nowhere
        return _EWKB_POINT.pack(1, _POINT_WITH_SRID, WGS84, longitude, latitude)
    return None


def read_wkt(text: str) -> object:
    """Return a geometry written as WKT, for `read_geometry`; None where nothing is written.

    Raises
    ------
    InputError
        ``geometry_malformed``.
    """
    if not text.strip():
        return None
    try:
        shape: object = shapely.from_wkt(text.partition(";")[2] if text.startswith("SRID=4326;") else text)
    except (shapely.errors.GEOSException, ValueError) as error:
        raise _wrong("geometry_malformed", "The geometry cannot be read as WKT.") from error
    return shape


def read_wkb(given: object) -> object:
    """Return a geometry written as WKB, for `read_geometry`; None where there is none.

    Raises
    ------
    InputError
        ``geometry_malformed``.
    """
    if given is None:
        return None
    try:
        shape: object = shapely.from_wkb(given)
    except (shapely.errors.GEOSException, ValueError, TypeError) as error:
        raise _wrong("geometry_malformed", "The geometry cannot be read as WKB.") from error
    return shape


def _parsed(given: object) -> Any:
    if not isinstance(given, Mapping):
        raise _wrong("geometry_malformed", "A geometry is a GeoJSON object.")
    try:
        return shapely.from_geojson(json.dumps(given))
    except (shapely.errors.GEOSException, ValueError, TypeError) as error:
        raise _wrong("geometry_malformed", "The geometry cannot be read as GeoJSON.") from error


def read_shape(given: str | Mapping[str, object] | Sequence[float], srid: int, *, is_flipped: bool = False) -> bytes:
    """Return a geometry that a filter names, as EWKB in the system that it was written in.

    Parameters
    ----------
    given : str, mapping or sequence
        Well-known text, GeoJSON, or four numbers of a box.
    srid : int
        Its system.
    is_flipped : bool, default False
        Whether latitude comes first in it.

    Raises
    ------
    InputError
        ``geometry_malformed``, ``geometry_range`` or ``geometry_invalid``.
    """
    shape = _shape(given)
    points = shapely.get_coordinates(shape)
    if not 0 < len(points) <= MOST_POINTS:
        raise _wrong("geometry_malformed", f"A geometry has between 1 and {MOST_POINTS} points.")
    if is_flipped:
        points = points[:, ::-1]
        shape = shapely.set_coordinates(shapely.force_2d(shape), points)
    bounds = _BOUNDS if srid == WGS84 else _METRES
    if not bool(np.isfinite(points).all() and (points >= bounds[:2]).all() and (points <= bounds[2:]).all()):
        raise _wrong("geometry_range", "Coordinates are out of the range of their reference system.")
    if not shapely.is_valid(shape):
        raise _wrong("geometry_invalid", f"The geometry is not valid: {shapely.is_valid_reason(shape)}.")
    written: bytes = shapely.to_wkb(shapely.set_srid(shapely.force_2d(shape), srid), include_srid=True)
    return written


def _shape(given: str | Mapping[str, object] | Sequence[float]) -> Any:
    if isinstance(given, Mapping):
        return _parsed(given)
    if isinstance(given, str):
        try:
            return shapely.from_wkt(given)
        except shapely.errors.GEOSException as error:
            raise _wrong("geometry_malformed", "The geometry cannot be read as well-known text.") from error
    west, south, east, north = given
    if (west, south) == (east, north):
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _wrong(code: str, reason: str) -> InputError:
    return InputError(code, reason, field="geometry")
