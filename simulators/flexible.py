"""Water heaters and car chargers: when they want energy, and what they draw under given limits.

A resource has at most one session in a local evening: so much energy from some time on, ready by the next morning.
A car's evening is announced before it comes home: its driver keeps a schedule, and the charger knows it.
Everything happens on the minutes of the window from 17:00 to 07:00 local time, so a setpoint holds for whole minutes.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE
from simulators.draws import choose, uniform

MINUTE_S: Final = 60
_OPENS_H: Final = 17
_CLOSES_H: Final = 7
_HEATER_RATIO: Final = 0.30
_CHARGER_RATIO: Final = 0.15
_HEATER_W: Final = 2_200
_CHARGERS_W: Final = (7_400, 7_400, 3_700)
_CONTACT_RATIO: Final = 0.70  # heaters that the meter's off-peak contact switches; the others have a thermostat only
_CHARGING_DAYS: Final = (0.90, 0.60)  # share of drivers who plug in on a weekday and at the weekend [ratio]
#: Off-peak windows differ per usage point. [minutes after 17:00]
_CONTACT_MINUTES: Final = (300, 326, 345, 360, 390, 420)
_HEATER_READY_MIN: Final = 60  # water is hot an hour before the window closes


@dataclass(frozen=True)
class Flexible:
    """Describe the flexible devices of a fleet; every array has shape (resource,).

    Attributes
    ----------
    seed : int
        The fleet's seed.
    usage_point : ndarray, int64
        Index of the usage point it draws through.
    charger : ndarray, bool
        Whether it charges a car; else it heats water.
    contact : ndarray, bool
        Whether the meter's off-peak contact starts it.
    rated_power_w : ndarray, float64
        Power that it draws when it draws. [W]
    usual_minute, usual_wh : ndarray, float64
        Habit: when it wants energy, in minutes after 17:00 local time, and how much. [minutes] [Wh]
    """

    seed: int
    usage_point: NDArray[np.int64]
    charger: NDArray[np.bool_]
    contact: NDArray[np.bool_]
    rated_power_w: NDArray[np.float64]
    usual_minute: NDArray[np.float64]
    usual_wh: NDArray[np.float64]

    @cached_property
    def key(self) -> NDArray[np.int64]:
        """Key of each resource's draws; it depends on its usage point alone."""
        return self.usage_point * 2 + self.charger

    def __len__(self) -> int:
        return len(self.usage_point)


@dataclass(frozen=True, slots=True)
class Sessions:
    """What the resources want in one local evening.

    Attributes
    ----------
    day : date
        Local day on which the window opens.
    opens_s, minutes : int
        Start (UTC epoch) and length of the window: 780, 840 or 900 minutes. [s] [minutes]
    available, ready : ndarray, shape (resource,), int64
        First minute in which it can draw, and the minute by which it must have drawn. [minutes of the window]
    energy_wh : ndarray, shape (resource,), float64
        Energy that it needs; 0 where it has no session. [Wh]
    """

    day: date
    opens_s: int
    minutes: int
    available: NDArray[np.int64]
    ready: NDArray[np.int64]
    energy_wh: NDArray[np.float64]


def draw_flexible(usage_points: NDArray[np.int64], seed: int) -> Flexible:
    """Draw which of the given usage points have a water heater, and which a charger."""
    heaters = usage_points[uniform(seed, "heater", usage_points) < _HEATER_RATIO]
    chargers = usage_points[uniform(seed, "charger", usage_points) < _CHARGER_RATIO]
    usage_point = np.concatenate([heaters, chargers])
    charger = np.arange(len(usage_point)) >= len(heaters)
    order = np.lexsort((charger, usage_point))
    usage_point, charger = usage_point[order], charger[order]
    key = usage_point * 2 + charger
    contact = ~charger & (uniform(seed, "contact", key) < _CONTACT_RATIO)
    when, much = uniform(seed, "when", key), uniform(seed, "much", key)
    minute = np.where(charger, 150 * when, np.where(contact, choose(when, _CONTACT_MINUTES), 20 + 150 * when))
    return Flexible(
        seed=seed,
        usage_point=usage_point,
        charger=charger,
        contact=contact,
        rated_power_w=np.where(charger, choose(uniform(seed, "rated", key), _CHARGERS_W), _HEATER_W).astype(np.float64),
        usual_minute=np.floor(minute),
        usual_wh=np.where(charger, 7_000 + 9_000 * much, 4_400 + 3_200 * much),
    )


def window(day: date) -> tuple[int, int]:
    """Return when the evening of a local day opens, UTC epoch, and how long it lasts. [s] [minutes].

    Examples
    --------
    >>> window(date(2026, 1, 15))
    (1768492800, 840)
    """
    opens = datetime(day.year, day.month, day.day, _OPENS_H, tzinfo=LOCAL_ZONE).astimezone(UTC)
    morrow = day + timedelta(days=1)
    closes = datetime(morrow.year, morrow.month, morrow.day, _CLOSES_H, tzinfo=LOCAL_ZONE).astimezone(UTC)
    return int(opens.timestamp()), int((closes - opens) / timedelta(minutes=1))


def draw_sessions(flexible: Flexible, day: date) -> Sessions:
    """Draw what each resource wants in the evening of a local day: its habit, a little different each day."""
    opens_s, minutes = window(day)
    ordinal, key, seed = day.toordinal(), flexible.key, flexible.seed
    drawn = uniform(seed, "today", key, ordinal)
    wants = ~flexible.charger | (drawn < _CHARGING_DAYS[day.weekday() >= 5])  # noqa: PLR2004 - Saturday is 5
    late = np.where(flexible.contact, 0.0, 20.0 * uniform(seed, "late", key, ordinal) - 10.0)
    available = np.clip(flexible.usual_minute + late, 0, np.where(flexible.charger, 150, minutes)).astype(np.int64)
    energy_wh = flexible.usual_wh * (0.85 + 0.30 * uniform(seed, "energy", key, ordinal))
    energy_wh = np.where(flexible.charger, np.clip(energy_wh, 5_000, 20_000), np.clip(energy_wh, 4_000, 8_000))
    ready = np.where(flexible.charger, minutes, minutes - _HEATER_READY_MIN).astype(np.int64)
    return Sessions(day, opens_s, minutes, available, ready, np.where(wants, np.rint(energy_wh), 0.0))


def drawn_wh(
    sessions: Sessions, rated_power_w: NDArray[np.float64], limit_w: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return what resources draw: as soon as possible, never above the limit, until they have what they need.

    Drawing as soon as possible under a limit serves all that the limit leaves room for before the deadline, and what
    is drawn in a minute depends on no later limit.

    Parameters
    ----------
    sessions : Sessions
        What they want.
    rated_power_w : ndarray, shape (resource,), float64
        Highest power. [W]
    limit_w : ndarray, shape (resource, minute), float64, optional
        Highest power that was commanded, infinite where free; None: nothing was commanded. [W]

    Returns
    -------
    ndarray, shape (resource, minute), float64
        Energy drawn in each minute of the window. [Wh]
    """
    minute = np.arange(sessions.minutes)[np.newaxis, :]
    within = (minute >= sessions.available[:, np.newaxis]) & (minute < sessions.ready[:, np.newaxis])
    power_w = rated_power_w[:, np.newaxis] if limit_w is None else np.minimum(limit_w, rated_power_w[:, np.newaxis])
    could_wh = np.cumsum(within * power_w, axis=1) * (MINUTE_S / 3600)
    had_wh = np.minimum(could_wh, sessions.energy_wh[:, np.newaxis])
    return np.diff(had_wh, axis=1, prepend=0.0)
