"""Every slot has one period and its price, on all days of the year, against a clock that is read slot by slot."""

import doctest
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import local_clock, tariff_calendar, tariffs
from core.errors import InputError
from core.local_clock import slot_starts_s
from core.slots import LOCAL_ZONE, SLOT, local_day, slot_starts
from core.tariff_calendar import COLORS, Calendar, season_year
from core.tariffs import PERIODS, PRICED, Tariff, price_range, relay_ratio, require_windows, tariff_of

YEAR = [date(2025, 9, 1) + timedelta(days=number) for number in range(365)]
RED = [day for day in YEAR if tariff_calendar.may_be("tempo", "red", day)][10:60:3][:15]
KNOWN = Calendar(
    {("tempo", day): "red" if day in RED else "blue" for day in YEAR[:140]}
    | {("ejp", day): "peak" if day in RED else "normal" for day in YEAR[:140]}
)
WINDOWS = ((time(22, 56), time(5, 26)), (time(12), time(13, 30)))
PRICES = {
    (str(tariff), str(period)): [(date(2020, 1, 1), 10.0 * number), (date(2026, 1, 10), 10.0 * number + 5)]
    for tariff, periods in PRICED.items()
    for number, period in enumerate(periods, 1)
}


def looked_up(tariff, instant):
    """Tell the period that most of the slot has, by the clock on the wall, a quarter of an hour in."""
    local = instant.astimezone(LOCAL_ZONE)
    clock = (local + timedelta(minutes=15)).time()
    if tariff is Tariff.BASE:
        return "base"
    if tariff is Tariff.OFF_PEAK:
        return (
            "off_peak" if clock >= time(22, 56) or clock < time(5, 26) or time(12) <= clock < time(13, 30) else "peak"
        )
    if tariff is Tariff.TEMPO:
        day = local.date() if clock >= time(6) else local.date() - timedelta(days=1)
        (color,) = KNOWN.possible("tempo", day) if len(KNOWN.possible("tempo", day)) == 1 else ("unknown",)
        return f"{color}_{'peak' if time(6) <= clock < time(22) else 'off_peak'}"
    if time(1) <= clock < time(7):
        return "normal"
    day = local.date() if clock >= time(7) else local.date() - timedelta(days=1)
    return {"normal": "normal", "peak": "mobile_peak"}.get("/".join(KNOWN.possible("ejp", day)), "unknown")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(YEAR), st.sampled_from(list(Tariff)))
@example(date(2025, 10, 26), Tariff.OFF_PEAK)
@example(date(2026, 3, 29), Tariff.TEMPO)
@example(RED[0], Tariff.EJP)
@example(YEAR[150], Tariff.EJP)
def test_every_slot_of_a_local_day_has_one_period_and_lies_between_its_prices(day, tariff):
    start, end = local_day(day)
    starts = slot_starts(start, end)
    assert len(starts) == {date(2025, 10, 26): 50, date(2026, 3, 29): 46}.get(day, 48)
    at_s = slot_starts_s(start, len(starts))
    codes = tariff_of(tariff, at_s, windows=WINDOWS, calendar=KNOWN)
    assert [str(PERIODS[code]) for code in codes] == [looked_up(tariff, instant) for instant in starts]
    found = price_range(tariff, at_s, windows=WINDOWS, calendar=KNOWN, prices=PRICES)
    for code, low, high in zip(codes, found.low_eur_per_mwh, found.high_eur_per_mwh, strict=True):
        period = PERIODS[code]
        assert low <= high
        if period.startswith("unknown"):
            assert low < high
        else:
            assert low == high
    relay = relay_ratio(tariff, at_s, windows=WINDOWS, calendar=KNOWN)
    assert ((relay >= 0) & (relay <= 1)).all()


def test_prices_change_at_midnight_and_are_shared_where_off_peak_hours_cover_half_a_slot():
    start, _ = local_day(date(2026, 1, 9))
    at_s = slot_starts_s(start, 96)
    found = price_range(Tariff.OFF_PEAK, at_s, windows=WINDOWS, calendar=KNOWN, prices=PRICES).high_eur_per_mwh
    # Peak costs 10, off-peak 20; from the 10th 5 more. Off-peak hours begin and end four minutes before a slot does.
    assert found[[0, 9, 10, 20, 24, 27, 44]].tolist() == [20, 20, pytest.approx(10 + 10 * 26 / 30), 10, 20, 10, 10]
    assert found[45] == pytest.approx(10 + 10 * 4 / 30)
    assert found[48:58].tolist() == [25.0] * 10
    relay = relay_ratio(Tariff.OFF_PEAK, at_s, windows=WINDOWS, calendar=KNOWN)
    assert relay.sum() == pytest.approx(2 * 2 * (6.5 + 1.5))
    assert np.isnan(price_range(Tariff.BASE, at_s, calendar=KNOWN, prices={}).low_eur_per_mwh).all()
    assert price_range(Tariff.BASE, at_s[:0], calendar=KNOWN, prices=PRICES).low_eur_per_mwh.size == 0


def test_a_day_of_unknown_colour_may_be_what_its_season_has_left():
    thursday, saturday, sunday, summer = date(2026, 2, 5), date(2026, 2, 7), date(2026, 2, 8), date(2026, 7, 2)
    assert Calendar().possible("tempo", thursday) == ("blue", "white", "red")
    assert Calendar().possible("tempo", saturday) == ("blue", "white")
    assert Calendar().possible("tempo", sunday) == ("blue",)
    assert Calendar().possible("tempo", summer) == ("blue", "white")
    assert Calendar().possible("ejp", summer) == ("normal",)
    reds = [day for day in YEAR if tariff_calendar.may_be("tempo", "red", day)][:22]
    spent = Calendar().with_days(("tempo", day, "red") for day in reds)
    assert spent.possible("tempo", thursday) == ("blue", "white")
    assert spent.fault_of("tempo", thursday, "red") == "colors_used_up"
    assert spent.fault_of("tempo", reds[0], "red") is None
    assert spent.fault_of("tempo", reds[0], "white") is None
    assert spent.fault_of("tempo", saturday, "red") == "color_not_allowed"
    assert spent.fault_of("tempo", thursday, "green") == "color_unknown"
    assert spent.possible("tempo", thursday.replace(year=2027)) == ("blue", "white", "red")
    assert season_year(thursday) == 2025
    assert sum(most or 0 for most in COLORS["tempo"].values()) == 65


def test_an_ejp_relay_is_open_in_the_peak_and_when_it_may_be_one():
    start = datetime.combine(RED[0], time(6), LOCAL_ZONE).astimezone(UTC)
    closed = relay_ratio(Tariff.EJP, slot_starts_s(start, 40), calendar=KNOWN)
    assert closed.tolist() == [1.0] * 2 + [0.0] * 36 + [1.0] * 2
    unknown = start + 240 * 48 * SLOT - 120 * 48 * SLOT
    assert relay_ratio(Tariff.EJP, slot_starts_s(unknown, 4), calendar=KNOWN).tolist() == [1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("windows", "code"),
    [
        ([(time(1), time(1))], "window_empty"),
        ([(time(22), time(6)), (time(5), time(7))], "windows_overlap"),
        ([(time(22), time(6)), (time(21), time(22, 30))], "windows_overlap"),
    ],
)
def test_off_peak_hours_that_cannot_be_are_refused(windows, code):
    with pytest.raises(InputError) as caught:
        require_windows(windows)
    assert caught.value.code == code
    require_windows([(time(22), time(0)), (time(0), time(6)), (time(12), time(14))])


@pytest.mark.parametrize("module", [tariffs, tariff_calendar, local_clock])
def test_the_examples_run_as_written(module):
    assert doctest.testmod(module).failed == 0
