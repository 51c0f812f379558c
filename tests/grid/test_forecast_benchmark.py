"""The replay of measured loads: its marks on the reference data, and any other series."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.grid.curves import daily_and_weekly

ROOT = Path(__file__).parents[2]


def run(*arguments: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.forecast", *arguments],
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == expected, done.stderr
    return done


@pytest.mark.reference_data
def test_measured_loads_are_forecast_as_well_as_promised(reference_data: Path):
    done = run("--data", str(reference_data), "--json")
    figures = json.loads(done.stdout.splitlines()[-1])
    assert "left out: LightGBM" in done.stderr
    assert max(figures["vs_naive"].values()) < 0.8
    assert figures["fr_2022_mape"] <= 2.20
    assert figures["fr_2023_mape"] <= 2.37
    assert figures["fr_2023_mape"] < figures["fr_2023_rte_mape"]
    assert set(figures["group_skill"]) == {"sgsc", "homes", "feeders", "stations", "enercoop"}
    assert min(figures["group_skill"].values()) >= 0.15
    assert figures["worst_skill"] >= 0.0
    assert all(abs(covered - 0.9) <= 0.015 for covered in figures["coverage_90"].values()), figures["coverage_90"]
    assert all(figures["rcrps"][group] < figures["rmae"][group] for group in figures["rmae"])


@pytest.mark.parametrize(("name", "zone"), [("load.csv", None), ("load.parquet", "UTC")])
def test_any_other_series_is_scored_the_same_way(tmp_path: Path, name: str, zone: str | None):
    times = pd.date_range("2026-01-05", periods=60 * 48, freq="30min", tz=zone)
    table = pd.DataFrame({"at": times, "load_w": daily_and_weekly(60)})
    table.loc[5, "load_w"] = np.nan
    file = tmp_path / name
    table.to_parquet(file) if zone else table.to_csv(file, index=False)
    done = run("--series", str(file), "--column", "load_w", "--issue-hour", "9", "--horizon", "96", "--json")
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["skill"] > 0.05
    assert 0.8 < figures["coverage_90"] <= 1.0


def test_a_series_like_taylors_is_scored_from_every_half_hour(tmp_path: Path):
    wheel = tmp_path / "pmdarima.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        numbers = ", ".join(str(round(load)) for load in daily_and_weekly(84))
        archive.writestr("pmdarima/datasets/taylor.py", f"import numpy as np\n\nload = np.array([{numbers}])\n")
    done = run("--data", str(tmp_path / "nowhere"), "--taylor", str(wheel), "--json")
    figures = json.loads(done.stdout.splitlines()[-1])
    assert "left out: MSTL" in done.stderr
    assert "make peers" in done.stderr
    assert figures["taylor_all_mape"] < 1.01 * figures["taylor_uncorrected_all_mape"]
    assert figures["taylor_midnight_mape"] < 1.01 * figures["taylor_uncorrected_midnight_mape"]
    assert set(figures["vs_naive"]) == {"taylor_midnight", "taylor_all"}
    assert max(figures["vs_naive"].values()) < 0.9


def test_without_data_or_a_column_it_says_so(tmp_path: Path):
    done = run("--data", str(tmp_path / "nowhere"), "--json")
    assert "skipped" in done.stderr
    assert done.stdout == "{}\n"
    assert "--column" in run("--series", str(tmp_path / "a.csv"), expected=2).stderr
