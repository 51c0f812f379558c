from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import WALL_CLOCK, Clock

WALL = datetime(2026, 6, 1, 12, tzinfo=UTC)
REPLAY = datetime(2026, 5, 1, 18, tzinfo=UTC)


def test_the_wall_clock_shows_wall_time():
    assert WALL_CLOCK.at(WALL) == WALL
    assert abs(WALL_CLOCK.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_a_replay_runs_at_its_speed_from_its_origin():
    clock = Clock(WALL, REPLAY, 60.0)
    assert clock.at(WALL + timedelta(seconds=30)) == REPLAY + timedelta(minutes=30)


def test_a_replay_stands_at_its_origin_until_it_starts():
    assert Clock(WALL, REPLAY, 60.0).at(WALL - timedelta(hours=5)) == REPLAY


@given(st.floats(1, 1000), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_replay_never_overtakes_the_wall_clock(speed, elapsed):
    assert Clock(WALL, REPLAY, speed).at(WALL + elapsed) <= WALL + elapsed


@given(st.floats(1, 1000), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_replay_never_runs_backwards(speed, elapsed):
    clock = Clock(WALL, REPLAY, speed)
    assert clock.at(WALL + elapsed) <= clock.at(WALL + elapsed + timedelta(seconds=1))


def test_waiting_counts_wall_seconds():
    now = datetime.now(UTC)
    clock = Clock(now, now - timedelta(days=30), 60.0)
    assert clock.wall_s_until(clock.replay_origin + timedelta(hours=1)) == pytest.approx(60.0, abs=1.0)
    assert clock.wall_s_until(clock.replay_origin - timedelta(hours=1)) == 0.0


def test_waiting_for_the_wall_clock_takes_as_long_as_it_takes():
    assert WALL_CLOCK.wall_s_until(datetime.now(UTC) + timedelta(seconds=5)) == pytest.approx(5.0, abs=0.5)
