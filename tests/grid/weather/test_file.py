"""Files of weather are read as they state it, and what they do not state is asked for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from db.weather import WeatherColumns, WeatherPoint
from grid.weather.file import CODES, FileTerms, WeatherFile

NOW = datetime(2026, 2, 1, tzinfo=UTC)
KNOWN = datetime(2026, 1, 14, 6, tzinfo=UTC)
POINTS = [WeatherPoint(4, "Lille", 50.63, 3.06), WeatherPoint(7, "Paris", 48.86, 2.35)]
LILLE = POINTS[:1]


def write(folder: Path, text: str) -> Path:
    file = folder / "weather.csv"
    file.write_text(text)
    return file


def reader(file: Path, **terms: Any) -> WeatherFile:
    return WeatherFile(file, FileTerms(**({"known": KNOWN} | terms)), now=NOW)


async def read(of: WeatherFile, points: list[WeatherPoint] = LILLE) -> WeatherColumns:
    return await of.weather(points, start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))


def second(day: int, hour: int, month: int = 1) -> int:
    return int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp())


async def test_titles_state_quantities_and_units(tmp_path: Path):
    text = "time,temperature_2m (°F),wind_speed_10m (km/h),cloud_cover (%),soil\n2026-01-15T00:00Z,50,36,40,wet\n"
    of = reader(write(tmp_path, text))
    found = await read(of)
    assert (found.weather_point_id.tolist(), found.valid_s.tolist()) == ([4], [second(15, 0)])
    assert found.temperature_degc[0] == pytest.approx(10.0)
    assert found.wind_speed_m_s[0] == pytest.approx(10.0)
    assert found.cloud_cover_ratio[0] == pytest.approx(0.4)
    assert found.known_s.tolist() == [int(KNOWN.timestamp())]
    assert (of.row_count, of.empty, of.refused, of.source) == (1, 0, {}, "weather.csv")


async def test_local_times_with_decimal_commas_and_a_byte_order_mark(tmp_path: Path):
    text = "\ufeffwhen;temperature_degc\n2026-01-15 01:00;-1,5\n2026-01-15 02:00;\n"
    of = reader(write(tmp_path, text), time_column="when", zone=ZoneInfo("Europe/Paris"))
    found = await read(of)
    assert (found.valid_s.tolist(), found.temperature_degc.tolist()) == ([second(15, 0)], [-1.5])
    assert of.empty == 1


@pytest.mark.parametrize("zone", ["UTC", None])
async def test_parquet_with_and_without_a_zone(tmp_path: Path, zone: str | None):
    times = pd.date_range("2026-01-15", periods=4, freq="h", tz=zone)
    table = pd.DataFrame({"time": times, "city": ["Lille", "Paris"] * 2, "irradiance_w_m2": [0.0, 1.0, np.nan, 3.0]})
    file = tmp_path / "weather.parquet"
    table.to_parquet(file)
    of = reader(file, point_column="city", zone=None if zone else ZoneInfo("UTC"))
    found = await read(of, POINTS)
    assert found.weather_point_id.tolist() == [4, 7, 7]
    assert found.irradiance_w_m2.tolist() == [0.0, 1.0, 3.0]
    assert of.empty == 1


async def test_a_lead_says_when_each_row_was_known(tmp_path: Path):
    file = write(tmp_path, "time,temperature_degc\n2026-01-15T00:00Z,1\n2026-01-15T01:00Z,2\n")
    found = await read(reader(file, known=timedelta(hours=48)))
    assert found.known_s.tolist() == [second(13, 0), second(13, 1)]
    measured = await read(reader(file, known=timedelta(hours=-2)))
    assert measured.known_s.tolist() == [second(15, 2), second(15, 3)]


async def test_a_mean_named_by_its_end_is_known_as_late_as_its_row(tmp_path: Path):
    text = "time,shortwave_radiation (W/m²)\n2026-01-15T10:00Z,100\n2026-01-15T11:00Z,200\n"
    of = reader(write(tmp_path, text), known=timedelta(hours=24))
    found = await read(of)
    assert (found.valid_s.tolist(), found.irradiance_w_m2.tolist()) == ([second(15, 10)], [200.0])
    assert found.known_s.tolist() == [second(14, 11)]
    assert of.empty == 1


async def test_every_bad_row_is_counted_under_its_code_and_good_ones_are_taken(tmp_path: Path):
    rows = [
        "2026-03-28 12:00,Lille,5",
        "rubbish,Lille,5",
        ",Lille,5",
        "2026-03-29 02:00,Lille,5",  # a time that clocks leave out
        "2025-10-26 02:00,Lille,5",  # one that they show twice
        "2026-03-28 12:30,Lille,5",
        "2026-03-28 13:00,Rennes,5",
        "2026-03-28 13:00,Lille,cold",
        "2026-03-28 14:00,Lille,999",
        "2026-03-28 12:00,Lille,6",
        "2026-07-28 12:00,Lille,7",
    ]
    file = write(tmp_path, "\n".join(["time,city,temperature_degc", *rows]))
    of = WeatherFile(
        file,
        FileTerms(timedelta(days=60), point_column="city", zone=ZoneInfo("Europe/Paris")),
        now=NOW,
    )
    found = await read(of, POINTS)
    assert found.temperature_degc.tolist() == [5.0]
    counted = {
        "time_unreadable": 2,
        "time_not_told_apart": 2,
        "time_off_hour": 1,
        "point_unknown": 1,
        "value_unreadable": 1,
        "value_out_of_range": 1,
        "row_repeated": 1,
        "known_in_future": 1,
    }
    assert of.refused == counted
    assert set(counted) == set(CODES)
    assert of.row_count == len(rows) == len(found) + sum(counted.values())


async def test_hours_outside_of_what_is_asked_for_stay_away(tmp_path: Path):
    of = reader(write(tmp_path, "time,temperature_degc\n2026-01-15T00:00Z,1\n2026-01-15T01:00Z,2\n"))
    start = datetime(2026, 1, 15, 1, tzinfo=UTC)
    assert (await of.weather(LILLE, start=start, end=start + timedelta(hours=1))).temperature_degc.tolist() == [2.0]


@pytest.mark.parametrize(
    ("text", "terms", "code"),
    [
        ("time,temperature_degc\n2026-01-15 00:00,1\n", {}, "zone_missing"),
        ("time,wind_speed_10m\n2026-01-15T00:00Z,1\n", {}, "weather_unit_unknown"),
        ("time,wind_speed_10m (knots)\n2026-01-15T00:00Z,1\n", {}, "weather_unit_unknown"),
        ("time,humidity\n2026-01-15T00:00Z,1\n", {}, "weather_column_missing"),
        ("when,temperature_degc\n2026-01-15T00:00Z,1\n", {}, "weather_column_missing"),
        ("time,temperature_degc\n2026-01-15T00:00Z,1\n", {"point_column": "city"}, "weather_column_missing"),
        ("time,temperature_degc,temperature_2m (°C)\n2026-01-15T00:00Z,1,1\n", {}, "weather_column_repeated"),
        ("", {}, "weather_file_unreadable"),
    ],
)
async def test_a_file_that_does_not_state_what_it_has_to_is_not_taken(
    tmp_path: Path, text: str, terms: dict[str, Any], code: str
):
    with pytest.raises(InputError, match=code):
        await read(reader(write(tmp_path, text), **terms))


async def test_what_is_just_beyond_its_range_is_cut_to_it(tmp_path: Path):
    text = "time,cloud_cover (%),irradiance_w_m2\n2026-01-15T00:00Z,101,-2.5\n2026-01-15T01:00Z,110,5\n"
    of = reader(write(tmp_path, text))
    found = await read(of)
    assert (found.cloud_cover_ratio.tolist(), found.irradiance_w_m2.tolist()) == ([1.0], [0.0])
    assert of.refused == {"value_out_of_range": 1}


async def test_a_unit_can_be_said_beside_the_file(tmp_path: Path):
    file = write(tmp_path, "time,wind_speed_10m\n2026-01-15T00:00Z,36\n")
    assert (await read(reader(file, units={"wind_speed_10m": "km/h"}))).wind_speed_m_s[0] == pytest.approx(10.0)


@pytest.mark.parametrize("name", ["missing.csv", "missing.parquet", "broken.parquet"])
async def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path: Path, name: str):
    if name.startswith("broken"):
        (tmp_path / name).write_bytes(b"PAR1 is not enough")
    with pytest.raises(InputError, match="weather_file_unreadable"):
        await read(reader(tmp_path / name))


async def test_a_file_of_bad_rows_alone_gives_nothing(tmp_path: Path):
    of = reader(write(tmp_path, "time,temperature_degc\nnever,1\n"))
    assert len(await read(of)) == 0
    assert of.refused == {"time_unreadable": 1}


@pytest.mark.reference_data
async def test_measured_weather_of_lille_is_read_whole(reference_data: Path):
    file = reference_data / "weather_lille_openmeteo_hourly_2021_2023.parquet"
    units = {"temperature_2m": "°C", "wind_speed_10m": "km/h", "cloud_cover": "%"}
    of = reader(file, known=timedelta(0), units=units)
    found = await read(of)
    assert (of.row_count, of.empty, of.refused) == (26_280, 1_944, {})
    assert -15.0 < np.nanmin(found.temperature_degc) < np.nanmax(found.temperature_degc) < 45.0
    assert (np.nanmin(found.cloud_cover_ratio), np.nanmax(found.cloud_cover_ratio)) == (0.0, 1.0)
