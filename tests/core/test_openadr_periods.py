"""When events end."""

from datetime import UTC, datetime, timedelta

import pytest

from core.openadr_periods import after, end_of, spans_of

NOW = datetime(2026, 1, 17, 12, tzinfo=UTC)
START = {"start": "2026-01-17T18:00:00+01:00", "duration": "PT30M"}


@pytest.mark.parametrize(
    ("duration", "end"),
    [
        ("PT1H30M", datetime(2026, 1, 17, 13, 30, tzinfo=UTC)),
        ("P1DT0.5S", NOW + timedelta(days=1, seconds=0.5)),
        ("-PT5M", NOW - timedelta(minutes=5)),
        ("P1Y1M", datetime(2027, 2, 17, 12, tzinfo=UTC)),
        ("P2W", NOW + timedelta(weeks=2)),
        ("P9999Y", None),
        ("P8000Y", None),
        ("P99999999999D", None),
    ],
)
def test_a_duration_ends_by_the_calendar_or_never(duration, end):
    assert after(NOW, duration) == end


def test_intervals_follow_one_another_unless_they_say_when():
    own = {"id": 2, "intervalPeriod": {"start": "2026-01-17T20:00:00Z", "duration": "PT1H"}}
    spans = [span for _, span in spans_of([{"id": 0}, {"id": 1}, own, {"id": 3}], START, NOW)]
    hours = [(span.start - NOW) / timedelta(hours=1) for span in spans]
    assert hours == [5, 5.5, 8, 9]
    assert spans[-1].end == NOW + timedelta(hours=9, minutes=30)
    assert list(spans_of([{"id": 0}], None, NOW)) == []


@pytest.mark.parametrize(
    ("event", "end"),
    [
        ({"intervalPeriod": START, "intervals": [{"id": 0}, {"id": 1}]}, NOW + timedelta(hours=6)),
        ({"intervalPeriod": START}, NOW + timedelta(hours=5.5)),
        ({"intervalPeriod": START, "duration": "P1D"}, NOW + timedelta(days=1, hours=5)),
        ({"intervalPeriod": {"start": "0001-01-01T00:00:00Z", "duration": "PT1H"}}, NOW + timedelta(hours=1)),
        ({"intervalPeriod": {"start": "0001-01-01", "duration": "P9999Y"}}, None),
        ({"intervals": [{"id": 0}]}, None),
        ({}, None),
    ],
)
def test_an_event_ends_with_its_last_interval(event, end):
    assert end_of(event, NOW) == end
