"""The partner of the demo: it pushes how many places are free, by the API and with its key, as partners do."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final

from core.clock import Clock
from core.errors import RetryableError
from simulators.car_parks import CAR_PARKS
from somel.demo.operator import Operator

#: Pause between two pushes; at the usual speed five replayed minutes. [s]
EVERY_S: Final = 5.0
_RECORDS: Final = "/enjoy/v1/datasets/car-parks/records"


async def push_car_parks(partner: Operator, clock: Clock) -> None:
    """Push until cancelled."""
    while True:
        with suppress(RetryableError):  # the API was killed, and is being started again
            await partner.post(_RECORDS, counted(clock.now()))
        await asyncio.sleep(EVERY_S)


def counted(now: datetime) -> list[dict[str, object]]:
    """Return a record of each car park."""
    return [
        {
            "car_park_id": one.car_park_id,
            "at": now.isoformat(timespec="seconds"),
            "name": one.name,
            "free_places": one.free_places(now),
            "places": one.places,
            "geometry": {"type": "Point", "coordinates": [one.longitude, one.latitude]},
        }
        for one in CAR_PARKS
    ]
