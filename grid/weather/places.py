"""Which places are forecast together: those as old as each other, with the same weather, that feel the sun alike."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, SLOTS_PER_DAY
from db.connection import Connection
from db.weather import ForecastWeather, points_of_places
from grid.forecast_model import COMBINED, SeriesForecasts, forecast_piece, joined, pieces_of
from grid.history import LoadHistory
from grid.jobs import HERE, Jobs
from grid.weather.features import degree_columns, sun_column
from grid.weather.known import LEAD_IN, PointWeather, Span, point_weather
from grid.weather.panels import has_panels, panel_area_m2, panel_load_w

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: Weather from further away is not the weather here. [m]
FURTHEST_M: Final = 100_000.0
#: Slots count as sunny time of day when the sun then brings so much on average. [W/m2]
_SUNNY_W_M2: Final = 50.0
#: Load that falls so clearly when the sun shines more than usual has panels behind it. [1]
_FALLS_WITH_SUN: Final = -0.3
#: A share of slots with export that no meter's noise explains. [1]
_EXPORTS_RATIO: Final = 0.01
#: With less of the past irradiance known, nothing is learned from it. [1]
_SUN_KNOWN_RATIO: Final = 0.99


@dataclass(frozen=True, slots=True)
class PlaceGroup:
    """Hold places that are forecast with the same columns.

    Attributes
    ----------
    rows : ndarray, shape (place,), int64
        Of the history.
    extra : ndarray, shape (slot, column), float64, or None
        Weather for load and horizon; None: there is none.
    weather : PointWeather or None
        Where it comes from.
    area_m2 : ndarray, shape (place, 48), float64, or None
        Panels behind the places (`grid.weather.panels`); None: none are taken out. [m2]
    panels_w : ndarray, shape (place, slot), float64, or None
        Their part in the load, for load and horizon. [W]
    first : int
        Slot of the history that they begin at: a place that is young is forecast as if all were. [slots]
    """

    rows: Int
    extra: Float | None
    weather: PointWeather | None
    area_m2: Float | None = None
    panels_w: Float | None = None
    first: int = 0


async def place_groups(
    connection: Connection, history: LoadHistory, *, issued_at: datetime, horizon: int, weather: bool = True
) -> list[PlaceGroup]:
    """Return every place of a history in one group, each with what was known of the weather.

    Parameters
    ----------
    connection : Connection
        A role that reads places and weather.
    history : LoadHistory
        Load.
    issued_at : datetime
        Nothing known later is used.
    horizon : int
        Leads. [slots]
    weather : bool, default True
        Whether to look at any.
    """
    nearest = await points_of_places(connection, most_m=FURTHEST_M) if weather else {}
    point_of = np.array([nearest.get(int(place_id), 0) for place_id in history.place_id], dtype=np.int64)
    begins = history.begins()
    groups = []
    for point, first in np.unique(np.stack((point_of, begins), axis=1), axis=0).tolist():
        rows = np.flatnonzero((point_of == point) & (begins == first))
        part = history.since(first, rows)
        span = Span(part.start, part.end, part.end + horizon * SLOT, issued_at)
        seen = await point_weather(connection, point, span) if point else None
        groups += [replace(group, rows=rows[group.rows], first=first) for group in _split(part, seen)]
    return groups


def _split(history: LoadHistory, weather: PointWeather | None) -> Iterator[PlaceGroup]:
    """Yield the places of one point: those with panels apart, and of the others those that feel the sun."""
    load_w, rows = history.load_w, np.arange(history.place_id.size)
    if weather is None:
        yield PlaceGroup(rows, None, None)
        return
    degrees, with_sun = _columns(weather)
    sun = weather.irradiance_w_m2[LEAD_IN // SLOT :]
    slots, start = load_w.shape[1], history.start
    sunny, panels = feels_the_sun(load_w, sun), np.zeros(rows.size, dtype=np.bool_)
    if _sun_is_known(sun, slots):
        panels = has_panels(load_w, sun[:slots], start)
    for chosen, columns in ((~sunny & ~panels, degrees), (sunny & ~panels, with_sun)):
        if chosen.any():
            yield PlaceGroup(rows[chosen], columns, weather)
    if panels.any():
        area_m2 = panel_area_m2(load_w[panels], sun[:slots], start)
        yield PlaceGroup(rows[panels], degrees, weather, area_m2, panel_load_w(area_m2, sun, start))


def _columns(weather: PointWeather) -> tuple[Float, Float]:
    """Return the columns of those that do not feel the sun, and of those that do."""
    before = LEAD_IN // SLOT
    degrees = degree_columns(weather.temperature_degc)[before:]
    return degrees, np.concatenate((degrees, sun_column(weather.irradiance_w_m2[before:])), axis=1)


async def columns_again(
    connection: Connection, group: PlaceGroup, *, start: datetime, end: datetime, now: datetime, horizon: int
) -> PlaceGroup | None:
    """Return a group with what is known of the weather by now; None when it had some and there is none now.

    Parameters
    ----------
    connection : Connection
        A role that reads weather.
    group : PlaceGroup
        As it was fitted.
    start, end : datetime
        Of the load that is looked at.
    now : datetime
        Nothing known later is used.
    horizon : int
        Leads. [slots]
    """
    if group.weather is None or group.extra is None:
        return group
    span = Span(start, end, end + horizon * SLOT, now)
    weather = await point_weather(connection, group.weather.weather_point_id, span)
    if weather is None:
        return None
    degrees, with_sun = _columns(weather)
    if group.area_m2 is not None:
        sun = weather.irradiance_w_m2[LEAD_IN // SLOT :]
        if not _sun_is_known(sun, (end - start) // SLOT):
            return None
        panels_w = panel_load_w(group.area_m2, sun, start)
        return replace(group, extra=degrees, weather=weather, panels_w=panels_w)
    extra = degrees if group.extra.shape[1] == degrees.shape[1] else with_sun
    return replace(group, extra=extra, weather=weather)


def feels_the_sun(load_w: Float, irradiance_w_m2: Float) -> Bool:
    """Tell which series have enough solar power behind them that the sun helps to forecast them.

    Parameters
    ----------
    load_w : ndarray, shape (series, time), float64
        Whole days; NaN where unknown. [W]
    irradiance_w_m2 : ndarray, shape (slot,), float64
        Of the same slots and the horizon's; NaN where unknown. [W/m2]

    Returns
    -------
    ndarray, shape (series,), bool
        Those that export, or whose load and sun, both relative to what is usual at the time of day, go against each
        other; none when the irradiance of a slot to come, or of many that were, is not known.
    """
    slots = load_w.shape[1]
    sun = irradiance_w_m2[:slots]
    if not _sun_is_known(irradiance_w_m2, slots):
        return np.zeros(load_w.shape[0], dtype=np.bool_)
    known = np.isfinite(load_w) & np.isfinite(sun)
    usual = _by_time_of_day(sun[np.newaxis], np.isfinite(sun)[np.newaxis])[0]
    known &= usual > _SUNNY_W_M2
    less = np.where(known, load_w - _by_time_of_day(load_w, known), 0.0)
    more = np.where(known, sun - usual, 0.0)
    size = np.sqrt((less**2).sum(axis=1) * (more**2).sum(axis=1))
    correlation = (less * more).sum(axis=1) / np.where(size > 0.0, size, 1.0)
    exports: Float = (np.nan_to_num(load_w) < 0.0).mean(axis=1)
    return np.asarray((correlation <= _FALLS_WITH_SUN) | (exports > _EXPORTS_RATIO), dtype=np.bool_)


def _sun_is_known(irradiance_w_m2: Float, slots: int) -> bool:
    """Tell whether the irradiance of all slots to come is known, and of nearly all of so many that were."""
    sun, ahead = irradiance_w_m2[:slots], irradiance_w_m2[slots:]
    return not np.isnan(ahead).any() and bool(np.isfinite(sun).mean() >= _SUN_KNOWN_RATIO)


def _by_time_of_day(values: Float, known: Bool) -> Float:
    """Return for each slot the mean at its time of day, shape (series, time); 0 where nothing is known."""
    days = values.shape[1] // SLOTS_PER_DAY
    by_day = (values.shape[0], days, SLOTS_PER_DAY)
    total = np.where(known, values, 0.0).reshape(by_day).sum(axis=1)
    return np.tile(total / np.maximum(known.reshape(by_day).sum(axis=1), 1), (1, days))


def forecast_in_groups(
    history: LoadHistory, groups: list[PlaceGroup], *, horizon: int, jobs: Jobs = HERE
) -> SeriesForecasts:
    """Forecast every place with the columns of its group, and return all in the order of the history."""
    pieces = (
        piece
        for group in groups
        for piece in pieces_of(
            history.load_w[group.rows, group.first :],
            history.start + group.first * SLOT,
            horizon=horizon,
            extra=group.extra,
            known_w=group.panels_w,
        )
    )
    parts = list(jobs.each(forecast_piece, pieces))
    return joined(parts, order=np.argsort(np.concatenate([group.rows for group in groups])))


def weather_used(history: LoadHistory, groups: list[PlaceGroup], made: SeriesForecasts) -> list[ForecastWeather]:
    """Return what is to be stored of the weather: a row for each place whose forecast looked at it."""
    return [
        ForecastWeather(
            int(history.place_id[row]),
            group.weather.weather_point_id,
            group.weather.source,
            group.weather.known_at,
            group.weather.known_then_ratio,
        )
        for group in groups
        if group.weather is not None
        for row in group.rows
        if made.method[row] == COMBINED
    ]
