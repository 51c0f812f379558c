"""Simulated car parks of a partner: how many places are free over the day."""

from dataclasses import dataclass
from datetime import datetime
from math import cos, pi, sin
from typing import Final

from core.slots import LOCAL_ZONE

#: When car parks are fullest. [h, local time]
_FULLEST_H: Final = 14.5
_DAY_H: Final = 24.0


@dataclass(frozen=True, slots=True)
class CarPark:
    """Name a car park, where it is [degrees], and how many places it has."""

    car_park_id: str
    name: str
    longitude: float
    latitude: float
    places: int

    def free_places(self, now: datetime) -> int:
        """Return how many places are free: fewest in the early afternoon, with cars that come and go."""
        local = now.astimezone(LOCAL_ZONE)
        hour = local.hour + local.minute / 60
        tide = 0.5 + 0.45 * cos(2 * pi * (hour - _FULLEST_H) / _DAY_H)
        come_and_go = 0.04 * sin(now.timestamp() / 700 + self.places)
        return round(self.places * (1 - min(max(tide + come_and_go, 0.0), 1.0)))


#: How far north of 50.625° each is, and its places.
_LAID_OUT: Final = (
    (0.004, 320),
    (0.011, 650),
    (0.002, 180),
    (0.014, 410),
    (0.008, 1_050),
    (0.017, 260),
    (0.001, 540),
    (0.012, 90),
)
#: Invented ones, around the middle of Lille.
CAR_PARKS: Final = tuple(
    CarPark(f"p{number}", f"Car park {number}", round(3.045 + 0.006 * number, 4), round(50.625 + north, 4), places)
    for number, (north, places) in enumerate(_LAID_OUT, start=1)
)
