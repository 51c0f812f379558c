"""Flexible devices: energy is neither lost nor made, limits hold, what has been published stays as it was."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from simulators.evenings import FlexibleLoad
from simulators.flexible import draw_flexible, draw_sessions, drawn_wh, window

WINTER = date(2026, 1, 15)
FLEXIBLE = draw_flexible(np.arange(300), seed=1)
SETPOINTS = st.lists(st.sampled_from([0.0, 500.0, 2_200.0, 3_700.0, 7_400.0, 20_000.0]), min_size=1, max_size=40)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(day=DAYS, start_slot=st.integers(-4, 30), setpoints=SETPOINTS, step_s=st.sampled_from([300, 900, 1800, 3600]))
def test_whatever_the_setpoints_all_energy_that_fits_is_served_by_the_deadline(
    day: date, start_slot: int, setpoints: list[float], step_s: int
) -> None:
    sessions = draw_sessions(FLEXIBLE, day)
    limit_w = _limits(len(FLEXIBLE), sessions.minutes, start_slot * 30, step_s // 60, setpoints)
    energy_wh = drawn_wh(sessions, FLEXIBLE.rated_power_w, limit_w)
    minute = np.arange(sessions.minutes)
    can = (minute >= sessions.available[:, None]) & (minute < sessions.ready[:, None])
    possible_wh = (can * np.minimum(limit_w, FLEXIBLE.rated_power_w[:, None]) / 60).sum(axis=1)
    assert energy_wh.sum(axis=1) == pytest.approx(np.minimum(possible_wh, sessions.energy_wh), abs=1e-6)
    assert (energy_wh * 60 <= np.minimum(limit_w, FLEXIBLE.rated_power_w[:, None]) + 1e-6).all()
    assert (energy_wh[~can] == 0).all()
    assert (energy_wh >= 0).all()


@given(day=DAYS, known_minute=st.integers(0, 779), setpoints=SETPOINTS)
def test_a_command_changes_nothing_that_was_before_it(day: date, known_minute: int, setpoints: list[float]) -> None:
    opens_s, minutes = window(day)
    free, told = FlexibleLoad(FLEXIBLE), FlexibleLoad(FLEXIBLE)
    for resource in range(0, len(FLEXIBLE), 7):
        told.limit(resource, opens_s + 60 * known_minute, opens_s, 1800, setpoints)
    for minute in range(0, min(known_minute, minutes), 37):
        assert (told.power_w(opens_s + 60 * minute) == free.power_w(opens_s + 60 * minute)).all()


@given(day=DAYS)
def test_left_alone_every_session_is_served(day: date) -> None:
    sessions = draw_sessions(FLEXIBLE, day)
    served_wh = drawn_wh(sessions, FLEXIBLE.rated_power_w).sum(axis=1)
    assert served_wh == pytest.approx(sessions.energy_wh, abs=1e-6)


def test_the_minutes_of_a_slot_add_up_to_its_energy() -> None:
    load = FlexibleLoad(FLEXIBLE)
    opens_s, minutes = window(WINTER)
    minutes_wh = sum(load.power_w(opens_s + 60 * minute) / 60 for minute in range(60, 90))
    assert load.slot_wh(opens_s + 3600, 1)[:, 0] == pytest.approx(minutes_wh, abs=1e-9)
    assert load.slot_wh(opens_s, minutes // 30).sum() == pytest.approx(draw_sessions(FLEXIBLE, WINTER).energy_wh.sum())


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 1, 15), 840), (date(2026, 3, 28), 780), (date(2026, 10, 24), 900)]
)
def test_the_night_of_the_clock_change_is_an_hour_shorter_or_longer(day: date, minutes: int) -> None:
    assert window(day)[1] == minutes
    assert draw_sessions(FLEXIBLE, day).ready.max() == minutes


def test_a_slot_is_the_same_whether_read_alone_or_in_a_span_of_days() -> None:
    load = FlexibleLoad(FLEXIBLE)
    opens_s, _ = window(WINTER)
    span = load.slot_wh(opens_s - 7 * 86_400, 10 * 48)
    assert (span[:, 7 * 48 + 5] == load.slot_wh(opens_s + 5 * 1800, 1)[:, 0]).all()
    load.power_w(opens_s)  # now the evening is kept minute by minute
    assert (span[:, 7 * 48 : 8 * 48] == load.slot_wh(opens_s, 48)).all()


def test_what_is_still_wanted_shrinks_as_it_is_served() -> None:
    load = FlexibleLoad(FLEXIBLE)
    opens_s, minutes = window(WINTER)
    sessions = draw_sessions(FLEXIBLE, WINTER)
    first = load.wanted(opens_s)
    assert sum(energy_wh for _, energy_wh, _, _ in first) == sessions.energy_wh.sum()
    later = {resource: energy_wh for resource, energy_wh, _, _ in load.wanted(opens_s + 3 * 3600)}
    assert 0 < sum(later.values()) < sessions.energy_wh.sum()
    assert all(ready_s > available_s for _, _, available_s, ready_s in first)
    assert load.wanted(opens_s - 60) == []
    assert load.wanted(opens_s + 60 * minutes) == []


def test_a_newer_command_replaces_the_older_from_its_arrival_on() -> None:
    load = FlexibleLoad(FLEXIBLE)
    opens_s, _ = window(WINTER)
    load.limit(0, opens_s, opens_s, 1800, [100.0] * 4)
    load.limit(0, opens_s + 1800, opens_s + 1800, 1800, [200.0])
    limits_w = [load.limit_w(0, opens_s + 1800 * slot) for slot in range(4)]
    assert limits_w == [100.0, 200.0, float("inf"), float("inf")]


def _limits(resources: int, minutes: int, start: int, step: int, setpoints: list[float]) -> NDArray[np.float64]:
    """Write limits down minute by minute, the slow and obvious way."""
    limit_w = np.full((resources, minutes), np.inf)
    for minute in range(minutes):
        place = (minute - start) // step
        if 0 <= place < len(setpoints):
            limit_w[:, minute] = setpoints[place]
    return limit_w
