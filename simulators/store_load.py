"""What batteries and heat pumps draw and give back, natural or as commanded, minute by minute.

By itself a battery rests, and a heat pump holds what it is set to. A command begins a *story* of its store: minutes
with their setpoints, powers and what is stored, until the home is as it was. What happened before cannot be changed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT_S
from simulators.flexible import MINUTE_S
from simulators.stores import COMFORT_K, COP_RATIO, EFFICIENCY_RATIO, HomeStores, outside_degc

Float = NDArray[np.float64]

#: A building is as it was so long after its last step, and a story is kept so long. [minutes]
_AFTER_MIN: Final = 24 * 60
_KEPT_MIN: Final = 3 * 24 * 60
_MINUTES_PER_SLOT: Final = SLOT_S // MINUTE_S
_HOUR: Final = MINUTE_S / 3600
_ONE_WAY: Final = math.sqrt(EFFICIENCY_RATIO)


@dataclass(slots=True)
class _Story:
    """Hold the minutes of one store from `first_s` on; `stored` has one entry more than the others.

    Setpoints and limits are NaN where there is none; what is stored is Wh or degC at the start of each minute.
    """

    first_s: int
    setpoint_w: Float
    limit_w: Float
    power_w: Float
    stored: Float

    @property
    def end_s(self) -> int:
        return self.first_s + MINUTE_S * self.power_w.size


class StoreLoad:
    """Keep what batteries and heat pumps were told, and say what they draw and hold.

    Parameters
    ----------
    stores : HomeStores
        The devices.
    """

    def __init__(self, stores: HomeStores) -> None:
        self.stores = stores
        self._stories: dict[int, _Story] = {}

    def slot_wh(self, first_s: int, slots: int) -> Float:
        """Return what each store draws in consecutive slots, below 0 gives back; shape (store, slot). [Wh]."""
        energy_wh = self._natural_w(first_s + SLOT_S * np.arange(slots) + SLOT_S // 2) * (SLOT_S / 3600)
        edges = first_s + SLOT_S * np.arange(slots + 1)
        for store, story in self._stories.items():
            for slot in np.flatnonzero((edges[1:] > story.first_s) & (edges[:-1] < story.end_s)):
                at_s = edges[slot] + MINUTE_S * np.arange(_MINUTES_PER_SLOT)
                energy_wh[store, slot] = self._told_w(store, at_s).sum() * _HOUR
        return energy_wh

    def power_w(self, at_s: int) -> Float:
        """Return the power of each store in the minute that begins at `at_s` (epoch); shape (store,). [W]."""
        power_w = self._natural_w(np.array([at_s]))[:, 0]
        for store in self._stories:
            power_w[store] = self._told_w(store, np.array([at_s]))[0]
        return power_w

    def states(self, at_s: int) -> list[tuple[int, float]]:
        """Return what each store holds at `at_s` (epoch): energy of a battery, temperature of a home. [Wh], [degC]."""
        return [(store, self._stored(store, at_s)) for store in range(len(self.stores))]

    def tell(
        self, store: int, known_s: int, start_s: int, step_s: int, setpoint_w: Sequence[float], *, follow: bool
    ) -> None:
        """Put a command into force; what was told before no longer holds.

        Parameters
        ----------
        store : int
            Index of the store.
        known_s : int
            When it came to know, UTC epoch, on a minute: nothing before changes. [s]
        start_s, step_s : int
            Start of the first step, UTC epoch, and length of each. [s]
        setpoint_w : sequence of float
            Power in each step, infinite where it is free. [W]
        follow : bool
            Whether it draws that; else it draws at most that.
        """
        until_s = max(start_s + step_s * len(setpoint_w), known_s + MINUTE_S)
        story = self._story(store, known_s, until_s + MINUTE_S * _AFTER_MIN)
        at_s = story.first_s + MINUTE_S * np.arange(story.power_w.size)
        step = np.clip((at_s - start_s) // step_s, 0, len(setpoint_w) - 1)
        told_w = np.asarray(setpoint_w, dtype=np.float64)[step]
        told_w[(at_s < start_s) | (at_s >= start_s + step_s * len(setpoint_w)) | np.isinf(told_w)] = np.nan
        later = at_s >= known_s
        story.setpoint_w[later] = told_w[later] if follow else np.nan
        story.limit_w[later] = np.nan if follow else told_w[later]
        self._live(store, story, int(np.argmax(later)))
        self._stories[store] = story

    def told_w(self, store: int, at_s: int) -> float:
        """Return what a store was told for `at_s` (epoch), to follow or at most; infinite where it is free. [W]."""
        story = self._stories.get(store)
        if story is None or not story.first_s <= at_s < story.end_s:
            return math.inf
        minute = (at_s - story.first_s) // MINUTE_S
        told_w = [float(one[minute]) for one in (story.setpoint_w, story.limit_w) if not np.isnan(one[minute])]
        return told_w[0] if told_w else math.inf

    def _story(self, store: int, known_s: int, until_s: int) -> _Story:
        """Return the story of a store so far, and minutes to be filled up to `until_s`."""
        begin_s = known_s // MINUTE_S * MINUTE_S
        told = self._stories.get(store)
        if told is None or told.end_s < begin_s:
            none = np.empty(0)
            told = _Story(begin_s, none, none, none, np.array([self._stored(store, begin_s)]))
        dropped = min(max((begin_s - told.first_s) // MINUTE_S - _KEPT_MIN, 0), told.power_w.size)
        more = max((until_s - told.end_s) // MINUTE_S, 0)
        blank, old = np.full(more, np.nan), slice(dropped, None)
        return _Story(
            told.first_s + MINUTE_S * dropped,
            np.concatenate((told.setpoint_w[old], blank)),
            np.concatenate((told.limit_w[old], blank)),
            np.concatenate((told.power_w[old], blank)),
            np.concatenate((told.stored[old], blank)),
        )

    def _live(self, store: int, story: _Story, minute: int) -> None:
        """Fill in powers and what is stored from a minute on."""
        at_s = story.first_s + MINUTE_S * np.arange(minute, story.power_w.size)
        outside, step = outside_degc(at_s), self._charge if self.stores.battery[store] else self._heat
        stored = float(story.stored[minute])
        told = zip(outside.tolist(), story.setpoint_w[minute:].tolist(), story.limit_w[minute:].tolist(), strict=True)
        powers_w, states = [], []
        for degc, setpoint_w, limit_w in told:
            power_w, stored = step(store, stored, degc, setpoint_w, limit_w)
            powers_w.append(power_w)
            states.append(stored)
        story.power_w[minute:], story.stored[minute + 1 :] = powers_w, states

    def _charge(
        self, store: int, energy_wh: float, degc: float, setpoint_w: float, limit_w: float
    ) -> tuple[float, float]:
        """Return power and energy of a battery after a minute; by itself, or under a limit, it rests."""
        del degc, limit_w
        if math.isnan(setpoint_w):
            return 0.0, energy_wh
        rated_w = float(self.stores.rated_power_w[store])
        room_wh = float(self.stores.capacity_wh[store]) - energy_wh
        left_wh = max(energy_wh - self.stores.least_wh(store), 0.0)
        power_w = min(max(setpoint_w, -rated_w), rated_w)
        power_w = min(max(power_w, -left_wh * _ONE_WAY / _HOUR), max(room_wh, 0.0) / _ONE_WAY / _HOUR)
        return power_w, energy_wh + (power_w * _ONE_WAY if power_w > 0 else power_w / _ONE_WAY) * _HOUR

    def _heat(self, store: int, degc: float, outside: float, setpoint_w: float, limit_w: float) -> tuple[float, float]:
        """Return power of a heat pump and temperature of its home after a minute."""
        stores = self.stores
        mass, loss, set_degc = (
            float(stores.mass_wh_per_k[store]),
            float(stores.loss_w_per_k[store]),
            float(stores.set_degc[store]),
        )
        lost_w = loss * (degc - outside)

        def reaching_w(wanted_degc: float) -> float:
            return ((wanted_degc - degc) * mass / _HOUR + lost_w) / COP_RATIO

        if math.isnan(setpoint_w):
            power_w = min(reaching_w(set_degc), math.inf if math.isnan(limit_w) else limit_w)
        else:
            power_w = max(min(setpoint_w, reaching_w(set_degc + COMFORT_K[1])), reaching_w(set_degc - COMFORT_K[0]))
        power_w = min(max(power_w, 0.0), float(stores.rated_power_w[store]))
        return power_w, degc + (COP_RATIO * power_w - lost_w) * _HOUR / mass

    def _told_w(self, store: int, at_s: NDArray[np.int64]) -> Float:
        """Return the power of one store in minutes. [W]."""
        story, power_w = self._stories[store], self._natural_w(at_s)[store].copy()
        minute = (at_s - story.first_s) // MINUTE_S
        inside = (minute >= 0) & (minute < story.power_w.size)
        power_w[inside] = story.power_w[minute[inside]]
        return np.asarray(power_w)

    def _stored(self, store: int, at_s: int) -> float:
        story = self._stories.get(store)
        if story is None or at_s < story.first_s:
            return float((self.stores.start_wh if self.stores.battery[store] else self.stores.set_degc)[store])
        if at_s < story.end_s:
            return float(story.stored[(at_s - story.first_s) // MINUTE_S])
        return float(story.stored[-1] if self.stores.battery[store] else self.stores.set_degc[store])

    def _natural_w(self, at_s: NDArray[np.int64]) -> Float:
        """Return what stores draw by themselves at instants, shape (store, instant). [W]."""
        stores = self.stores
        above_k = stores.set_degc[:, np.newaxis] - outside_degc(at_s)[np.newaxis]
        power_w = np.clip(stores.loss_w_per_k[:, np.newaxis] * above_k / COP_RATIO, 0.0, stores.rated_power_w[:, None])
        return np.asarray(np.where(stores.battery[:, np.newaxis], 0.0, power_w))
