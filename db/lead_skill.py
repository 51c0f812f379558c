"""Skill of forecasts by how far ahead they speak: written with an issue, read for a place."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements


@dataclass(frozen=True, slots=True)
class LeadSkill:
    """How good the method was lately for a place over one block of leads.

    Attributes
    ----------
    lead_start_h, lead_end_h : int
        Block of leads; the end is not in it. [h]
    origin_count : int
        Backtest origins with a known load in the block.
    mae_w, naive_mae_w, crps_w : float or None
        Mean absolute errors, the weekly naive's for comparison, and the score of the quantiles. [W]
    rmae_ratio, rcrps_ratio : float or None
        ``mae_w`` and ``crps_w`` over the range P99 - P1 of the load. [1]
    coverage_ratio : float or None
        Share of loads between the outermost quantiles. [1]
    """

    lead_start_h: int
    lead_end_h: int
    origin_count: int
    mae_w: float | None
    naive_mae_w: float | None
    rmae_ratio: float | None
    crps_w: float | None
    rcrps_ratio: float | None
    coverage_ratio: float | None

    @property
    def naive_ratio(self) -> float | None:
        """Error over that of the weekly naive forecast; None where there is nothing to compare with. [1]."""
        return over_naive(self.mae_w, self.naive_mae_w)


def over_naive(mae_w: float | None, naive_mae_w: float | None) -> float | None:
    """Return a mean absolute error over the weekly naive forecast's; None where either is unknown or the latter 0."""
    return mae_w / naive_mae_w if mae_w is not None and naive_mae_w else None


#: What is known of each block.
LEAD_FIGURES: Final = tuple(field.name for field in fields(LeadSkill) if not field.name.startswith("lead_"))


async def insert_lead_skill(
    connection: Connection,
    *,
    forecast_run_id: int,
    place_id: NDArray[np.int32],
    lead_h: NDArray[np.int64],
    figures: Mapping[str, NDArray[np.generic]],
) -> None:
    """Store the skill of many places of one run by blocks of leads.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that stored the run and its skill.
    forecast_run_id : int
        From `db.forecasts.insert_run`.
    place_id : ndarray, shape (place,), int32
        Places.
    lead_h : ndarray, shape (block, 2), int64
        Leads ``[start, end)``. [h]
    figures : mapping of str to ndarray, shape (place, block)
        What `LeadSkill` holds of each place and block, by its name; NaN marks what is not known.
    """
    places, blocks = place_id.size, lead_h.shape[0]
    columns: dict[str, object] = {name: figures[name].ravel().tolist() for name in LEAD_FIGURES}
    columns["place_id"] = np.repeat(place_id, blocks).tolist()
    columns["lead_start_h"], columns["lead_end_h"] = (np.tile(edge, places).tolist() for edge in lead_h.T)
    columns["forecast_run_id"] = forecast_run_id
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(statements("lead_skill")["insert_lead_skill"], columns)


async def lead_skill_of_place(connection: Connection, *, forecast_run_id: int, place_id: int) -> list[LeadSkill]:
    """Return what one issue said of the skill for a place, in the order of leads; nothing where it was not judged."""
    wanted = {"forecast_run_id": forecast_run_id, "place_id": place_id}
    return await all_rows(connection, LeadSkill, statements("lead_skill")["lead_skill_of_place"], wanted)
