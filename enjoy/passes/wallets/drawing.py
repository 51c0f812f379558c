"""Pictures of passes, drawn here: a bright square with the stroke of the platform's mark, as PNG."""

import struct
import zlib
from functools import cache
from itertools import pairwise
from math import hypot
from typing import Final

#: Corners of the stroke in a square of 32, as in the mark on the pages.
_STROKE: Final = ((3, 20), (8, 20), (12, 7), (18, 27), (22, 15), (24, 20), (29, 20))
_HALF_WIDTH: Final = 1.4
_GROUND: Final = (21, 67, 96)
_INK: Final = (255, 255, 255)
#: Samples along each side of a pixel.
_SAMPLES: Final = 2


@cache
def picture(size: int) -> bytes:
    """Return a square picture as PNG.

    Parameters
    ----------
    size : int
        Of its side. [pixels]
    """
    rows = b"".join(b"\x00" + bytes(part for x in range(size) for part in _colour(x, y, size)) for y in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _colour(x: int, y: int, size: int) -> tuple[int, ...]:
    """Return the colour of a pixel: as much ink as samples of it lie on the stroke."""
    steps = [(one + 0.5) / _SAMPLES for one in range(_SAMPLES)]
    places = [((x + across) * 32 / size, (y + down) * 32 / size) for across in steps for down in steps]
    inked = sum(_is_on_stroke(place) for place in places) / len(places)
    return tuple(round(ground + (ink - ground) * inked) for ground, ink in zip(_GROUND, _INK, strict=True))


def _is_on_stroke(place: tuple[float, float]) -> bool:
    return any(_distance(place, a, b) <= _HALF_WIDTH for a, b in pairwise(_STROKE))


def _distance(place: tuple[float, float], a: tuple[int, int], b: tuple[int, int]) -> float:
    """Return how far a place is from the line between two corners."""
    across, down = b[0] - a[0], b[1] - a[1]
    along = ((place[0] - a[0]) * across + (place[1] - a[1]) * down) / (across * across + down * down)
    part = min(1.0, max(0.0, along))
    return hypot(place[0] - a[0] - part * across, place[1] - a[1] - part * down)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
