"""Pictures of passes, drawn here: a bright square with the stroke of the platform's mark, as PNG."""

import struct
import zlib
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Corners of the stroke in a square of 32, as in the mark on the pages.
_STROKE: Final = ((3, 20), (8, 20), (12, 7), (18, 27), (22, 15), (24, 20), (29, 20))
_HALF_WIDTH: Final = 1.4
_GROUND: Final = np.array([21, 67, 96])
_INK: Final = np.array([255, 255, 255])
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
    ink = _inked(size)[:, :, None]
    colours = np.rint(_GROUND + (_INK - _GROUND) * ink).astype(np.uint8)
    rows = np.pad(colours.reshape(size, 3 * size), ((0, 0), (1, 0)))  # before each row, that it is as it is
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _inked(size: int) -> NDArray[np.float64]:
    """Return how much of each pixel is ink: as many of its samples as lie on the stroke."""
    steps = (np.arange(size * _SAMPLES) + 0.5) * 32 / (size * _SAMPLES)
    across, down = np.meshgrid(steps, steps)
    nearest = np.min([_distances(across, down, a, b) for a, b in pairwise(_STROKE)], axis=0)
    samples = (nearest <= _HALF_WIDTH).reshape(size, _SAMPLES, size, _SAMPLES)
    return np.asarray(samples.mean(axis=(1, 3)), np.float64)


def _distances(
    x: NDArray[np.float64], y: NDArray[np.float64], a: tuple[int, int], b: tuple[int, int]
) -> NDArray[np.float64]:
    """Return how far places are from the line between two corners."""
    across, down = b[0] - a[0], b[1] - a[1]
    part = np.clip(((x - a[0]) * across + (y - a[1]) * down) / (across**2 + down**2), 0.0, 1.0)
    return np.hypot(x - a[0] - part * across, y - a[1] - part * down)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
