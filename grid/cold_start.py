"""Give transformers without a past the forecast that their usage points call for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOTS_PER_DAY, SLOTS_PER_WEEK
from db.composition import SubscribedPower, transformer_composition
from db.connection import Connection
from grid.composition import COMPOSED, FEWEST_KNOWN, compose
from grid.forecast_model import NOTHING, SeriesForecasts, joined
from grid.history import LoadHistory
from grid.local_days import LocalDays

Float = NDArray[np.float64]

#: What kinds of usage points draw is learned from so many of the last days: what is older belongs to another season.
_DAYS_COMPARED: Final = 35


async def start_cold(
    connection: Connection, history: LoadHistory, made: SeriesForecasts
) -> tuple[LoadHistory, SeriesForecasts]:
    """Return history and forecasts with those transformers filled in that had too little past.

    Parameters
    ----------
    connection : Connection
        A role that reads usage points.
    history : LoadHistory
        Load; places that never had any are added to it, without load.
    made : SeriesForecasts
        Of the places of the history.

    Returns
    -------
    tuple of LoadHistory and SeriesForecasts
        The same where there is nobody to fill in, or too few to learn from.
    """
    place_id, subscribed_va = _matrix(await transformer_composition(connection))
    row = {int(place): at for at, place in enumerate(history.place_id)}
    has_past = np.array([place in row and bool(made.judged[row[place]]) for place in place_id.tolist()], dtype=np.bool_)
    if has_past.all() or has_past.sum() < FEWEST_KNOWN:
        return history, made
    slots, horizon = min(history.load_w.shape[1], _DAYS_COMPARED * SLOTS_PER_DAY), made.load_w.shape[1]
    local = LocalDays.of(history.end - slots * SLOT, slots + horizon)
    phase = (local.place + local.first.weekday() * SLOTS_PER_DAY) % SLOTS_PER_WEEK
    known = [row[place] for place in place_id[has_past].tolist()]
    composed = compose(
        history.load_w[known, -slots:], phase[:slots], subscribed_va[has_past], subscribed_va[~has_past], phase[slots:]
    )
    history, made = with_places(history, made, place_id[~has_past])
    at = np.searchsorted(history.place_id, place_id[~has_past])
    made.load_w[at], made.quantile_load_w[at] = composed.load_w, composed.quantile_load_w
    names = list(made.method)
    for place in at:
        names[place] = COMPOSED
    return history, replace(made, method=tuple(names))


def with_places(
    history: LoadHistory, made: SeriesForecasts, place_id: NDArray[np.int32]
) -> tuple[LoadHistory, SeriesForecasts]:
    """Return history and forecasts with rows for more places, in which nothing is known; places stay in their order."""
    new = np.setdiff1d(place_id, history.place_id)
    if not new.size:
        return history, made
    places = np.concatenate((history.place_id, new.astype(np.int32)))
    order = np.argsort(places)
    unknown = _nothing_known(made, new.size)
    load_w = np.concatenate((history.load_w, np.full((new.size, history.load_w.shape[1]), np.nan)))[order]
    return replace(history, place_id=places[order], load_w=load_w), joined([made, unknown], order=order)


def _nothing_known(made: SeriesForecasts, count: int) -> SeriesForecasts:
    """Return forecasts of so many series of which nothing is known, in the shape of others."""
    shaped = joined([made], order=np.zeros(count, dtype=np.int64))
    for values in (shaped.load_w, shaped.quantile_load_w, shaped.error_w, shaped.naive_load_w, shaped.weight):
        values[:] = np.nan
    shaped.judged[:] = False  # so that its scores, which are another's, speak of nothing
    shaped.floor_w[:] = made.floor_w.min()
    return replace(shaped, method=(NOTHING,) * count, rolling=())


def _matrix(rows: Sequence[SubscribedPower]) -> tuple[NDArray[np.int32], Float]:
    """Return transformers, rising, and the power subscribed at each, shape (transformer, kind). [VA]."""
    place, at = np.unique(np.array([row.place_id for row in rows], dtype=np.int32), return_inverse=True)
    kind, column = np.unique(np.array([row.kind for row in rows], dtype=np.str_), return_inverse=True)
    subscribed_va = np.zeros((place.size, kind.size))
    subscribed_va[at, column] = [row.subscribed_va for row in rows]
    return place, subscribed_va
