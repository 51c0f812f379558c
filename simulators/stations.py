"""Simulated stations of shared bicycles: where they are, and how full over the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, pi, sin, sqrt
from typing import Final, Protocol

import numpy as np

from core.slots import LOCAL_ZONE

#: The middle of Lille. [degrees]
_LONGITUDE, _LATITUDE = 3.0635, 50.6366
#: Stations lie within so far of it. [degrees]
_ACROSS_LONGITUDE, _ACROSS_LATITUDE = 0.14, 0.075
_GOLDEN_ANGLE: Final = pi * (3 - sqrt(5))
_LEAST_DOCKS, _MOST_DOCKS = 12, 40
_DAY_H: Final = 24.0
#: When the middle is fullest: people have ridden to work. [h, local time]
_FULLEST_H: Final = 13.0
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Station:
    """Name a station, where it is [degrees], and how many docks it has."""

    station_id: str
    name: str
    longitude: float
    latitude: float
    capacity: int


@dataclass(frozen=True, slots=True)
class StationStatus:
    """Say how many bicycles and free docks a station had, and when it said so."""

    station_id: str
    bikes: int
    docks: int
    reported_at: datetime
    is_open: bool = True


class Stations(Protocol):
    """What a feed tells of."""

    def stations(self) -> Sequence[Station]:
        """Return all stations."""
        ...

    def status(self, now: datetime) -> Sequence[StationStatus]:
        """Return what they last reported."""
        ...


class StationFleet:
    """Stations spread around the middle of Lille, which fill there by day and outside by night.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Seed of every draw.
    """

    def __init__(self, count: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._draws = self._random.uniform(size=(count, 3))
        self._stations = [self._station(number, count) for number in range(count)]

    def stations(self) -> Sequence[Station]:
        """Return all stations."""
        return self._stations

    def status(self, now: datetime) -> Sequence[StationStatus]:
        """Return what they last reported: each at a second of its own in every minute."""
        return [self._status(place, station, now) for place, station in enumerate(self._stations)]

    def _station(self, number: int, count: int) -> Station:
        distance, angle = sqrt((number + 0.5) / count), number * _GOLDEN_ANGLE
        docks = _LEAST_DOCKS + int(self._draws[number, 0] * (_MOST_DOCKS - _LEAST_DOCKS + 1))
        return Station(
            str(number + 1),
            f"Station {number + 1}",
            round(_LONGITUDE + _ACROSS_LONGITUDE * distance * cos(angle), 6),
            round(_LATITUDE + _ACROSS_LATITUDE * distance * sin(angle), 6),
            docks,
        )

    def _status(self, place: int, station: Station, now: datetime) -> StationStatus:
        second = int(self._draws[place, 1] * _MINUTE_S)
        posix_s = (int(now.timestamp()) - second) // _MINUTE_S * _MINUTE_S + second
        reported = datetime.fromtimestamp(posix_s, now.tzinfo)
        local = reported.astimezone(LOCAL_ZONE)
        hour = local.hour + local.minute / 60
        outwards = 2 * sqrt((place + 0.5) / len(self._stations)) - 1  # -1 in the middle, 1 at the rim
        tide = -outwards * cos(2 * pi * (hour - _FULLEST_H) / _DAY_H)
        slot = posix_s // 300 + int(self._draws[place, 2] * 1_000_000)
        come_and_go = sin(slot * 0.7) * 0.06 + sin(slot * 0.193) * 0.06
        ratio = min(max(0.5 + 0.38 * tide + come_and_go, 0.0), 1.0)
        bikes = round(ratio * station.capacity)
        return StationStatus(station.station_id, bikes, station.capacity - bikes, reported)
