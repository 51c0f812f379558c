"""Regression lead by lead gives what least squares on the same rows gives, and knows nothing of the future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvariantError
from grid.kernels.ridge import Memory, Ridge, fit, roll

MEMORY = Memory(forgetting=0.9, penalty=0.05)
HOW = Ridge((MEMORY,), day=4, week=12, recent=3, fewest=5, refit=1)
LAGGED = np.array([True, False])


def forecast(load, ahead, lagged, *, how, **asked):
    return fit(load, ahead, lagged, how=how, **asked).said[:, 0]


def make(days, *, horizon, seed=0, by_day=False):
    """Return load with a day, a week, an effect of what is known ahead, and gaps; and what is known ahead."""
    rng = np.random.default_rng(seed)
    time = days * 4 + 2
    ahead = rng.normal(0, 1, (time + horizon, 2))
    if by_day:
        ahead = np.repeat(ahead[::4], 4, axis=0)[: time + horizon]
    slot = np.arange(time)
    load = np.sin(slot * np.pi / 2) + 0.5 * (slot // 4 % 3 == 0) + ahead[:time] @ [0.7, -0.4]
    load = load + rng.normal(0, 0.1, (2, time))
    load[rng.random(load.shape) < 0.03] = np.nan
    return load, ahead


def rows(load, ahead, origin, lead):
    """Return the features of a slot, written out slowly."""
    slot = origin + lead
    near, far = slot - 4 * (lead // 4 + 1), slot - 12 * (lead // 12 + 1)

    def at(place):
        return load[place] if place >= 0 else np.nan

    lags = [at(near), at(near - 4), at(far), at(far - 12)]
    spare = next((value for value in (lags[0], lags[2], lags[1], lags[3]) if np.isfinite(value)), 0.0)
    lags = [value if np.isfinite(value) else spare for value in lags]
    changes = []
    for back in (4, 12):
        past = range(max(origin - 3, back), origin)
        found = [load[place] - load[place - back] for place in past]
        found = [value for value in found if np.isfinite(value)]
        changes.append(np.mean(found) if found else 0.0)
    differences = [ahead[past, 0] - ahead[slot, 0] if past >= 0 else 0.0 for past in (near, far)]
    return np.array([1.0, *lags, *changes, *ahead[slot], *differences])


def part_of(first, lead, horizon):
    """Return the leads that lie on the same day of the calendar, and as many days after the origin."""
    return [one for one in range(horizon) if (one // 4, (first + one) // 4) == (lead // 4, (first + lead) // 4)]


def is_learned(load, ahead, origin, part):
    """Tell whether enough of a part of a day came, and all is known that was known ahead."""
    missing = sum(np.isnan(load[origin + lead]) for lead in part)
    return missing * 4 <= len(part) and all(np.isfinite(rows(load, ahead, origin, lead)).all() for lead in part)


def by_least_squares(load, ahead, number, first, lead, horizon):
    """Return the forecast of an origin by solving the normal equations of the days before it."""
    part = part_of(first, lead, horizon)
    known = [place for place in range(number - lead // 4) if is_learned(load, ahead, first + place * 4, part)]
    if len(known) < HOW.fewest:
        return np.nan
    described = np.stack([rows(load, ahead, first + place * 4, lead) for place in known])
    came = [load[first + place * 4 + lead] for place in known]
    target = np.array([row[3] if np.isnan(load) else load for row, load in zip(described, came, strict=True)])
    weight = MEMORY.forgetting ** np.arange(len(known))[::-1]
    gram = described.T @ (weight[:, np.newaxis] * described)
    penalty = MEMORY.penalty * np.diag(gram)
    penalty[0] = 0.0
    found = np.linalg.solve(gram + np.diag(penalty), described.T @ (weight * target))
    beyond = 0.25 * (target.max() - target.min())
    value = found @ rows(load, ahead, first + number * 4, lead)
    return np.clip(value, target.min() - beyond, target.max() + beyond)


@pytest.mark.parametrize("dark", [[], [5, 41, 58, 77]])
@pytest.mark.parametrize("by_day", [False, True])
def test_every_origin_and_lead_is_what_least_squares_gives(dark, by_day):
    load, ahead = make(60, horizon=9, by_day=by_day)
    ahead[dark, 1] = np.nan
    found = forecast(load, ahead, LAGGED, horizon=9, origins=12, how=HOW)
    first, origins = load.shape[1] % 4, load.shape[1] // 4 + 1
    for series in range(2):
        for origin in range(12):
            for lead in range(9):
                expected = by_least_squares(load[series], ahead, origins - 12 + origin, first, lead, 9)
                assert found[series, origin, lead] == pytest.approx(expected, rel=1e-6, abs=1e-8, nan_ok=True)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 40))
def test_what_comes_later_changes_nothing(seed, days):
    load, ahead = make(days, horizon=6, seed=seed)
    cut = load.shape[1] - 3 * 4
    spoilt = load.copy()
    spoilt[:, cut:] = 1e6
    honest, wild = (forecast(one, ahead, LAGGED, horizon=6, origins=8, how=HOW) for one in (load, spoilt))
    np.testing.assert_array_equal(honest[:, :5], wild[:, :5])


def test_coefficients_are_kept_between_refits_and_fresh_at_the_end():
    load, ahead = make(40, horizon=4)
    kept = Ridge((MEMORY,), 4, 12, 3, 5, refit=6)
    weekly = forecast(load, ahead, LAGGED, horizon=4, origins=14, how=kept)
    daily = forecast(load, ahead, LAGGED, horizon=4, origins=14, how=HOW)
    same = np.all(np.abs(weekly - daily) < 1e-12, axis=(0, 2)).tolist()
    assert same[-1]
    assert same[-7]
    assert not all(same)


def test_sums_of_many_days_that_are_soon_forgotten_stay_finite():
    load, ahead = make(900, horizon=4)
    soon = Ridge((Memory(0.7, 0.05),), 4, 12, 3, 5, refit=1)
    late = forecast(load[:, -402:], ahead[-406:], LAGGED, horizon=4, origins=1, how=soon)
    np.testing.assert_allclose(forecast(load, ahead, LAGGED, horizon=4, origins=1, how=soon), late, rtol=1e-6)


def test_too_few_days_give_no_forecast():
    load, ahead = make(4, horizon=4)
    assert np.isnan(forecast(load, ahead, LAGGED, horizon=4, origins=5, how=HOW)).all()


def test_where_what_is_known_ahead_is_missing_nothing_is_forecast_or_learned():
    load, ahead = make(30, horizon=4)
    dark = ahead.copy()
    dark[-3] = np.nan
    found = forecast(load, dark, LAGGED, horizon=4, origins=3, how=HOW)
    assert np.isnan(found[:, -1]).any(axis=0).tolist() == [False, True, False, False]
    assert np.isfinite(found[:, 0]).all()


def test_a_forecast_stays_near_what_was_seen():
    load, ahead = make(30, horizon=4)
    ahead[-4:] = 1e3
    found = forecast(load, ahead, LAGGED, horizon=4, origins=1, how=HOW)
    assert (np.abs(found) < 2.0 * np.nanmax(np.abs(load))).all()


@pytest.mark.parametrize(
    "wrong", [{"horizon": 0}, {"origins": 0}, {"origins": 99}, {"how": Ridge(day=5, week=12)}, {"how": Ridge(refit=0)}]
)
def test_what_cannot_be_is_refused(wrong):
    asked = {"horizon": 4, "origins": 2, "how": HOW} | wrong
    load, ahead = make(10, horizon=asked["horizon"])
    with pytest.raises(InvariantError):
        forecast(load, ahead, LAGGED, **asked)


@pytest.mark.parametrize("by_day", [False, True])
def test_no_slots_later_the_same_is_said_and_some_slots_later_the_last_ones_count(by_day):
    load, ahead = make(60, horizon=11, by_day=by_day)
    how = Ridge((MEMORY, Memory(0.99, 0.01)), 4, 12, 3, 5)
    fitted = fit(load[:, :-2], ahead[:-5], LAGGED, horizon=8, origins=2, how=how)
    again = roll(fitted, load[:, 80:-2], ahead[80:-5], LAGGED, later=0, how=how)
    np.testing.assert_allclose(again, fitted.said[:, :, -1], rtol=1e-4, atol=1e-5)
    later = roll(fitted, load[:, 80:], ahead[80:-3], LAGGED, later=2, how=how)
    assert np.isfinite(later).all()
    calm = load.copy()
    calm[:, -2:] = np.where(np.isnan(load[:, -6:-4]), 0.0, load[:, -6:-4])
    other = roll(fitted, calm[:, 80:], ahead[80:-3], LAGGED, later=2, how=how)
    assert (np.abs(other - later) > 1e-6).any()
    behind = slice(0, 6)  # the same targets as leads 2 to 7 of the fit
    np.testing.assert_allclose(later[:, :, behind], fitted.said[:, :, -1, 2:], atol=1.5)


def test_what_cannot_be_rolled_is_refused():
    load, ahead = make(30, horizon=8)
    fitted = fit(load, ahead, LAGGED, horizon=8, origins=1, how=HOW)
    for wrong in ({"load": load[:, 1:]}, {"later": 4}, {"ahead": ahead[:-8]}):
        asked = {"load": load, "ahead": ahead, "later": 0} | wrong
        with pytest.raises(InvariantError):
            roll(fitted, asked["load"], asked["ahead"], LAGGED, later=asked["later"], how=HOW)
