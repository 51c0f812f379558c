"""Run peers on arrays, in an environment of their own: ``python _peer_worker.py mstl|boosting IN.npz OUT.npz``.

It imports nothing of this project, whose libraries are newer than the peers allow.
"""

import sys
import time
import warnings
from typing import Any

import numpy as np

#: LightGBM much as most people would start with it, on the error that is scored: squared, it loses a tenth on homes.
#: One thread, because two wait for each other on a busy machine.
BOOSTING = {
    "objective": "l1",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "verbosity": -1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
}
ROUNDS = 200


def mstl(job: dict[str, Any]) -> dict[str, Any]:
    """Fit MSTL anew at each origin to all that came before it, with ARIMA or exponential smoothing for its trend."""
    from statsforecast.models import MSTL, AutoARIMA, AutoETS  # noqa: PLC0415 - each job needs one of the peers

    trends = {"arima": AutoARIMA, "ets": lambda: AutoETS(model="ZZN")}
    load, horizon = job["load"], int(job["horizon"])
    said, took = [], []
    for origin in job["origins"]:
        started = time.perf_counter()
        model = MSTL([48, 336], trend_forecaster=trends[str(job["trend"])]())
        said.append(model.forecast(y=load[:origin], h=horizon)["mean"])
        took.append(time.perf_counter() - started)
    return {"said": np.array(said), "fit_s": np.array(took)}


def boosting(job: dict[str, Any]) -> dict[str, Any]:
    """Boost trees on the features of past days, anew each month, and forecast the days of that month.

    They learn by how much the load differs from the lag in the first column: of the load itself they say much less.
    """
    import lightgbm  # noqa: PLC0415 - each job needs one of the peers

    features, first, refit = job["features"], int(job["first"]), int(job["refit"])
    days, leads, columns = features.shape
    lag = features[:, :, 0]
    lag = np.where(np.isfinite(lag), lag, np.nanmean(lag[:first]))
    change, said, took = job["target"] - lag, np.full((days - first, leads), np.nan), []
    for start in range(first, days, refit):
        started = time.perf_counter()
        rows, values = features[: start - 1].reshape(-1, columns), change[: start - 1].ravel()
        known, month = np.isfinite(values), slice(start, start + refit)
        model = lightgbm.train(BOOSTING, lightgbm.Dataset(rows[known], values[known]), num_boost_round=ROUNDS)
        found = model.predict(features[month].reshape(-1, columns)).reshape(-1, leads)
        said[start - first : start - first + len(found)] = found + lag[month]
        took.append(time.perf_counter() - started)
    return {"said": said, "fit_s": np.array(took)}


def main() -> None:
    """Do one job."""
    warnings.simplefilter("ignore")
    _, kind, source, target = sys.argv
    with np.load(source) as saved:
        job = dict(saved)
    np.savez(target, **{"mstl": mstl, "boosting": boosting}[kind](job))


if __name__ == "__main__":
    main()
