"""How plans were found: their gaps, the limits they use to the full, and what more room there would save."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row
from db.statements import statements

_SQL: Final = statements("dispatch_solutions")


@dataclass(frozen=True, slots=True)
class DispatchSolution:
    """How a plan was found.

    Attributes
    ----------
    solver : str
        transformers (each by itself), nested (limits inside limits) or commitment (on and off).
    gap_eur, gap_wh : float
        What a better plan could save, and serve more, at the most. [EUR], [Wh]
    exact_slot_count : int
        Slots planned exactly; fewer than the plan has when the time was over.
    duration_s : float
        Time it took. [s]
    """

    solver: str
    gap_eur: float
    gap_wh: float
    exact_slot_count: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class LimitColumns:
    """Limits to be stored, one element for each place and slot. [W], [EUR/MWh]."""

    place_ids: list[int]
    slot_starts: list[datetime]
    rooms_w: list[float]
    shadow_prices_eur_per_mwh: list[float]


@dataclass(frozen=True, slots=True)
class LimitSlot:
    """A limit that a plan uses to the full in a slot, and what more room would save. [W], [EUR/MWh]."""

    place_id: int
    place_level: str
    place_code: str
    slot_start_at: datetime
    room_w: float
    shadow_price_eur_per_mwh: float


@dataclass(frozen=True, slots=True)
class PlaceAbove:
    """A transformer and one of the places whose limits hold for it, itself among them."""

    power_transformer_place_id: int
    place_id: int
    level: str
    code: str


async def insert_solution(
    connection: Connection, dispatch_plan_id: int, solution: DispatchSolution, limits: LimitColumns
) -> None:
    """Store how a plan was found; it goes with the plan."""
    plan = {"dispatch_plan_id": dispatch_plan_id}
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(_SQL["insert_solution"], asdict(solution) | plan)
        await cursor.execute(_SQL["insert_limit_slots"], asdict(limits) | plan)


async def solution_of_event(connection: Connection, event_id: UUID) -> DispatchSolution | None:
    """Return how the plan of an event was found."""
    return await one_row(connection, DispatchSolution, _SQL["solution_of_event"], {"event_id": event_id})


async def limit_slots_of_event(connection: Connection, event_id: UUID) -> list[LimitSlot]:
    """Return the limits that the plan of an event uses to the full, by place and slot."""
    return await all_rows(connection, LimitSlot, _SQL["limit_slots_of_event"], {"event_id": event_id})


async def places_above(connection: Connection, place_ids: Sequence[int]) -> list[PlaceAbove]:
    """Return, for each of some transformers, the places whose limits hold for it."""
    return await all_rows(connection, PlaceAbove, _SQL["places_above"], {"place_ids": list(place_ids)})
