"""Where transformers stand: neighbouring communes share feeders, populous communes have more transformers."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.network import Commune

_ORDER: Final = 12  # the curve visits 4,096 by 4,096 cells
_SPREAD_DEG: Final = 0.012  # about a kilometre, well inside most communes


def hilbert_index(x: float, y: float) -> int:
    """Return how far along a Hilbert curve over the unit square a point lies (Skilling 2004, AIP Conf. Proc. 707).

    Examples
    --------
    >>> hilbert_index(0.0, 0.0) < hilbert_index(0.1, 0.1) < hilbert_index(0.9, 0.1)
    True
    """
    side = 1 << _ORDER
    column, row = min(int(x * side), side - 1), min(int(y * side), side - 1)
    index = 0
    half = side >> 1
    while half:
        right, upper = int(bool(column & half)), int(bool(row & half))
        index += half * half * ((3 * right) ^ upper)
        if not upper:
            if right:
                column, row = side - 1 - column, side - 1 - row
            column, row = row, column
        half >>= 1
    return index


def neighbourly(communes: Sequence[Commune]) -> list[Commune]:
    """Return the communes in an order in which neighbours stay close."""
    lon = np.array([commune.lon for commune in communes])
    lat = np.array([commune.lat for commune in communes])
    x = (lon - lon.min()) / max(float(np.ptp(lon)), 1e-9)
    y = (lat - lat.min()) / max(float(np.ptp(lat)), 1e-9)
    return [communes[row] for row in sorted(range(len(communes)), key=lambda row: hilbert_index(x[row], y[row]))]


def assign_communes(communes: Sequence[Commune], transformers: int) -> list[Commune]:
    """Give each transformer, in the order of its feeder, a commune with a chance in proportion to its population."""
    ordered = neighbourly(communes)
    cumulative = np.cumsum([max(commune.population, 1) for commune in ordered], dtype=np.float64)
    marks = (np.arange(transformers) + 0.5) * cumulative[-1] / transformers
    return [ordered[row] for row in np.searchsorted(cumulative, marks)]


def locate(
    communes: Sequence[Commune], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of each transformer: its commune's centroid and the model's own layout, scaled.

    Parameters
    ----------
    communes : sequence of Commune, length transformer
        Where each stands.
    x, y : ndarray, shape (transformer,)
        Coordinates in the network model. [degrees]

    Returns
    -------
    lon, lat : ndarray, shape (transformer,), float64
        WGS 84. [degrees]
    """
    lon, lat = np.empty(len(communes)), np.empty(len(communes))
    codes = np.array([commune.insee_code for commune in communes])
    for commune in {commune.insee_code: commune for commune in communes}.values():
        here = np.flatnonzero(codes == commune.insee_code)
        for out, centre, coordinate in ((lon, commune.lon, x), (lat, commune.lat, y)):
            offset = coordinate[here] - coordinate[here].mean()
            out[here] = centre + _SPREAD_DEG * offset / max(float(np.abs(offset).max()), 1e-9)
    return lon, lat
