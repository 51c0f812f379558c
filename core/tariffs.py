"""Tariffs of residents, slot by slot: which period holds, what energy costs, and whether the off-peak relay is closed.

Base: one price. Off-peak: hours of each usage point's own, several a day and over midnight. Tempo: the colour of the
day from 06:00 to 06:00, its peak from 06:00 to 22:00 [1]_. EJP: peak from 07:00 to 01:00 of 22 days [2]_. All by the
clock on the wall in Europe/Paris: a local day has 46, 48 or 50 slots, and each of them has exactly one period.

A slot that off-peak hours cover in part has the period of its larger part and a price in proportion. The price of a day
whose colour is not announced lies between those of the colours that it may still have: both bounds are given.

References
----------
.. [1] Connaissance des énergies, "Fourniture d'électricité : qu'est-ce que l'option Tempo ?"; RTE as in
   `core.tariff_calendar`.
.. [2] CESML, "Jours EJP".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.local_clock import local_s
from core.slots import SLOT_S
from core.tariff_calendar import Calendar

Int = NDArray[np.int64]
Float = NDArray[np.float64]

_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_TEMPO_BEGINS_S, _TEMPO_PEAK_ENDS_S = 6 * _HOUR_S, 22 * _HOUR_S
_EJP_BEGINS_S, _EJP_LASTS_S = 7 * _HOUR_S, 18 * _HOUR_S
_EPOCH: Final = date(1970, 1, 1)


class Tariff(StrEnum):
    """Tariff options, as usage points have them."""

    BASE = "base"
    OFF_PEAK = "off_peak"
    TEMPO = "tempo"
    EJP = "ejp"


class Period(StrEnum):
    """Periods of all tariffs; those that begin with ``unknown`` are of days whose colour is not announced."""

    BASE = "base"
    PEAK = "peak"
    OFF_PEAK = "off_peak"
    BLUE_PEAK = "blue_peak"
    BLUE_OFF_PEAK = "blue_off_peak"
    WHITE_PEAK = "white_peak"
    WHITE_OFF_PEAK = "white_off_peak"
    RED_PEAK = "red_peak"
    RED_OFF_PEAK = "red_off_peak"
    UNKNOWN_PEAK = "unknown_peak"
    UNKNOWN_OFF_PEAK = "unknown_off_peak"
    NORMAL = "normal"
    MOBILE_PEAK = "mobile_peak"
    UNKNOWN = "unknown"


#: Periods by their code, as `tariff_of` gives it.
PERIODS: Final = tuple(Period)
#: Periods that a tariff has prices for.
PRICED: Final[Mapping[Tariff, tuple[Period, ...]]] = {
    Tariff.BASE: (Period.BASE,),
    Tariff.OFF_PEAK: (Period.PEAK, Period.OFF_PEAK),
    Tariff.TEMPO: PERIODS[3:9],
    Tariff.EJP: (Period.NORMAL, Period.MOBILE_PEAK),
}
_EJP_PERIOD: Final = {"normal": Period.NORMAL, "peak": Period.MOBILE_PEAK}

#: Start and end of off-peak hours, local; an end before the start is on the next day.
Window = tuple[time, time]
#: Price from a local day on, the earliest first. [EUR/MWh]
Prices = Mapping[tuple[str, str], Sequence[tuple[date, float]]]


@dataclass(frozen=True, slots=True)
class PriceRange:
    """What energy costs in each slot: the same twice, but on days whose colour is not known; NaN: no price is stored.

    Attributes
    ----------
    low_eur_per_mwh, high_eur_per_mwh : ndarray, shape (..., slot), float64
        By the cheapest and by the dearest colour that the day may still have. [EUR/MWh]
    """

    low_eur_per_mwh: Float
    high_eur_per_mwh: Float


@dataclass(frozen=True, slots=True)
class _Slots:
    """Describe slots by what a tariff looks at, shape (slot,): what stands in a row more than once is priced once.

    Attributes
    ----------
    local_day, tariff_day : ndarray of int64
        Local day, and the one that its colour is that of. [days since 1970]
    off_peak_s : ndarray of int64
        How much of the slot is off-peak, of EJP outside 07:00 to 01:00. [s]
    """

    local_day: Int
    tariff_day: Int
    off_peak_s: Int


def tariff_of(
    tariff: Tariff, slot_start_s: NDArray[Any], *, windows: Sequence[Window] = (), calendar: Calendar
) -> NDArray[np.int8]:
    """Return the period of each slot.

    Parameters
    ----------
    tariff : Tariff
        Option.
    slot_start_s : ndarray of int, shape (slot,)
        Starts of half-hour slots. [s since 1970, UTC]
    windows : sequence of Window
        Off-peak hours of the usage point; only the off-peak tariff looks at them.
    calendar : Calendar
        Colours that are known.

    Returns
    -------
    ndarray, shape (slot,), int8
        Places in `PERIODS`.

    Examples
    --------
    >>> known = Calendar({("tempo", date(2026, 1, 14)): "red"})
    >>> at_five_and_six = np.array([1_768_449_600, 1_768_453_200])  # of 15 January 2026, local time
    >>> [str(PERIODS[code]) for code in tariff_of(Tariff.TEMPO, at_five_and_six, calendar=known)]
    ['red_off_peak', 'unknown_peak']
    """
    return _by_row(
        _slots_of(tariff, slot_start_s, windows),
        lambda _day, tariff_day, off_peak_s: PERIODS.index(_shown(tariff, calendar, tariff_day, off_peak_s)),
    ).astype(np.int8)


def price_range(
    tariff: Tariff,
    slot_start_s: NDArray[Any],
    *,
    windows: Sequence[Window] = (),
    calendar: Calendar,
    prices: Prices,
) -> PriceRange:
    """Return what energy costs in each slot, shape (slot,); parameters as of `tariff_of`.

    Notes
    -----
    A price holds from the midnight of its day on.
    """
    slots = _slots_of(tariff, slot_start_s, windows)

    def bound(of: Callable[[list[float]], float]) -> Float:
        return _by_row(slots, lambda *row: of(_costs(tariff, calendar, prices, *row)))

    return PriceRange(bound(_least), bound(_most))


def relay_ratio(
    tariff: Tariff, slot_start_s: NDArray[Any], *, windows: Sequence[Window] = (), calendar: Calendar
) -> Float:
    """Return for how much of each slot the meter's dry contact lets a water heater draw, shape (slot,). [ratio].

    Notes
    -----
    Closed off-peak; with the base tariff always. On a day that may be one of EJP's peaks it is taken to be open.
    """
    slots = _slots_of(tariff, slot_start_s, windows)
    if tariff is Tariff.EJP:
        closed = _by_row(slots, lambda _, day, __: float("peak" not in calendar.possible("ejp", _day(day))))
        return np.maximum(closed, slots.off_peak_s / SLOT_S)
    return slots.off_peak_s / SLOT_S


def require_windows(windows: Sequence[Window]) -> None:
    """Check off-peak hours.

    Raises
    ------
    InputError
        ``window_empty``: one ends where it starts; ``windows_overlap``.
    """
    if any(start == end for start, end in windows):
        raise InputError("window_empty", "Off-peak hours have to end at another time than they start.")
    parts = sorted(part for window in windows for part in _parts_s(window))
    if any(after[0] < before[1] for before, after in pairwise(parts)):
        raise InputError("windows_overlap", "Off-peak hours of one usage point must not overlap.")


def _slots_of(tariff: Tariff, slot_start_s: NDArray[Any], windows: Sequence[Window]) -> _Slots:
    local = local_s(np.asarray(slot_start_s, dtype=np.int64))
    clock = local % _DAY_S
    if tariff is Tariff.TEMPO:
        is_peak = (clock >= _TEMPO_BEGINS_S) & (clock < _TEMPO_PEAK_ENDS_S)
        return _Slots(local // _DAY_S, (local - _TEMPO_BEGINS_S) // _DAY_S, np.where(is_peak, 0, SLOT_S))
    if tariff is Tariff.EJP:
        since = local - _EJP_BEGINS_S
        return _Slots(local // _DAY_S, since // _DAY_S, np.where(since % _DAY_S < _EJP_LASTS_S, 0, SLOT_S))
    off_peak_s = np.full(local.shape, SLOT_S if tariff is Tariff.BASE else 0, dtype=np.int64)
    for start_s, end_s in (part for window in windows for part in _parts_s(window)):
        if tariff is Tariff.OFF_PEAK:
            off_peak_s += np.clip(np.minimum(clock + SLOT_S, end_s) - np.maximum(clock, start_s), 0, None)
    return _Slots(local // _DAY_S, local // _DAY_S, off_peak_s)


def _by_row(slots: _Slots, value: Callable[[int, int, int], float]) -> Float:
    """Return the value of each slot, asking once for slots that are alike."""
    rows = np.stack((slots.local_day, slots.tariff_day, slots.off_peak_s), axis=1)
    different, place = np.unique(rows, axis=0, return_inverse=True)
    values = np.array([value(*row) for row in different.tolist()], dtype=np.float64)
    return values[place.reshape(-1)] if values.size else np.zeros(0)


def _shown(tariff: Tariff, calendar: Calendar, tariff_day: int, off_peak_s: int) -> Period:
    is_off_peak = 2 * off_peak_s >= SLOT_S
    possible = _periods(tariff, calendar, tariff_day, is_off_peak=is_off_peak)
    if len(possible) == 1:
        return possible[0]
    if tariff is Tariff.EJP:
        return Period.UNKNOWN
    return Period.UNKNOWN_OFF_PEAK if is_off_peak else Period.UNKNOWN_PEAK


def _periods(tariff: Tariff, calendar: Calendar, tariff_day: int, *, is_off_peak: bool) -> list[Period]:
    """Return the periods that a moment may have: one, but on days whose colour is not known."""
    if tariff is Tariff.BASE:
        return [Period.BASE]
    if tariff is Tariff.OFF_PEAK:
        return [Period.OFF_PEAK if is_off_peak else Period.PEAK]
    if tariff is Tariff.EJP and is_off_peak:
        return [Period.NORMAL]
    colors = calendar.possible(tariff, _day(tariff_day))
    if tariff is Tariff.EJP:
        return [_EJP_PERIOD[color] for color in colors]
    return [Period(f"{color}_{'off_peak' if is_off_peak else 'peak'}") for color in colors]


def _costs(
    tariff: Tariff, calendar: Calendar, prices: Prices, local_day: int, tariff_day: int, off_peak_s: int
) -> list[float]:
    """Return what a slot may cost, by the colours that its day may have. [EUR/MWh]."""
    day = _day(local_day)

    def costs(*, is_off_peak: bool) -> list[float]:
        possible = _periods(tariff, calendar, tariff_day, is_off_peak=is_off_peak)
        return [_price(prices, tariff, period, day) for period in possible]

    if off_peak_s in (0, SLOT_S):
        return costs(is_off_peak=off_peak_s > 0)
    share = off_peak_s / SLOT_S
    mixed = zip(costs(is_off_peak=True), costs(is_off_peak=False), strict=True)
    return [share * off_peak + (1.0 - share) * peak for off_peak, peak in mixed]


def _price(prices: Prices, tariff: Tariff, period: Period, day: date) -> float:
    held = [price for valid_from, price in prices.get((tariff, period), ()) if valid_from <= day]
    return held[-1] if held else np.nan


def _least(costs: list[float]) -> float:
    return float(np.min(costs))  # NaN where one is not known


def _most(costs: list[float]) -> float:
    return float(np.max(costs))


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)


def _parts_s(window: Window) -> list[tuple[int, int]]:
    """Return a window as spans of one day, two where it goes over midnight. [s]."""
    start_s, end_s = (one.hour * _HOUR_S + one.minute * 60 + one.second for one in window)
    if start_s < end_s:
        return [(start_s, end_s)]
    return [(start_s, _DAY_S), *([(0, end_s)] if end_s else [])]
