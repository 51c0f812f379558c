"""Two opinions are weighed by their records, and only by records that had been made."""

import numpy as np
import pytest

from grid.experts import Opinions, ask, combine, joined
from grid.kernels import holt_winters
from tests.grid.curves import daily_and_weekly


def opinions(model_w: list[float], naive_w: list[float], actual_w: list[float]) -> Opinions:
    return Opinions(*(np.array([[values]], dtype=np.float64) for values in (model_w, naive_w, actual_w)))


def test_weights_are_inverse_to_squared_errors():
    # Squared errors 1 + 1 and 4 + 4: one part in five of the naive one.
    assert opinions([11, 9], [12, 8], [10, 10]).weight()[0] == pytest.approx(0.8)


def test_slots_that_were_not_known_yet_weigh_nothing():
    found = opinions([11, 90], [12, 10], [10, 10])
    assert found.weight(np.array([[True, False]]))[0] == pytest.approx(0.8)
    assert found.weight()[0] < 0.01


def test_without_a_record_of_last_week_the_model_stands_alone():
    assert opinions([11, 9], [np.nan, np.nan], [10, 10]).weight()[0] == 1.0
    assert opinions([10, 10], [10, 10], [10, 10]).weight()[0] == 1.0


def test_the_combination_is_the_weighted_mean_and_the_model_where_last_week_is_unknown():
    found = combine(np.array([10.0, 10.0]), np.array([20.0, np.nan]), np.array([0.75, 0.75]))
    assert found.tolist() == [12.5, 10.0]


def test_opinions_at_an_origin_do_not_see_what_follows_it():
    load_w = daily_and_weekly(35)[np.newaxis]
    fitted = holt_winters.fit(load_w[:, : 21 * 48])
    spoilt_w = load_w.copy()
    spoilt_w[:, 28 * 48 :] = 9e9
    origin = np.array([28 * 48])
    honest, spoilt = (ask(fitted, one_w, origin, horizon=96) for one_w in (load_w, spoilt_w))
    np.testing.assert_array_equal(honest.model_w, spoilt.model_w)
    np.testing.assert_array_equal(honest.naive_w, spoilt.naive_w)
    assert (spoilt.actual_w == 9e9).all()


def test_opinions_of_two_sets_of_origins_are_joined_in_order():
    both = joined(opinions([1], [2], [3]), opinions([4], [5], [6]))
    assert both.model_w.tolist() == [[[1], [4]]]
    assert both.actual_w.tolist() == [[[3], [6]]]
