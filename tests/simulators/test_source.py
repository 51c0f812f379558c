"""Measured files of other people replay as they were measured."""

import gzip
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigurationError, InputError
from core.slots import LOCAL_ZONE
from simulators import packages
from simulators.fleet import Fleet
from simulators.packages import DATA_WHEELS, check_wheel, find_wheel
from simulators.source import SourceLayout, read_source
from simulators.weeks import YEAR_SLOTS, week_positions

ROOT = Path(__file__).resolve().parents[2]
WEEK = pd.date_range("2024-01-01", periods=336, freq="30min")


def test_the_lock_file_pins_the_wheels_that_are_read() -> None:
    locked = (ROOT / "deploy/locks/data.txt").read_text()
    pins = set(re.findall(r"^(\w+)==(\S+) \\\n\s+--hash=sha256:(\w+)", locked, re.MULTILINE))
    assert pins == {(wheel.name, wheel.version, wheel.sha256) for wheel in DATA_WHEELS}


def test_the_wheels_in_the_cache_are_the_pinned_ones(data_cache: Path) -> None:
    for wheel in DATA_WHEELS:
        check_wheel(find_wheel(data_cache, wheel), wheel)


def test_a_missing_wheel_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make setup"):
        find_wheel(tmp_path, packages.SIMBENCH)


def test_a_wheel_that_was_changed_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "some.whl"
    path.write_bytes(b"something else")
    with pytest.raises(ConfigurationError, match="not the wheel that is pinned"):
        check_wheel(path, packages.OPENDSM)


@pytest.mark.parametrize(("unit", "factor"), [("wh", 250.0), ("kwh", 0.25), ("w", 500.0), ("kw", 0.5)])
def test_a_value_means_what_its_unit_says(tmp_path: Path, unit: str, factor: float) -> None:
    path = tmp_path / "homes.csv"
    pd.DataFrame({"id": "a", "time": WEEK, "value": factor}).to_csv(path, index=False)
    names, year_wh = read_source(SourceLayout(path, value_column="value", unit=unit))  # type: ignore[arg-type]
    assert names == ("a",)
    assert year_wh == pytest.approx(np.full((1, YEAR_SLOTS), 250.0))


@pytest.mark.parametrize("step_s", [300, 900, 1800, 3600])
def test_every_step_gives_the_same_energy(tmp_path: Path, step_s: int) -> None:
    wall = pd.date_range("2024-01-01", periods=7 * 86_400 // step_s, freq=f"{step_s}s")
    path = tmp_path / "home.parquet"
    pd.DataFrame({"at": wall, "wh": np.full(len(wall), step_s / 3.6)}).to_parquet(path)
    _, year_wh = read_source(SourceLayout(path, "at", "wh", None, "wh", step_s))
    assert year_wh == pytest.approx(np.full((1, YEAR_SLOTS), 500.0))


def test_a_time_without_zone_is_moved_to_where_people_lived(tmp_path: Path) -> None:
    path = tmp_path / "home.csv"
    values = (np.arange(336) % 48 == 20) * 1.0  # 10:00 UTC is 21:00 in Sydney in January
    pd.DataFrame({"time": WEEK, "kwh": values}).to_csv(path, index=False)
    _, year_wh = read_source(SourceLayout(path, id_column=None, time_zone="UTC", local_zone="Australia/Sydney"))
    assert set(np.flatnonzero(year_wh[0]) % 48) == {42}


def test_a_layout_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "homes.csv"
    pd.DataFrame({"id": "a", "time": WEEK[:10], "kwh": 1.0}).to_csv(path, index=False)
    with pytest.raises(ConfigurationError, match="is not there"):
        read_source(SourceLayout(tmp_path / "absent.csv"))
    with pytest.raises(ConfigurationError, match="time zone"):
        read_source(SourceLayout(path, time_zone="Mars/Olympus"))
    with pytest.raises(ConfigurationError, match="step_s"):
        read_source(SourceLayout(path, step_s=7))
    with pytest.raises(InputError, match="columns"):
        read_source(SourceLayout(path, value_column="energy"))
    with pytest.raises(InputError, match="less than a week"):
        read_source(SourceLayout(path))


@pytest.mark.reference_data
def test_six_australian_homes_are_replayed_as_measured(make_fleet: Callable[..., Fleet], reference_data: Path) -> None:
    path = reference_data / "household_sgsc_6x_30min.parquet"
    frame = pd.read_parquet(path)
    value = next(column for column in frame.columns if "kwh" in column.lower())
    layout = SourceLayout(path, "reading_datetime", value, "customer_id", time_zone="Australia/Sydney")
    fleet = make_fleet(6, source=layout)
    assert len(fleet.load.flexible) == 0
    # The last winter week that was measured, at the same local time in France.
    monday = datetime(2014, 2, 3, tzinfo=LOCAL_ZONE)
    import_wh, export_wh = fleet.slot_wh(int(monday.timestamp()), 336)
    for row, name in enumerate(sorted(frame["customer_id"].astype(str).unique())):
        mine = frame[frame["customer_id"].astype(str) == name]
        stamps = pd.DatetimeIndex(pd.to_datetime(mine["reading_datetime"])).tz_localize(None).floor("30min")
        measured = pd.Series(mine[value].to_numpy(np.float64) * 1_000, stamps).groupby(level=0).mean()
        week = measured.reindex(pd.date_range("2014-02-03", periods=336, freq="30min"))
        there = week.notna().to_numpy()
        assert there.mean() > 0.9
        assert import_wh[row][there] == pytest.approx(week.to_numpy()[there], abs=1.0)
    assert export_wh.sum() == 0


@pytest.mark.reference_data
def test_a_london_home_keeps_its_gaps_filled_and_its_energy(reference_data: Path, tmp_path: Path) -> None:
    packed = reference_data / "household_lcl_MAC000002.csv.gz"
    frame = pd.read_csv(packed)
    time, value = "DateTime", _column(frame, "kw")
    unpacked = tmp_path / "london.csv"
    unpacked.write_bytes(gzip.decompress(packed.read_bytes()))
    for path in (packed, unpacked):
        _, year_wh = read_source(SourceLayout(path, time, value, None, local_zone="Europe/London"))
        last_year = pd.to_numeric(frame[value], errors="coerce").tail(365 * 48).sum() * 1_000
        assert year_wh.sum() == pytest.approx(last_year, rel=0.05)


@pytest.mark.reference_data
def test_an_hourly_french_home_is_halved_into_slots(reference_data: Path) -> None:
    path = reference_data / "household_fr_sceaux_hourly_2006_2009.parquet"
    frame = pd.read_parquet(path)
    time = next(name for name in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[name]))
    value = next(name for name in frame.columns if "kwh" in name.lower())
    _, year_wh = read_source(SourceLayout(path, time, value, None, step_s=3_600, time_zone="Europe/Paris"))
    assert (year_wh[0, ::2] == year_wh[0, 1::2]).mean() > 0.99
    assert 2e6 < year_wh.sum() < 20e6


@pytest.mark.reference_data
def test_a_french_home_in_mean_watts_is_replayed(make_fleet: Callable[..., Fleet], reference_data: Path) -> None:
    path = reference_data / "household_fr_emhass_30min_train.parquet"
    frame = pd.read_parquet(path).reset_index()
    time = next(name for name in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[name]))
    layout = SourceLayout(path, time, "load_w", None, "w", local_zone="Europe/Paris")
    fleet = make_fleet(2, source=layout)
    noon = datetime(2024, 7, 3, 12, tzinfo=UTC)
    import_wh, _ = fleet.slot_wh(int(noon.timestamp()), 4)
    stamps = pd.DatetimeIndex(frame[time]).tz_convert("UTC") if frame[time].dt.tz else pd.DatetimeIndex(frame[time])
    measured = pd.Series(frame["load_w"].to_numpy() / 2, stamps.tz_localize(None))
    expected = measured.reindex(pd.date_range("2024-07-03 12:00", periods=4, freq="30min")).to_numpy()
    assert import_wh[0] == pytest.approx(expected, abs=1.0)
    assert (import_wh[0] == import_wh[1]).all()


def test_week_positions_count_iso_weeks() -> None:
    days = pd.DatetimeIndex([date(2024, 12, 30), date(2026, 12, 30), date(2026, 1, 5)])
    assert (week_positions(days) // 336).tolist() == [0, 51, 1]


def _column(frame: pd.DataFrame, part: str) -> str:
    return next(name for name in frame.columns if part in name.lower())
