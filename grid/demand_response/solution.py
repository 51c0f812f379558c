"""What is kept of a plan beside its commands: how it was found, its gap, full limits and their prices."""

from typing import Final

import numpy as np

from core.slots import SLOT
from db.connection import Connection
from db.demand_response import DispatchPlan
from db.dispatch_solutions import DispatchSolution, LimitColumns, insert_solution
from grid.demand_response.optimisation import Optimum

#: Prices below this are rounding. [EUR/MWh]
_TINY_EUR_PER_MWH: Final = 1e-6


async def store_solution(connection: Connection, plan: DispatchPlan, optimum: Optimum) -> None:
    """Store how a plan was found; nothing is said of limits that have room, nor of those that nobody asks for any."""
    solution = DispatchSolution(
        optimum.solver,
        optimum.cost_eur - optimum.bound_eur,
        optimum.gap_wh,
        optimum.exact_slots,
        optimum.duration_s,
    )
    await insert_solution(connection, plan.dispatch_plan_id, solution, _limits(plan, optimum))


def _limits(plan: DispatchPlan, optimum: Optimum) -> LimitColumns:
    priced = optimum.shadow_price_eur_per_mwh > _TINY_EUR_PER_MWH
    told = np.isfinite(optimum.room_w) & (priced | optimum.cut_slot | (optimum.binding & (optimum.room_w > 0.0)))
    rows, slots = np.nonzero(told)
    return LimitColumns(
        [optimum.place_id[row] for row in rows],
        [plan.start_at + int(slot) * SLOT for slot in slots],
        optimum.room_w[rows, slots].tolist(),
        np.where(priced, optimum.shadow_price_eur_per_mwh, 0.0)[rows, slots].tolist(),
    )
