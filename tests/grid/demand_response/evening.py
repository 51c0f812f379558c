"""An evening in the small town: a flat forecast, and chargers that would all start at 17:00 UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from core.slots import SLOT
from db.connection import Connection, Role, connect
from db.demand_response import Event
from db.forecasts import insert_forecasts, insert_run
from grid.demand_response.lifecycle import draft_event
from tests.grid.town import Town, add_resource, say

#: Noon of a Thursday; no holiday near.
NOON = datetime(2026, 1, 29, 12, tzinfo=UTC)
OPENS = NOON + timedelta(hours=5)
EVENT_STARTS = NOON + timedelta(hours=6)
EVENT_ENDS = NOON + timedelta(hours=7)
QUANTILES = (0.5, 0.9, 0.99)


async def forecast_flat(url: str, town: Town, load_w: Mapping[str, float], *, issued_at: datetime = NOON) -> None:
    """Store a forecast of two days: the load given from the quantile 0.9 on, half of it at the median."""
    codes = list(load_w)
    careful_w = np.repeat(np.array([[load_w[code]] for code in codes]), 96, axis=1)
    async with await connect(url, Role.COMPUTE) as connection:
        run_id = await insert_run(
            connection, issued_at=issued_at, known_until=issued_at, horizon_slots=96, quantiles=QUANTILES
        )
        await insert_forecasts(
            connection,
            forecast_run_id=run_id,
            place_id=np.array([town.place[code] for code in codes], dtype=np.int32),
            first_valid_from=issued_at,
            load_w=careful_w / 2,
            quantile_load_w=np.stack((careful_w / 2, careful_w, careful_w), axis=2),
        )


async def add_chargers(
    url: str, town: Town, code: str, *, need_wh: int = 14_000, ready_by: datetime = NOON + timedelta(hours=11)
) -> list[int]:
    """Put a 7 kW charger behind each usage point of a transformer; each needs `need_wh` from 17:00 on."""
    devices = []
    for number, usage_point in enumerate(town.usage_points[code]):
        device = await add_resource(url, usage_point, f"ev-{code}-{number}")
        await say(url, device, reported_at=NOON, opens=OPENS, ready_by=ready_by, need_wh=need_wh, power_w=7_000)
        devices.append(device)
    return devices


async def draft(
    connection: Connection, place_id: int, *, starts_at: datetime = EVENT_STARTS, ends_at: datetime = EVENT_ENDS
) -> Event:
    """Draft the event of the evening: 18:00 to 19:00 UTC."""
    return await draft_event(
        connection, name="Pointe du soir", place_id=place_id, starts_at=starts_at, ends_at=ends_at, now=NOON
    )


def slots_from(start: datetime, count: int) -> list[datetime]:
    """Return the starts of `count` slots."""
    return [start + number * SLOT for number in range(count)]
