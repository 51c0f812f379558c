"""What an event says of limits: by interval, in any unit of power, with the right priority, or refused in words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.openadr_periods import Span
from grid.openadr.limits import MOST, Claim, claims_of, in_force, places_of

NOW = datetime(2026, 1, 17, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVER = "P9999Y"


def limit(*values, **more):
    return {"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": list(values)}], **more}


def event(*intervals, start="2026-01-17T17:00:00Z", duration="PT1H", **more):
    period = {name: value for name, value in (("start", start), ("duration", duration)) if value}
    return {"intervals": list(intervals), "intervalPeriod": period, **more}


def described(units, payload_type="IMPORT_CAPACITY_LIMIT"):
    return [{"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": payload_type, "units": units}]


def told(content, program=None):
    """Return limits, with hours from now on: from, until."""
    found = claims_of("e", content, program or {}, NOW)
    return [
        (one.limit_w, (one.span.start - NOW) / HOUR, None if one.span.end is None else (one.span.end - NOW) / HOUR)
        for one in found
    ]


@pytest.mark.parametrize(
    ("content", "program", "expected"),
    [
        (event(limit(40), limit(30.5)), {}, [(40_000.0, 5.0, 6.0), (30_500.0, 6.0, 7.0)]),
        (event(limit(40), payloadDescriptors=described("w")), {"payloadDescriptors": described("MW")}, [(40, 5, 6)]),
        (event(limit(2)), {"payloadDescriptors": described("MW")}, [(2e6, 5, 6)]),
        (event(limit(2), payloadDescriptors=described("KWH", "USAGE")), {}, [(2_000, 5, 6)]),
        (event(limit(1), start="0001-01-01", duration=EVER), {}, [(1_000, 0, None)]),
        (event(limit(1), duration=None), {}, None),
        (event(limit(1, intervalPeriod={"start": "2026-01-17T13:00+01:00", "duration": "PT30M"})), {}, [(1e3, 0, 0.5)]),
        ({**event(limit(1), duration=None), "duration": "PT2H"}, {}, [(1e3, 5, 7)]),
        ({**event(limit(1), limit(2)), "duration": "PT150M"}, {}, [(1e3, 5, 6), (2e3, 6, 7), (1e3, 7, 7.5)]),
        ({**event(limit(1), limit(2)), "duration": "PT90M"}, {}, [(1e3, 5, 6), (2e3, 6, 6.5)]),
        ({**event(limit(1)), "duration": EVER}, {}, [(1e3, 5, None)]),
        # A place is not one of many devices: its limit begins when it is said to.
        (event(limit(1, intervalPeriod={"randomizeStart": "PT10M"})), {}, [(1e3, 5, 6)]),
        (event({"id": 0, "payloads": [{"type": "PRICE", "values": [0.1]}]}, duration=None), {}, []),
        ({}, {}, []),
    ],
)  # fmt: skip
def test_an_event_says_limits_by_interval(content, program, expected):
    if expected is None:
        with pytest.raises(InputError, match="how long"):
            told(content, program)
    else:
        assert told(content, program) == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (event(limit()), "one value"),
        (event(limit(1, 2)), "one value"),
        (event(limit("40")), "one value"),
        (event(limit(True)), "one value"),
        (event(limit(-1)), "not negative"),
        (event(limit(10**400)), "number"),
        (event(limit({"x": 1, "y": 2})), "one value"),
        (event(limit(1), payloadDescriptors=described("KVA")), "not in KVA"),
        (event(limit(1), start=None), "begins"),
        (event(limit(1), duration="PT0S"), "some time"),
        (event(limit(1), duration="-PT1H"), "some time"),
        (event(limit(1), limit(2), duration=EVER), "begins"),
        ({**event(limit(1)), "duration": "-PT1H"}, "some time"),
        ({**event(limit(1), limit(2)), "duration": EVER}, "for ever"),
        ({**event(limit(1), duration="PT1S"), "duration": "P1Y"}, f"{MOST} limits"),
        (event(*[limit(1)] * (MOST + 1), duration="PT1M"), f"{MOST} limits"),
    ],
)
def test_what_a_place_cannot_keep_is_refused_in_words(content, words):
    with pytest.raises(InputError, match=words) as refused:
        told(content)
    assert refused.value.code == "openadr_limit_invalid"


def test_targets_name_places_and_those_of_the_program_count_where_the_event_names_none():
    feeder = "somel-place-feeder-DP-0001"
    assert places_of(["x", feeder, feeder, "somel-place-power_transformer-P-1"], []) == [
        ("feeder", "DP-0001"),
        ("power_transformer", "P-1"),
    ]
    assert places_of(["x"], [feeder]) == [("feeder", "DP-0001")]
    assert places_of([feeder], ["somel-place-territory-1"]) == [("feeder", "DP-0001")]
    for wrong in ("somel-place-", "somel-place-feeder", "somel-place-feeder-", "somel-place-commune-59350"):
        with pytest.raises(InputError, match="names no place"):
            places_of([wrong], [])


claims = st.lists(
    st.builds(
        lambda number, first, length, rank: Claim(
            str(number), 1e3, Span(NOW + first * HOUR, None if length is None else NOW + (first + length) * HOUR), rank
        ),
        st.integers(0, 99),
        st.integers(0, 10),
        st.none() | st.integers(1, 5),
        st.sampled_from([0.0, 1.0, float("inf")]),
    ),
    max_size=6,
)


@given(asked=claims)
def test_at_every_hour_the_highest_priority_alone_counts(asked):
    def holds(one, hour):
        at = NOW + hour * HOUR
        return one.span.start <= at and (one.span.end is None or at < one.span.end)

    kept = in_force(asked)
    for hour in range(18):
        there = [one for one in asked if holds(one, hour)]
        best = min((one.priority for one in there), default=0.0)
        expected = sorted(one.event_id for one in there if one.priority == best)
        assert sorted(one.event_id for one in kept if holds(one, hour)) == expected
