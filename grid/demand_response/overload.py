"""How probable overload is: of every place that has a limit and a forecast, in every slot of an issue."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.capacity_limits import LimitedPlace, LimitSpan, limit_spans, limited_places
from db.connection import Connection
from db.forecasts import ForecastRun, PlaceForecastSlot, forecast_of_run
from db.overload import ProbabilityColumns, store_probabilities
from grid.demand_response.capacity import capacity_w
from grid.kernels.overload import overload_probability

#: What is less probable is not kept. [ratio]
FLOOR: Final = 0.01
#: Places whose forecasts are read at a time.
_AT_A_TIME: Final = 200


async def judge_issue(connection: Connection, run: ForecastRun, *, now: datetime) -> bool:
    """Reckon the probability of overload from an issue and store what is not negligible.

    Parameters
    ----------
    connection : Connection
        In the role that computes; inside a transaction.
    run : ForecastRun
        Issue.
    now : datetime
        Time.

    Returns
    -------
    bool
        False when another process has done so meanwhile.
    """
    end = run.issued_at + (run.horizon_slots + 1) * SLOT
    places = await limited_places(connection, start=run.known_until, end=end)
    spans = await limit_spans(connection, [one.place_id for one in places], start=run.known_until, end=end)
    parts, place_count = [], 0
    for first in range(0, len(places), _AT_A_TIME):
        some = places[first : first + _AT_A_TIME]
        rows = await forecast_of_run(
            connection, forecast_run_id=run.forecast_run_id, place_ids=[one.place_id for one in some]
        )
        if rows:
            place_count += len(rows) // run.horizon_slots
            # On a thread: the kernel releases the interpreter, and the event loop must not wait for it.
            parts.append(await asyncio.to_thread(_columns, rows, run, some, spans))
    return await store_probabilities(connection, run.forecast_run_id, parts, place_count=place_count, now=now)


def quantiles_w(rows: Sequence[PlaceForecastSlot], run: ForecastRun) -> NDArray[np.float64]:
    """Return the quantiles of an issue's rows, shape (place, slot, quantile), as the rows are ordered. [W]."""
    values = np.array([row.quantile_load_w for row in rows], dtype=np.float64)
    return values.reshape(-1, run.horizon_slots, len(run.quantiles))


def _columns(
    rows: Sequence[PlaceForecastSlot], run: ForecastRun, places: Sequence[LimitedPlace], spans: Sequence[LimitSpan]
) -> ProbabilityColumns:
    forecast = [row.place_id for row in rows[:: run.horizon_slots]]
    start = rows[0].valid_from
    known = set(forecast)
    limit_w = capacity_w(
        forecast,
        {one.place_id: one.rated_va for one in places if one.place_id in known},
        [span for span in spans if span.place_id in known],
        start_at=start,
        slots=run.horizon_slots,
    )
    probability = overload_probability(np.array(run.quantiles), quantiles_w(rows, run), limit_w)
    place, slot = np.nonzero(probability >= FLOOR)
    return ProbabilityColumns(
        [forecast[row] for row in place],
        [start + int(one) * SLOT for one in slot],
        limit_w[place, slot].tolist(),
        probability[place, slot].tolist(),
    )
