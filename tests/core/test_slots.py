from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.slots import SLOT, local_day, require_aware, slot_floor, slot_starts


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_instant_lies_in_the_slot_that_is_named_for_it(instant):
    start = slot_floor(instant)
    assert start <= instant < start + SLOT
    assert start.minute in {0, 30}
    assert start.second == start.microsecond == 0


def test_a_slot_does_not_depend_on_the_zone_it_is_asked_in():
    paris_summer = timezone(timedelta(hours=2))
    assert slot_floor(datetime(2026, 7, 1, 14, 15, tzinfo=paris_summer)) == datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(InputError, match="must carry its zone"):
        require_aware(datetime(2026, 7, 1, 14, 15))  # noqa: DTZ001


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 3, 29), 46), (date(2026, 6, 1), 48), (date(2026, 10, 25), 50)])
def test_a_local_day_has_46_48_or_50_slots(day, slots):
    start, end = local_day(day)
    assert len(slot_starts(start, end)) == slots
    assert start.tzinfo is UTC
