"""Make the forecasts of an issue add up: transformers to feeders, substations and the territory, and to communes.

Every transformer lies in one feeder and wholly in one commune, so that both hierarchies share their leaves and no
place has to be split. Docs/decisions/0022 says what was tried and measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOTS_PER_DAY
from db.hierarchy import TransformerPath
from grid.backtest import LEVELS
from grid.forecast_model import SeriesForecasts
from grid.kernels.quantiles import adaptive_quantiles
from grid.kernels.reconcile import reconcile
from grid.kernels.sums import Sums, sums_of

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Errors = NDArray[np.float32]

#: Of the variance of a place's error, so much at least is its own. [1]
_OWN_SHARE: Final = 0.02
#: No forecast is believed to be better than this. [W²]
_LEAST_VARIANCE_W2: Final = 1.0
#: On so many of the scored days, evenly chosen, two ways to weigh errors are compared.
_MOST_TRIED_DAYS: Final = 7
#: So many series are worked on at a time, so that what is only needed on the way stays small.
_SERIES_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class CoherentForecasts:
    """Hold the forecasts of an issue after they were made to add up.

    Attributes
    ----------
    load_w : ndarray, shape (series, lead), float64
        Totals are the sums of their parts to the last bit, where all of them are forecast. [W]
    quantile_load_w : ndarray, shape (series, lead, quantile), float64
        Around ``load_w``, in the order of `grid.backtest.QUANTILES`; never crossing. [W]
    mae_w : ndarray, shape (series,), float64
        Mean absolute error on the scored days after the same treatment; NaN where there are none. [W]
    shares : ErrorShares
        What errors were taken to be made of.
    """

    load_w: Float
    quantile_load_w: Float
    mae_w: Float
    shares: "ErrorShares"


@dataclass(frozen=True, slots=True)
class ErrorShares:
    """Hold what errors are made of, for each place.

    Attributes
    ----------
    own_w2 : ndarray, shape (place,), float64
        Variance of its own error. [W²]
    common_w : ndarray, shape (place,), float64
        Part in the error that all share. [W]
    """

    own_w2: Float
    common_w: Float


def place_sums(paths: Sequence[TransformerPath], place_id: NDArray[np.int32]) -> Sums:
    """Return which of the places are sums of which.

    Parameters
    ----------
    paths : sequence of TransformerPath
        The network.
    place_id : ndarray, shape (series,), int32
        Places with forecasts, rising.

    Returns
    -------
    Sums
        Of the given places and, after them, of those of the network without forecasts. The grid is the first hierarchy,
        communes the second.
    """
    transformer, feeder, substation, commune, territory = _columns(paths)
    named = np.concatenate((transformer, feeder, substation, commune, territory[territory >= 0]))
    place = np.concatenate((place_id.astype(np.int64), np.setdiff1d(named, place_id)))
    order = np.argsort(place)
    parent = np.full((2, place.size), -1, dtype=np.int64)
    grid, communes = parent
    for row, part, total in (
        (grid, transformer, feeder),
        (grid, feeder, substation),
        (grid, substation, territory),
        (communes, transformer, commune),
        (communes, commune, territory),
    ):
        there = total >= 0
        below, above = (order[np.searchsorted(place, keys[there], sorter=order)] for keys in (part, total))
        row[below] = above
    return sums_of(parent)


def _columns(paths: Sequence[TransformerPath]) -> tuple[Int, ...]:
    """Return the keys of transformers, feeders, substations, communes and the territory; -1 where there is none."""
    rows = [
        (
            one.power_transformer_place_id,
            one.feeder_place_id,
            one.substation_place_id,
            one.commune_place_id,
            -1 if one.territory_place_id is None else one.territory_place_id,
        )
        for one in paths
    ]
    return tuple(np.array(rows, dtype=np.int64).reshape(-1, 5).T)


def add_up(made: SeriesForecasts, sums: Sums) -> CoherentForecasts:
    """Reconcile the forecasts, and their quantiles with them.

    Parameters
    ----------
    made : SeriesForecasts
        Each place by itself.
    sums : Sums
        Whose first places are those of `made`.

    Returns
    -------
    CoherentForecasts

    Notes
    -----
    Errors of coherent forecasts are what the same projection makes of past errors, as loads add up. Of two ways to
    weigh errors, each place by itself or with one error common to all, the one is taken that made past errors smaller.
    The quantiles are those of the projected errors, found as those of each place by itself were
    (`grid.kernels.quantiles.adaptive_quantiles`); where there are none, the place's own move with its point.
    """
    chosen = _better_shares(made, sums)
    error_w = _projected(made.error_w, chosen, sums)
    floor_w = _padded(made.floor_w, sums, -np.inf)
    base_w = _padded(made.load_w, sums, np.nan)
    found = reconcile(base_w, chosen.own_w2, sums, common_w=chosen.common_w, floor_w=floor_w)
    load_w = found[: made.load_w.shape[0]]
    quantile_w = _quantiles(made, load_w, error_w)
    return CoherentForecasts(load_w, quantile_w, _mae(error_w[:, made.scored_from :]), chosen)


def add_up_again(before: CoherentForecasts, made: SeriesForecasts, sums: Sums) -> CoherentForecasts:
    """Reconcile later forecasts of the same places as those before; quantiles move with their points.

    Notes
    -----
    What errors are made of changes slowly, and putting all past ones through the projection again takes most time.
    """
    floor_w = _padded(made.floor_w, sums, -np.inf)
    shares = before.shares
    found = reconcile(
        _padded(made.load_w, sums, np.nan), shares.own_w2, sums, common_w=shares.common_w, floor_w=floor_w
    )
    load_w = found[: made.load_w.shape[0]]
    moved_w = made.quantile_load_w + (load_w - made.load_w)[:, :, np.newaxis]
    quantile_w = np.maximum(moved_w, made.floor_w[:, np.newaxis, np.newaxis])
    return CoherentForecasts(load_w, quantile_w, before.mae_w, shares)


def error_shares(made: SeriesForecasts, sums: Sums) -> ErrorShares:
    """Return how far each place errs, by itself and with all others.

    Parameters
    ----------
    made : SeriesForecasts
        With past errors; a place without is judged by the width of its quantiles.
    sums : Sums
        The last of them, the whole territory, stands for what all have in common.

    Returns
    -------
    ErrorShares
        For every place of the sums; places without forecast have the least variance.

    Notes
    -----
    The part in the common error is the covariance with the territory's error over its deviation. Pooled over leads:
    what counts is how places compare, and that hardly depends on the lead. O(series * origin * lead).
    """
    series, origins, leads = made.error_w.shape
    error = made.error_w.reshape(series, origins * leads)
    width_w = made.quantile_load_w[:, :, -1] - made.quantile_load_w[:, :, 0]
    deviations = NormalDist().inv_cdf(LEVELS[-1]) - NormalDist().inv_cdf(LEVELS[0])
    variance_w2 = np.nan_to_num((width_w / deviations) ** 2).mean(axis=1)
    common_w = np.zeros(series)
    top = int(sums.total[-1]) if sums.total.size else series
    whole = np.nan_to_num(error[top]) if top < series else np.zeros(origins * leads, dtype=np.float32)
    size_w = np.sqrt(np.mean(whole.astype(np.float64) ** 2)) or np.inf
    for begin in range(0, series, _SERIES_AT_ONCE):
        part = error[begin : begin + _SERIES_AT_ONCE].astype(np.float64)
        known = np.maximum(np.isfinite(part).sum(axis=1), 1)
        part = np.nan_to_num(part)
        squared = (part**2).sum(axis=1) / known
        span = slice(begin, begin + part.shape[0])
        variance_w2[span] = np.where(squared > 0.0, squared, variance_w2[span])
        common_w[span] = part @ whole / known / size_w
    variance_w2 = np.maximum(variance_w2, _LEAST_VARIANCE_W2)
    most_w = np.sqrt((1.0 - _OWN_SHARE) * variance_w2)
    common_w = np.clip(common_w, -most_w, most_w)
    own_w2 = variance_w2 - common_w**2
    return ErrorShares(_padded(own_w2, sums, _LEAST_VARIANCE_W2), _padded(common_w, sums, 0.0))


def _better_shares(made: SeriesForecasts, sums: Sums) -> ErrorShares:
    """Return the shares with a common error or those without, whichever would have done better on some scored days."""
    shares = error_shares(made, sums)
    alone = ErrorShares(shares.own_w2 + shares.common_w**2, np.zeros_like(shares.common_w))
    step = -(-(made.error_w.shape[1] - made.scored_from) // _MOST_TRIED_DAYS)
    some_w = made.error_w[:, made.scored_from :: step]
    before_w = _mae(some_w)
    return min((alone, shares), key=lambda one: _mean_ratio(_mae(_projected(some_w, one, sums)), before_w))


def _projected(error_w: Errors, shares: ErrorShares, sums: Sums) -> Errors:
    """Return the errors that coherent forecasts would have made, shape (series, origin, lead). [W]."""
    found = np.full_like(error_w, np.nan)
    for origin in range(error_w.shape[1]):
        padded = _padded(error_w[:, origin], sums, np.nan)
        coherent = reconcile(padded, shares.own_w2, sums, common_w=shares.common_w)
        found[:, origin] = coherent[: error_w.shape[0]]
    return found


def _quantiles(made: SeriesForecasts, load_w: Float, error_w: Errors) -> Float:
    """Return the quantiles around coherent points, shape (series, lead, quantile). [W]."""
    quantile_w = made.quantile_load_w + (load_w - made.load_w)[:, :, np.newaxis]
    for begin in range(0, load_w.shape[0], _SERIES_AT_ONCE):
        span = slice(begin, begin + _SERIES_AT_ONCE)
        error = error_w[span].astype(np.float64)
        band_w = adaptive_quantiles(error, LEVELS, asked_from=made.scored_from, day=SLOTS_PER_DAY)[:, -1]
        around_w = load_w[span, :, np.newaxis] + band_w
        quantile_w[span] = np.where(np.isfinite(around_w), around_w, quantile_w[span])
    found: Float = np.maximum(quantile_w, made.floor_w[:, np.newaxis, np.newaxis])
    return found


def _mae(error_w: Errors) -> Float:
    """Return the mean absolute error of each series; NaN where nothing is known. [W]."""
    size_w = np.abs(error_w)
    known = np.isfinite(size_w).sum(axis=(1, 2))
    total = np.nansum(size_w, axis=(1, 2), dtype=np.float64)
    mae_w: Float = np.where(known > 0, total / np.maximum(known, 1), np.nan)
    return mae_w


def _mean_ratio(after_w: Float, before_w: Float) -> float:
    """Return the mean over series of the error after over that before; 1 where nothing can be compared. [1]."""
    known = np.isfinite(after_w) & (before_w > 0.0)
    return float((after_w[known] / before_w[known]).mean()) if known.any() else 1.0


def _padded(values: NDArray[np.floating], sums: Sums, fill: float) -> Float:
    """Return values with rows for the places of the network that have none."""
    padded = np.full((sums.place_count, *values.shape[1:]), fill)
    padded[: values.shape[0]] = values
    return padded
