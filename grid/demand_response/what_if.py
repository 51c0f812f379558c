"""What if: the plans that events would get with what is known now; nothing is stored, nobody is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from core.errors import InputError, RefusedError
from db.connection import Connection
from db.demand_response import Event
from grid.demand_response.commands import commands_of
from grid.demand_response.lifecycle import EventStatus, require_sound
from grid.demand_response.planning import Planned, make_plan


@dataclass(frozen=True, slots=True)
class Wish:
    """An event that somebody thinks about; as in `grid.demand_response.lifecycle.draft_event`."""

    name: str
    place_id: int
    starts_at: datetime
    ends_at: datetime
    target_w: float | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would come of a wish: a plan and how many resources it would command, or why there can be none."""

    planned: Planned | None = None
    called_count: int = 0
    fault: InputError | RefusedError | None = None


async def what_if(connection: Connection, wishes: Sequence[Wish], *, now: datetime) -> list[Outlook]:
    """Plan each wish by itself; one that cannot be planned does not stop the others.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    wishes : sequence of Wish
        In the order of the answer.
    now : datetime
        Time.
    """
    return [await _outlook(connection, wish, now) for wish in wishes]


async def _outlook(connection: Connection, wish: Wish, now: datetime) -> Outlook:
    try:
        require_sound(wish.name, wish.starts_at, wish.ends_at, target_w=wish.target_w, now=now)
        event = Event(
            uuid4(),
            wish.name,
            wish.place_id,
            EventStatus.DRAFT,
            wish.starts_at,
            wish.ends_at,
            created_at=now,
            status_at=now,
            target_w=wish.target_w,
        )
        planned = await make_plan(connection, event, now)
    except (InputError, RefusedError) as fault:
        return Outlook(fault=fault)
    return Outlook(planned, len(commands_of(event, planned.fleet, planned.optimum, now=now)))
