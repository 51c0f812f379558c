"""Coordinate reference systems that features are given in, and asked for in."""

from dataclasses import dataclass
from typing import Final

from core.errors import InputError
from db.features import Box


@dataclass(frozen=True, slots=True)
class Crs:
    """Name a coordinate reference system by its address, its SRID, and whether latitude comes first in it."""

    uri: str
    srid: int
    is_flipped: bool = False


CRS84: Final = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", 4326)
#: By address; the first is what is given unless another is asked for, and what records are stored in.
KNOWN: Final = {
    one.uri: one
    for one in (
        CRS84,
        Crs("http://www.opengis.net/def/crs/EPSG/0/4326", 4326, is_flipped=True),
        Crs("http://www.opengis.net/def/crs/EPSG/0/3857", 3857),
        Crs("http://www.opengis.net/def/crs/EPSG/0/2154", 2154),
    )
}


def crs_named(uri: str, parameter: str) -> Crs:
    """Return a system by its address.

    Raises
    ------
    InputError
        ``crs_unknown``.
    """
    found = KNOWN.get(uri)
    if found is None:
        raise InputError("crs_unknown", f"Systems are {', '.join(KNOWN)}.", field=parameter)
    return found


def read_box(text: str, crs: Crs = CRS84) -> Box:
    """Return the box that a text means.

    Raises
    ------
    InputError
        ``bbox_invalid``.
    """
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise _invalid("A bbox is numbers, joined by commas.") from None
    if not all(abs(number) < 1e9 for number in numbers):  # noqa: PLR2004 - NaN is refused as well
        raise _invalid("A bbox is finite numbers.")
    return box_in(crs, numbers)


def box_in(crs: Crs, numbers: tuple[float, ...]) -> Box:
    """Return a box from four numbers, or from six, of which heights are left out.

    Raises
    ------
    InputError
        ``bbox_invalid``.
    """
    if len(numbers) == 6:  # noqa: PLR2004 - two corners of three coordinates
        numbers = (*numbers[:2], *numbers[3:5])
    if len(numbers) != 4:  # noqa: PLR2004 - two corners of two coordinates
        raise _invalid("A bbox has four numbers, or six with heights.")
    one, two, three, four = numbers
    west, south, east, north = (two, one, four, three) if crs.is_flipped else (one, two, three, four)
    if south > north or (west > east and crs.srid != CRS84.srid):
        raise _invalid("The first corner of a bbox is the lower left one.")
    if crs.srid == CRS84.srid and not (-180 <= west <= 180 and -180 <= east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004
        raise _invalid("Longitudes are between -180 and 180, latitudes between -90 and 90.")
    return Box(west, south, east, north, crs.srid)


def _invalid(message: str) -> InputError:
    return InputError("bbox_invalid", message, field="bbox")
