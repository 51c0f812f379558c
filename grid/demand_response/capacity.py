"""The most that may flow into places, slot by slot: ratings of transformers and limits set beside them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, slot_floor
from db.capacity_limits import LimitSpan, limit_spans
from db.connection import Connection
from db.demand_response import transformer_ratings
from grid.demand_response.limits import POWER_FACTOR

Float = NDArray[np.float64]

_NOT_SET: Final = np.inf


async def read_capacity_w(connection: Connection, place_ids: Sequence[int], *, start_at: datetime, slots: int) -> Float:
    """Return the limits of places of any level, shape (place, slot); infinite where a place has none. [W].

    Parameters
    ----------
    connection : Connection
        Any role that reads.
    place_ids : sequence of int
        Places, in any order.
    start_at : datetime
        Start of slot 0.
    slots : int
        Number of slots.

    Notes
    -----
    Of a rating and of all limits that hold for any part of a slot, the lowest counts. A rating is apparent power; what
    it lets through is reckoned with the power factor that `grid.demand_response.limits` gives households.
    """
    rated = {row.place_id: row.rated_va for row in await transformer_ratings(connection, place_ids)}
    spans = await limit_spans(connection, place_ids, start=start_at, end=start_at + slots * SLOT)
    return capacity_w(place_ids, rated, spans, start_at=start_at, slots=slots)


def capacity_w(
    place_ids: Sequence[int],
    rated_va: Mapping[int, int | None],
    spans: Sequence[LimitSpan],
    *,
    start_at: datetime,
    slots: int,
) -> Float:
    """Lay ratings and limits on slots; see `read_capacity_w`."""
    limit_w: Float = np.full((len(place_ids), slots), _NOT_SET)
    row_of = {place_id: row for row, place_id in enumerate(place_ids)}
    for place_id, rated in rated_va.items():
        if rated is not None:
            limit_w[row_of[place_id]] = POWER_FACTOR * rated
    for span in spans:
        first = max((slot_floor(span.valid_from) - start_at) // SLOT, 0)
        # Rounded up: a limit holds in a slot that it covers in part.
        stop = slots if span.valid_until is None else min(-((start_at - span.valid_until) // SLOT), slots)
        held = limit_w[row_of[span.place_id], first : max(stop, 0)]
        np.minimum(held, span.limit_w, out=held)
    return limit_w
