"""What would have been used on a day, by one method, from days before; and how wrong that is on other days."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from core.slots import SLOTS_PER_HOUR
from grid.kernels.baseline import adjust_same_day, of_kept_days
from grid.kernels.baseline_day import difference_in_differences, double_rectangle, nearest_controls, simple_rectangle
from grid.kernels.baseline_weather import regression, weather_features
from grid.kernels.checks import Bool, Float, Int
from grid.like_days import is_working_day
from grid.settlement.curves import ADJUSTMENT, LEAD, Curves
from grid.settlement.methods import Method, days_before

#: So many usage points that were not called are compared with each that was.
CONTROLS: Final = 10
_FEWEST_DAYS: Final = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hold baselines of a day, and what they are made of.

    Attributes
    ----------
    days : list of date
        Days that were looked at.
    baseline_w, adjusted_w : ndarray, shape (usage_point, slot), float64
        Without and with same-day adjustment; NaN where there is none. [W]
    is_kept : ndarray, shape (usage_point, day), bool
        Days that count.
    control : ndarray, shape (usage_point, count), int64
        Rows of usage points compared with; -1: no more.
    """

    days: list[date]
    baseline_w: Float
    adjusted_w: Float
    is_kept: Bool
    control: Int


def estimate(curves: Curves, method: Method, day: date, *, excluded: Collection[date]) -> Estimate:
    """Estimate a day from the days before it; nothing of the event's own slots is looked at but of who was not called.

    Parameters
    ----------
    curves : Curves
        The day itself and the days that the method looks at are among them.
    method : Method
        How.
    day : date
        Which.
    excluded : collection of date
        Days with an event.
    """
    days = days_before(method, day, excluded=excluded)
    past_w, now_w = curves.load_w[:, curves.rows(days)], curves.load_w[:, curves.rows([day])[0]]
    points, slots = now_w.shape[0], curves.hours.slots
    none = np.full((points, slots), np.nan)
    kept, control = np.zeros((points, len(days)), dtype=np.bool_), np.full((points, 0), -1)
    if method.days == "none":
        before_w, after_w = now_w[:, LEAD - 1], now_w[:, -1]
        simple = simple_rectangle(before_w, slots=slots)
        both = double_rectangle(before_w, after_w, slots=slots)
        return Estimate(days, simple if method.name == "simple_rectangle" else both, none, kept, control)
    if len(days) < method.fewest:
        return Estimate(days, none, none, kept, control)
    if method.compares:
        return _compared(curves, days, day)
    if method.of_days is None:
        return _by_weather(curves, days, day)
    found = method.of_days(past_w[:, :, curves.hours.inside])
    usual_w = of_kept_days(past_w[:, :, ADJUSTMENT], found.is_kept)
    return Estimate(days, found.baseline_w, _adjusted(found.baseline_w, usual_w, now_w), found.is_kept, control)


def errors_wh(
    curves: Curves, method: Method, days: Sequence[date], *, excluded: Collection[date]
) -> tuple[Float, Float]:
    """Return baseline less measured energy of days without an event, and the same adjusted: (usage_point, day)."""
    errors = []
    for day in days:
        made = estimate(curves, method, day, excluded=excluded)
        measured_w = curves.load_w[:, curves.rows([day])[0], curves.hours.inside]
        errors.append([(one - measured_w).sum(axis=1) / SLOTS_PER_HOUR for one in (made.baseline_w, made.adjusted_w)])
    found = np.array(errors, dtype=np.float64).reshape(len(days), 2, curves.load_w.shape[0])
    return found[:, 0].T, found[:, 1].T


def _adjusted(baseline_w: Float, usual_w: Float, now_w: Float) -> Float:
    """Shift baselines by how far the same day ran from what is usual, hours before the event."""
    both = np.concatenate((usual_w, baseline_w), axis=1)
    is_early = np.arange(both.shape[1]) < ADJUSTMENT.stop
    observed = np.concatenate((now_w[:, ADJUSTMENT], np.full_like(baseline_w, np.nan)), axis=1)
    return adjust_same_day(both, observed, is_early)[:, ~is_early]


def _by_weather(curves: Curves, days: list[date], day: date) -> Estimate:
    rows, slots = [*curves.rows(days), *curves.rows([day])], curves.hours.compared
    working = np.array([is_working_day(one) for one in [*days, day]])
    features = weather_features(curves.temperature_degc[rows][:, slots], working)
    past_w = curves.load_w[:, rows[:-1]][:, :, slots]
    said_w = regression(past_w, features[:-1], features[-1], fewest=_FEWEST_DAYS)
    usual_w, baseline_w = said_w[:, ADJUSTMENT], said_w[:, ADJUSTMENT.stop :]
    adjusted_w = _adjusted(baseline_w, usual_w, curves.load_w[:, rows[-1]])
    said, seen = ~np.isnan(baseline_w), ~np.isnan(past_w[:, :, ADJUSTMENT.stop :])
    kept: Bool = np.asarray(seen.any(axis=2)) & np.asarray(said.any(axis=1))[:, np.newaxis]
    return Estimate(days, baseline_w, adjusted_w, kept, np.full((kept.shape[0], 0), -1))


def _compared(curves: Curves, days: list[date], day: date) -> Estimate:
    rows, inside = curves.rows(days), curves.hours.inside
    now = curves.rows([day])[0]
    own_w, other_w = curves.load_w[:, rows, inside], curves.control_w[:, rows, inside]
    kept, other_kept = (np.asarray(~np.isnan(load).any(axis=2)) for load in (own_w, other_w))
    usual_w, other_usual_w = of_kept_days(own_w, kept), of_kept_days(other_w, other_kept)
    other_usual_w[np.isnan(curves.control_w[:, now, inside]).any(axis=1)] = np.nan  # who is not known then is no help
    control = nearest_controls(usual_w, other_usual_w, count=CONTROLS)
    baseline_w = difference_in_differences(usual_w, other_usual_w, curves.control_w[:, now, inside], control)
    return Estimate(days, baseline_w, np.full_like(baseline_w, np.nan), kept, control)
