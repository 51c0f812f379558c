"""Compare what we said with what peers say of the same slots, from the same origins, by what was known then.

LightGBM has one model a series for all leads, refitted every 28 days, on lags, calendar and weather; it says by how
much the load differs from its nearest lag. It is asked for two years of France and for the last 182 days of each other
series. MSTL with what `statsforecast` offers for its trend is refitted at each of 28 midnights and of 29 other origins,
one in 47 half-hours. Each fit of MSTL takes seconds, which is why it is not asked for all.

``vs_mstl``
    How many times as long MSTL with ARIMA takes for one series of a year of half-hours, 48 h ahead, as we do: both for
    one core, the gaps filled for MSTL. ``year_s``: what each takes, in seconds.
``taylor_vs_mstl``
    Our MAPE over that of MSTL with ARIMA or exponential smoothing on Taylor's series: at the midnights (``…_midnight``)
    and at other times of day (``…_any``). ``mstl_mape``: its own, in percent.
``vs_lightgbm``
    Our MAE over that of LightGBM: for each year of France, and for each group the mean over its series.
``fr_lightgbm_mape``
    LightGBM's error on France, in percent.
``fit_s``, ``series_s``
    Seconds that one fit takes, with the forecasts by it, and that one series of the groups takes: ours all scored days.
``ninth_gain``, ``ninth_weight``
    1 - MAE with LightGBM as an expert more in our mixture / MAE without; its mean weight at the end. The first four
    weeks are not scored, for the mixture gets to know it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import _scale, _taylor
from benchmarks._peers import Answer, Peers
from benchmarks._series import Measured
from core.slots import SLOTS_PER_DAY
from grid.kernels.ml_poly import combine

if TYPE_CHECKING:
    from benchmarks.forecast import Scored

Float = NDArray[np.float64]
Outing = tuple[Measured, "Scored", float]

#: So many of the last days of a series other than France's are asked for, for want of time.
MOST_DAYS: Final = 182
_LEARNING_DAYS: Final = 28
_TRENDS: Final = ("arima", "ets")


def mstl(load: Float, corrected: Float, peers: Peers) -> dict[str, object]:
    """Return the figures on Taylor's series; ours are for all its origins."""
    theirs: dict[str, float] = {}
    ratio: dict[str, float] = {}
    fit_s = {"ours_taylor": _taylor.our_fit_s(load)}
    for trend in _TRENDS:
        for name, origins in (("midnight", _taylor.MIDNIGHTS), ("any", _taylor.SOME)):
            answer = peers.mstl(load, origins, SLOTS_PER_DAY, trend=trend)
            theirs[f"{trend}_{name}"] = _taylor.mape(load, origins, answer.said)
            ours = _taylor.mape(load, origins, corrected[origins - _taylor.FIRST])
            ratio[f"{trend}_{name}"] = ours / theirs[f"{trend}_{name}"]
            fit_s[f"mstl_{trend}"] = answer.fit_s
    return {"taylor_vs_mstl": ratio, "mstl_mape": theirs, "fit_s": fit_s}


def pace(peers: Peers) -> dict[str, object]:
    """Return how long a series of a year takes us, and MSTL with ARIMA, which fits twice, a fit on each core."""
    load_w = _scale.generate(_scale.ALONE)
    ours_s = _scale.core_s(load_w)
    slot, known = np.arange(load_w.shape[1]), np.isfinite(load_w[0])
    whole_w = np.interp(slot, slot[known], load_w[0, known])
    answer = peers.mstl(whole_w, slot[-1] - np.array([SLOTS_PER_DAY, 0]), _scale.HORIZON, trend="arima")
    if not np.isfinite(answer.said).all():
        raise SystemExit("MSTL has no forecast of a series of a year.")
    return {"vs_mstl": answer.fit_s / ours_s, "year_s": {"ours": ours_s, "mstl_arima": answer.fit_s}}


def boosting(outings: Sequence[Outing], peers: Peers) -> dict[str, object]:
    """Return the figures of the measured series, of which the first is France."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda outing: _ask(outing[0], outing[1], peers), outings))
    ratios: dict[str, list[float]] = {}
    gains: dict[str, list[float]] = {}
    weights: dict[str, list[float]] = {}
    for (series, scored, _), answer in zip(outings, answers, strict=True):
        gain, weight = as_an_expert(scored, answer.said)
        gains.setdefault(series.group, []).append(gain)
        weights.setdefault(series.group, []).append(weight)
        if series.group != "france":
            ratios.setdefault(series.group, []).append(_ratio(scored, answer.said, np.ones(len(answer.said), bool)))
    mapes, by_year = _by_year(outings[0][0], outings[0][1], answers[0].said)
    fits = [answer.fit_s * answer.fits for answer in answers[1:]]
    return {
        "vs_lightgbm": by_year | _means(ratios),
        "fr_lightgbm_mape": mapes,
        "fit_s": {"lightgbm": float(np.mean([answer.fit_s for answer in answers]))},
        "series_s": {
            "ours": float(np.mean([took_s for _, _, took_s in outings[1:]])),
            "lightgbm": float(np.mean(fits)),
        },
        "ninth_gain": _means(gains),
        "ninth_weight": _means(weights),
    }


def as_an_expert(scored: "Scored", said: Float) -> tuple[float, float]:
    """Return by what share of MAE our mixture gets better with one expert more, and the weight of that one."""
    found, days = scored.found, len(said)
    ninth = np.full((1, 1, *found.said_w.shape[2:]), np.nan)
    ninth[0, 0, -days:, scored.leads] = said
    mixed = combine(np.concatenate((found.said_w, ninth), axis=1), found.actual_w, day=SLOTS_PER_DAY)
    asked = slice(len(found.combined_w[0]) - days + _LEARNING_DAYS, None)
    without, with_it = (
        np.abs(one[0, asked, scored.leads] - scored.load[_LEARNING_DAYS - days :])
        for one in (found.combined_w, mixed.combined_w)
    )
    known = np.isfinite(without + with_it)
    return 1.0 - float(with_it[known].mean() / without[known].mean()), float(mixed.weight[0, -1, scored.leads].mean())


def _ask(series: Measured, scored: "Scored", peers: Peers) -> Answer:
    days = scored.days if series.group == "france" else min(scored.days, MOST_DAYS)
    issue = (scored.first_slot - scored.leads.start) % SLOTS_PER_DAY
    first = (scored.first_slot - scored.leads.start) // SLOTS_PER_DAY + scored.days - days
    return peers.boosting(series, issue, scored.leads, first)


def _ratio(scored: "Scored", said: Float, chosen: NDArray[np.bool_]) -> float:
    """Return our MAE over theirs on chosen days of those they were asked for, on the slots that both have."""
    actual = scored.load[-len(said) :]
    ours, theirs = np.abs(scored.point[-len(said) :] - actual)[chosen], np.abs(said - actual)[chosen]
    known = np.isfinite(ours + theirs)
    return float(ours[known].mean() / theirs[known].mean())


def _by_year(series: Measured, scored: "Scored", said: Float) -> tuple[dict[str, float], dict[str, float]]:
    """Return LightGBM's error in percent, and the ratio, of each year of France."""
    first = series.first + timedelta(days=scored.first_slot // SLOTS_PER_DAY)
    years = np.array([(first + timedelta(days=day)).year for day in range(scored.days)])
    error = 100.0 * np.abs(said / scored.load - 1.0)
    mapes = {str(year): float(np.nanmean(error[years == year])) for year in (2022, 2023)}
    return mapes, {f"france_{year}": _ratio(scored, said, years == year) for year in (2022, 2023)}


def _means(of: dict[str, list[float]]) -> dict[str, float]:
    return {group: round(float(np.mean(values)), 4) for group, values in of.items()}
