"""The load of a fleet's flexible devices, natural or as commanded, minute by minute and slot by slot."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE, SLOT_S
from simulators.flexible import MINUTE_S, Flexible, Sessions, draw_sessions, drawn_wh, window

_MINUTES_PER_SLOT: Final = SLOT_S // MINUTE_S
_AT_ONCE: Final = 4_096  # resources computed together: 30 MB of minutes
_EVENINGS_KEPT: Final = 3


class FlexibleLoad:
    """Keep what flexible devices were told, and say what they draw.

    Parameters
    ----------
    flexible : Flexible
        The devices.
    """

    def __init__(self, flexible: Flexible) -> None:
        self.flexible = flexible
        self._limits_w: dict[date, NDArray[np.float64]] = {}
        self._evenings: dict[date, tuple[Sessions, NDArray[np.float64]]] = {}

    def slot_wh(self, first_s: int, slots: int) -> NDArray[np.float64]:
        """Return what each resource draws in consecutive slots; shape (resource, slot). [Wh]."""
        energy_wh = np.zeros((len(self.flexible), slots))
        for day in _days_touching(first_s, first_s + slots * SLOT_S):
            opens_s, minutes = window(day)
            offset, count = (opens_s - first_s) // SLOT_S, minutes // _MINUTES_PER_SLOT
            low, high = max(offset, 0), min(offset + count, slots)
            if low < high:
                energy_wh[:, low:high] = self._evening_slots(day)[:, low - offset : high - offset]
        return energy_wh

    def power_w(self, at_s: int) -> NDArray[np.float64]:
        """Return the power of each resource in the minute that begins at `at_s` (epoch); shape (resource,). [W]."""
        for day in _days_touching(at_s, at_s + MINUTE_S):
            opens_s, minutes = window(day)
            minute = (at_s - opens_s) // MINUTE_S
            if 0 <= minute < minutes:
                return np.asarray(self._evening(day)[1][:, minute] * (3600 / MINUTE_S))
        return np.zeros(len(self.flexible))

    def limit(
        self, resource: int, known_s: int, start_s: int, step_s: int, setpoint_w: Sequence[float]
    ) -> tuple[int, int]:
        """Put a command into force.

        Parameters
        ----------
        resource : int
            Index of the resource.
        known_s : int
            When it came to know, UTC epoch: nothing before changes, and from then on nothing older holds. [s]
        start_s, step_s : int
            Start of the first step, UTC epoch, and length of each. [s]
        setpoint_w : sequence of float
            Highest power in each step. [W]

        Returns
        -------
        from_s, until_s : int
            Span of time in which the command can hold, UTC epoch. [s]
        """
        from_s, until_s = max(start_s, known_s), start_s + step_s * len(setpoint_w)
        for day in {*_days_touching(known_s, max(until_s, known_s + 1)), *self._limits_w}:
            opens_s, minutes = window(day)
            if day not in self._limits_w:
                self._limits_w[day] = np.full((len(self.flexible), minutes), np.inf)
            limits = self._limits_w[day]
            starts_s = opens_s + MINUTE_S * np.arange(minutes)
            step = np.clip((starts_s - start_s) // step_s, 0, len(setpoint_w) - 1)
            held = (starts_s >= start_s) & (starts_s < until_s)
            now = np.where(held, np.asarray(setpoint_w, dtype=np.float64)[step], np.inf)
            limits[resource] = np.where(starts_s >= known_s, now, limits[resource])
            self._evenings.pop(day, None)
        self._forget(known_s)
        return from_s, until_s

    def limit_w(self, resource: int, at_s: int) -> float:
        """Return the highest power that a resource may draw at `at_s` (epoch); infinite where it is free. [W]."""
        for day, limits in self._limits_w.items():
            minute = (at_s - window(day)[0]) // MINUTE_S
            if 0 <= minute < limits.shape[1]:
                return float(limits[resource, minute])
        return float("inf")

    def wanted(self, at_s: int) -> list[tuple[int, int, int, int]]:
        """Return what resources still want in the evening that holds `at_s`.

        Returns
        -------
        list of (resource, energy_wh, available_s, ready_s)
            Resources that are not served yet; empty outside the window. Times are UTC epoch. [Wh] [s]
        """
        for day in _days_touching(at_s, at_s + MINUTE_S):
            opens_s, minutes = window(day)
            minute = (at_s - opens_s) // MINUTE_S
            if 0 <= minute < minutes:
                sessions, energy_wh = self._evening(day)
                left_wh = np.rint(sessions.energy_wh - energy_wh[:, :minute].sum(axis=1)).astype(np.int64)
                wanting = np.flatnonzero((left_wh > 0) & (sessions.ready > minute))
                available_s = opens_s + MINUTE_S * np.maximum(sessions.available, minute)
                ready_s = opens_s + MINUTE_S * sessions.ready
                return [(int(r), int(left_wh[r]), int(available_s[r]), int(ready_s[r])) for r in wanting]
        return []

    def _evening(self, day: date) -> tuple[Sessions, NDArray[np.float64]]:
        if day not in self._evenings:
            sessions = draw_sessions(self.flexible, day)
            energy_wh = drawn_wh(sessions, self.flexible.rated_power_w, self._limits_w.get(day))
            self._evenings[day] = (sessions, energy_wh)
            while len(self._evenings) > _EVENINGS_KEPT:
                self._evenings.pop(min(self._evenings))
        return self._evenings[day]

    def _evening_slots(self, day: date) -> NDArray[np.float64]:
        """Return the energy of an evening's slots; shape (resource, slot)."""
        if day in self._limits_w or day in self._evenings:
            return _by_slot(self._evening(day)[1])
        sessions, count = draw_sessions(self.flexible, day), len(self.flexible)
        parts = [
            _by_slot(drawn_wh(_rows(sessions, part), self.flexible.rated_power_w[part]))
            for part in (slice(low, low + _AT_ONCE) for low in range(0, count, _AT_ONCE))
        ]
        return np.concatenate(parts) if parts else np.zeros((0, sessions.minutes // _MINUTES_PER_SLOT))

    def _forget(self, now_s: int) -> None:
        """Drop the limits of evenings that are long over."""
        today = datetime.fromtimestamp(now_s, UTC).date()
        for day in [day for day in self._limits_w if day < today - timedelta(days=_EVENINGS_KEPT)]:
            del self._limits_w[day]


def _days_touching(start_s: int, end_s: int) -> Iterator[date]:
    """Yield the local days whose evening may overlap ``[start_s, end_s)``."""
    day = datetime.fromtimestamp(start_s, LOCAL_ZONE).date() - timedelta(days=1)
    last = datetime.fromtimestamp(end_s - 1, LOCAL_ZONE).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _rows(sessions: Sessions, part: slice) -> Sessions:
    return Sessions(
        sessions.day,
        sessions.opens_s,
        sessions.minutes,
        sessions.available[part],
        sessions.ready[part],
        sessions.energy_wh[part],
    )


def _by_slot(minute_wh: NDArray[np.float64]) -> NDArray[np.float64]:
    resources, minutes = minute_wh.shape
    return np.asarray(minute_wh.reshape(resources, minutes // _MINUTES_PER_SLOT, _MINUTES_PER_SLOT).sum(axis=2))
