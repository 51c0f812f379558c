"""Real households, with the faults they came with: what is found is what pandas finds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from db.columns import IntervalColumns
from db.connection import Connection
from tests.db.village import ask
from tests.ingest.vee.household import validate, write

pytestmark = pytest.mark.reference_data

ZONE = "Europe/Paris"


def columns_of(point: int, series: pd.Series, step_s: int) -> IntervalColumns:
    """Return a series by UTC start, in watt-hours, in the order it has."""
    count = len(series)
    starts = pd.DatetimeIndex(series.index)
    return IntervalColumns(
        np.full(count, point, np.int32),
        np.ones(count, np.int16),
        np.zeros(count, np.int16),
        np.full(count, step_s, np.int32),
        ((starts - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)).to_numpy(np.int64),
        series.to_numpy(np.float32),
    )


def runs_of(stamps: pd.DatetimeIndex, step: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Return consecutive stamps as spans."""
    width = pd.Timedelta(step)
    groups = (stamps.to_series().diff() != width).cumsum()
    return [(part.iloc[0], part.iloc[-1] + width) for _, part in stamps.to_series().groupby(groups)]


def spans(url: str, rule: str, point: int = 1) -> list[tuple[Any, ...]]:
    query = "SELECT start_at, end_at FROM vee_finding WHERE rule = %s AND usage_point_id = %s ORDER BY start_at"
    return ask(url, query, rule, point)


async def test_the_london_home_s_duplicates_and_gaps_are_those_it_came_with(
    ingest: Connection, village_url: str, reference_data: Path
):
    table = pd.read_csv(reference_data / "household_uk_opendsm_sample1.csv.gz")
    told = pd.Series(1_000 * table["value"].to_numpy(), index=pd.to_datetime(table["start"], utc=True))
    told = told[told.notna()]
    known_at = datetime(2014, 3, 1, tzinfo=UTC)
    written = await write(ingest, columns_of(1, told, 1_800), known_at=known_at)
    repeated = told[told.index.duplicated(keep=False)].groupby(level=0)
    same = sum(int(group.iloc[1:].eq(group.iloc[0]).sum()) for _, group in repeated)
    assert (written.stored, written.duplicate, written.revised) == (
        told.index.nunique(),
        same,
        int(told.index.duplicated().sum()) - same,
    )
    assert written.duplicate + written.revised == 15

    await validate(ingest, known_at, rest_s=600.0)
    last = told.index.max().tz_convert(ZONE).normalize() + pd.Timedelta(hours=23, minutes=30)
    wanted = pd.date_range(told.index.min(), last.tz_convert("UTC"), freq="30min")
    missing = wanted.difference(pd.DatetimeIndex(told.index.unique()))
    by_day = [stamps for _, stamps in missing.to_series().groupby(missing.tz_convert(ZONE).date)]
    gaps = [span for day in by_day for span in runs_of(pd.DatetimeIndex(day), "30min")]
    assert [span for span in spans(village_url, "gap") if span[0] <= last] == gaps
    day = told.index.max().tz_convert(ZONE).date()
    query = "SELECT sum(expected), sum(received), sum(missing) FROM completeness WHERE day <= %s"
    assert ask(village_url, query, day) == [(len(wanted), len(wanted) - len(missing), len(missing))]
    assert len(gaps) >= 5  # four times one slot between two that came, and once a day


@pytest.mark.slow(35)
async def test_the_sceaux_home_s_zeros_are_runs_or_gaps_as_one_reads_them(
    ingest: Connection, village_url: str, reference_data: Path
):
    table = pd.read_parquet(reference_data / "household_fr_sceaux_hourly_2006_2009.parquet")
    told = pd.Series(
        1_000 * table["active_kwh"].to_numpy(), index=pd.DatetimeIndex(table["time_local"]).tz_localize("UTC")
    )
    told = told[~told.index.duplicated()].loc["2007-03-01":"2007-09-30"]
    known_at = datetime(2007, 10, 3, tzinfo=UTC)
    ask(village_url, "UPDATE usage_point SET interval_step_s = 3600")  # a silent day has no step of its own
    await write(ingest, columns_of(1, told, 3_600), columns_of(2, told[told > 0], 3_600), known_at=known_at)
    await validate(ingest, known_at, rest_s=600.0)

    zeros = pd.DatetimeIndex(told.index[told == 0])
    long_runs = [(start, end) for start, end in runs_of(zeros, "1h") if end - start >= pd.Timedelta("24h")]
    found = pd.DatetimeIndex(sorted({
        hour
        for start, end in spans(village_url, "zero_run")
        for hour in pd.date_range(start, end, freq="1h", inclusive="left")
    }))  # fmt: skip
    assert runs_of(found, "1h") == long_runs
    assert len(long_runs) > 0
    query = "SELECT sum(missing) FROM completeness WHERE usage_point_id = %s AND day BETWEEN %s AND %s"
    first, last = told.index.min().tz_convert(ZONE).date(), told.index.max().tz_convert(ZONE).date()
    (as_zeros,), (as_gaps,) = (ask(village_url, query, point, first, last)[0] for point in (1, 2))
    assert as_gaps - as_zeros == len(zeros)
    assert spans(village_url, "zero_run", 2) == []


async def test_the_spikes_of_australian_homes_are_those_that_pandas_finds(
    ingest: Connection, village_url: str, reference_data: Path
):
    table = pd.read_parquet(reference_data / "household_sgsc_6x_30min.parquet")
    table["start"] = pd.DatetimeIndex(table["reading_datetime"]).tz_localize("UTC")
    table = table[table["start"] < pd.Timestamp("2012-09-01", tz="UTC")].drop_duplicates(["customer_id", "start"])
    homes = {point: home for point, (_, home) in enumerate(table.groupby("customer_id"), 1)}
    parts = [columns_of(point, 1_000 * home.set_index("start")["kwh"], 1_800) for point, home in homes.items()]
    known_at = datetime(2012, 9, 3, tzinfo=UTC)
    await write(ingest, *parts, known_at=known_at)
    await validate(ingest, known_at, rest_s=600.0)
    count = 0
    for point, home in homes.items():
        power_w = home.set_index("start")["kwh"].sort_index() * 2_000
        for _, day in power_w.groupby(pd.DatetimeIndex(power_w.index).tz_convert(ZONE).date):
            top = day.nlargest(3)
            if len(top) == 3 and top.iloc[0] > 3_000 and top.iloc[0] - top.iloc[2] > 1.8 * top.iloc[2]:
                assert (top.index[0], top.index[0] + pd.Timedelta("30min")) in spans(village_url, "spike", point)
                count += 1
    assert ask(village_url, "SELECT count(*) FROM vee_finding WHERE rule = 'spike'") == [(count,)]
    assert count > 0
