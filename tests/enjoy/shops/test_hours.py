"""Opening hours are local: they follow the clocks in spring and autumn, and closures win."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.errors import InputError
from enjoy.shops.hours import read_hours
from enjoy.shops.slots import cut

WEEK = {"weekly": [{"days": [2, 3, 4, 5, 6, 7], "from": "09:00", "until": "12:30"}]}


def spans(content: dict[str, Any], day: str) -> list[str]:
    found = read_hours(content).spans_on(date.fromisoformat(day))
    return [f"{first:%dT%H:%M}/{last:%dT%H:%M}" for first, last in found]


def test_hours_are_local_in_winter_and_in_summer_and_when_the_clocks_change():
    assert spans(WEEK, "2026-11-25") == ["25T08:00/25T11:30"]
    assert spans(WEEK, "2026-07-01") == ["01T07:00/01T10:30"]
    night = {"weekly": [{"days": [6], "from": "22:00", "until": "04:00"}]}
    assert spans(night, "2026-03-28") == ["28T21:00/29T02:00"], "five hours in spring"
    assert spans(night, "2026-10-24") == ["24T20:00/25T03:00"], "seven in autumn"
    assert spans({"weekly": [{"days": [7], "from": "02:15", "until": "02:45"}]}, "2026-03-29") == ["29T01:15/29T01:45"]
    assert spans({"weekly": [{"days": [1], "from": "18:00", "until": "24:00"}]}, "2026-11-23") == ["23T17:00/23T23:00"]


def test_an_exceptional_day_is_unlike_its_week_and_a_closure_wins_over_both():
    content = WEEK | {
        "exceptional": [
            {"on": "2026-12-21", "from": "10:00", "until": "11:00"},
            {"on": "2026-12-24", "from": "10:00", "until": "11:00"},
        ],
        "closures": [{"from": "2026-12-24", "until": "2026-12-26", "reason": "Noël"}],
    }
    assert spans(content, "2026-12-21") == ["21T09:00/21T10:00"]
    assert [spans(content, f"2026-12-{day}") for day in (24, 25, 26)] == [[], [], []]
    assert spans(content, "2026-12-27") == ["27T08:00/27T11:30"]
    hours = read_hours(content)
    assert hours.is_open(datetime(2026, 12, 23, 8, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 12, 23, 11, 30, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 12, 24, 9, 30, tzinfo=UTC))


def test_slots_are_cut_from_the_hours_and_what_is_too_short_is_left_out():
    found = list(cut(read_hours(WEEK), date(2026, 11, 25), 1, timedelta(hours=1)))
    assert len(found) == 6
    assert found[0] == (datetime(2026, 11, 25, 8, tzinfo=UTC), datetime(2026, 11, 25, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    "content",
    [
        {"daily": []}, {"weekly": {}}, {"weekly": [{"days": [], "from": "09:00", "until": "10:00"}]},
        {"weekly": [{"days": [8], "from": "09:00", "until": "10:00"}]},
        {"weekly": [{"days": [True], "from": "09:00", "until": "10:00"}]},
        {"weekly": [{"days": [1], "from": "9", "until": "10:00"}]},
        {"weekly": [{"days": [1], "from": "24:00", "until": "10:00"}]},
        {"weekly": [{"days": [1], "from": "09:00", "until": None}]},
        {"closures": [{"from": "2026-12-24", "until": "2026-12-23"}]},
        {"closures": [{"from": "2026-12-24", "until": "2029-12-23"}]},
        {"exceptional": [{"on": "tomorrow", "from": "09:00", "until": "10:00"}]}, {"weekly": [1]}, [],
    ],
)  # fmt: skip
def test_hours_that_cannot_be_read_are_refused(content: Any):
    with pytest.raises(InputError, match="hours_invalid"):
        read_hours(content)
