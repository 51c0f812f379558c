"""Past origins fall on local midnights and on whole days before the end."""

from datetime import UTC, datetime

import numpy as np

from core.slots import LOCAL_ZONE, SLOT
from grid.origins import load_after, local_midnights, same_time_of_day


def test_midnights_are_local_even_on_the_day_that_has_46_slots():
    start = datetime(2026, 3, 27, 10, tzinfo=UTC)
    found = local_midnights(start, first=0, stop=4 * 48)
    times = [(start + int(slot) * SLOT).astimezone(LOCAL_ZONE) for slot in found]
    assert [time.hour + time.minute for time in times] == [0, 0, 0, 0]
    assert np.diff(found).tolist() == [48, 46, 48]


def test_midnights_outside_the_range_are_left_out():
    start = datetime(2026, 1, 4, 23, tzinfo=UTC)
    assert local_midnights(start, first=1, stop=96).tolist() == [48]


def test_origins_of_the_same_time_of_day_lie_whole_days_before_the_end():
    assert same_time_of_day(first=0, stop=150).tolist() == [6, 54, 102]


def test_what_has_not_happened_yet_is_unknown():
    after = load_after(np.array([[1.0, 2.0, 3.0]]), np.array([1, 2]), horizon=2)
    np.testing.assert_array_equal(after, [[[2.0, 3.0], [3.0, np.nan]]])
