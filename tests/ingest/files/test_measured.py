"""Measured files as they were published, with every flaw they have."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from ingest.files.wishes import Unit, Wishes
from tests.ingest.files.loading import load, stored

pytestmark = pytest.mark.reference_data
SINCE = datetime(2010, 1, 1, tzinfo=UTC)


def test_the_london_home_with_its_repeated_stamps_and_gaps(territory, reference_data):
    file = reference_data / "household_uk_opendsm_sample1.csv.gz"
    wishes = Wishes(zone=ZoneInfo("UTC"), unit=Unit.KWH, meter="m-000001", since=SINCE)
    loaded = load(territory, file, wishes)
    assert loaded.became == (22_521, 15, 0, 0)
    assert loaded.codes == {"value_repeated": 15, "gap": 5}
    assert loaded.outcome.missing_slots == 52  # four of an hour, of which the stamps at both ends are there, and a day
    measured = pd.read_csv(file, parse_dates=["start"]).drop_duplicates("start")
    expected = [(int(start.timestamp()), 1_800, round(kwh * 1_000, 1)) for start, kwh in measured.to_numpy()]
    assert [(start, step, round(value, 1)) for start, step, value in stored(territory)] == expected


def test_read_as_british_time_the_same_file_shows_that_it_is_not(territory, reference_data):
    file = reference_data / "household_uk_opendsm_sample1.csv.gz"
    wishes = Wishes(zone=ZoneInfo("Europe/London"), unit=Unit.KWH, meter="m-000001", since=SINCE)
    assert load(territory, file, wishes).codes["time_nonexistent"] == 2


def test_the_london_home_with_a_stamp_off_the_grid_that_says_null(territory, reference_data):
    file = reference_data / "household_lcl_MAC000002.csv.gz"
    wishes = Wishes(zone=ZoneInfo("UTC"), unit=Unit.KWH, value_column="KW", meter="m-000002", since=SINCE)
    loaded = load(territory, file, wishes)
    assert loaded.became == (24_140, 0, 0, 1)
    assert next((remark.line, remark.code) for remark in loaded.report.first) == (3_240, "start_off_grid")
    assert (loaded.outcome.gaps, loaded.outcome.missing_slots) == (5, 52)
    assert load(territory, file, wishes).became == (0, 24_140, 0, 1)


def test_a_supplier_s_portfolio_has_gaps_and_outgrows_a_usage_point(territory, reference_data):
    file = reference_data / "supplier_fr_enercoop_30min_2015_2019.parquet"
    wishes = Wishes(unit=Unit.KW, meter="m-000001", time_column="time", value_column="smart_metered_kw", since=SINCE)
    loaded = load(territory, file, wishes)
    assert loaded.became == (49_499, 0, 0, 33_781)
    assert (loaded.outcome.counts.row_count, loaded.outcome.counts.empty) == (87_650, 4_370)
    assert loaded.outcome.summary(loaded.report)["refused_by_code"] == {"value_out_of_range": 33_781}


def test_six_australian_homes_are_told_apart_by_their_column(territory, reference_data):
    file = reference_data / "household_sgsc_6x_30min.parquet"
    rows = pd.read_parquet(file)["customer_id"].value_counts()
    names = sorted(rows.index)
    territory.add_gateway("gw-0002", 2, names[:5])
    wishes = Wishes(unit=Unit.KWH, zone=ZoneInfo("Australia/Sydney"), since=SINCE)
    loaded = load(territory, file, wishes)
    assert loaded.outcome.counts.row_count == 174_961
    assert loaded.outcome.meters == 5
    assert (rows[names[5]], loaded.codes["time_nonexistent"]) == (30_652, 22)
    assert loaded.codes["device_unknown"] == 30_648  # four of its lines name an hour that spring leaves out
    assert sum(loaded.became) == 174_961
