"""The replay of measured loads: its marks on the reference data, and any other series."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import _forecast_options, _peers, _taylor
from core.errors import ConfigurationError
from tests.grid.curves import daily_and_weekly

ROOT = Path(__file__).parents[2]
QUICK = ("--without-scale", "--without-peers", "--without-taylor")


def run(
    *arguments: str, expected: int = 0, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.forecast", *arguments],
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == expected, done.stderr
    return done


@pytest.mark.reference_data
def test_measured_loads_are_forecast_as_well_as_promised(reference_data: Path):
    done = run("--data", str(reference_data), *QUICK, "--json")
    figures = json.loads(done.stdout.splitlines()[-1])
    assert [line.split(",")[0] for line in done.stderr.splitlines() if "left out" in line] == [
        "left out: LightGBM and MSTL of statsforecast",
        "left out: Taylor's series",
        "left out: how long many series take",
    ]
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


def wheel_like_taylors(folder: Path) -> Path:
    """Make a wheel of pmdarima that holds nothing but a series."""
    wheel = folder / "pmdarima-1.0-py3-none-any.whl"
    numbers = ", ".join(str(round(load)) for load in daily_and_weekly(84))
    parts = {
        "pmdarima/datasets/taylor.py": f"import numpy as np\n\nload = np.array([{numbers}])\n",
        "pmdarima-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pmdarima\nVersion: 1.0\n",
        "pmdarima-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "pmdarima-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return wheel


def test_a_series_like_taylors_is_scored_from_every_half_hour(tmp_path: Path):
    wheel = wheel_like_taylors(tmp_path)
    nowhere = str(tmp_path / "nowhere")
    done = run("--data", nowhere, "--without-scale", "--without-peers", "--taylor", str(wheel), "--json")
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["taylor_all_mape"] < 1.01 * figures["taylor_uncorrected_all_mape"]
    assert figures["taylor_midnight_mape"] < 1.01 * figures["taylor_uncorrected_midnight_mape"]
    assert set(figures["vs_naive"]) == {"taylor_midnight", "taylor_all"}
    assert max(figures["vs_naive"].values()) < 0.9


def test_without_data_or_a_column_it_says_so(tmp_path: Path):
    done = run("--data", str(tmp_path / "nowhere"), *QUICK, "--json")
    assert "skipped" in done.stderr
    assert done.stdout == "{}\n"
    assert "--column" in run("--series", str(tmp_path / "a.csv"), expected=2).stderr


def offline(shop: Path) -> dict[str, str]:
    """Return what keeps pip from any network: it finds what lies in a folder."""
    return {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shop), "PIP_NO_CACHE_DIR": "1"}


@pytest.fixture
def empty_cache() -> Iterator[Path]:
    """Return an empty folder that other accounts may enter, as a cache has to be; pytest's own may not."""
    with tempfile.TemporaryDirectory(prefix="somel-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_without_a_network_taylors_series_is_left_out_and_the_rest_goes_on(empty_cache: Path):
    nowhere = str(empty_cache / "nowhere")
    environment = offline(empty_cache) | {"SOMEL_CACHE_DIR": str(empty_cache)}
    done = run("--data", nowhere, "--without-peers", "--scale", "20", "--json", environment=environment)
    assert "left out: Taylor's series, and MSTL on it. `" in done.stderr
    assert "is the network there?" in done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert {"refit_20_s", "update_20_s", "rss_mb"} <= set(figures)


def test_one_wheel_is_pinned_for_every_machine():
    pins = [line.strip(" \\") for line in _taylor.LOCK.read_text().splitlines() if not line.startswith("#")]
    assert re.fullmatch(r"pmdarima==[\d.]+ --hash=sha256:[0-9a-f]{64}", " ".join(pins))


def test_taylors_series_is_fetched_once_and_only_as_it_was_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wheel, lock, cache = wheel_like_taylors(tmp_path), tmp_path / "taylor.txt", tmp_path / "cache"
    for name, value in offline(tmp_path).items():
        monkeypatch.setenv(name, value)
    pin = "pmdarima==1.0 --hash=sha256:"
    lock.write_text(pin + "0" * 64)
    with pytest.raises(ConfigurationError, match=r"(?is)pip download.*do not match the hashes"):
        _taylor.fetched(cache, lock)
    lock.write_text(pin + hashlib.sha256(wheel.read_bytes()).hexdigest())
    found = _taylor.fetched(cache, lock)
    wheel.unlink()
    assert _taylor.fetched(cache, lock) == found
    assert _taylor.read(found).shape == (84 * 48,)


def test_peers_are_asked_where_they_are_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    parser = _forecast_options.parser("")
    monkeypatch.setattr(_peers, "PYTHON", tmp_path / "python")
    assert _forecast_options.peers(parser.parse_args([])) is None
    assert "left out: LightGBM and MSTL" in (said := capsys.readouterr().err)
    assert "make peers" in said
    monkeypatch.setattr(_peers, "installed", lambda python: python == tmp_path / "python")
    assert isinstance(_forecast_options.peers(parser.parse_args([])), _peers.Peers)
    with pytest.raises(SystemExit, match="make peers"):
        _forecast_options.peers(parser.parse_args(["--peers", "elsewhere"]))
    assert _forecast_options.peers(parser.parse_args(["--without-peers"])) is None


def test_a_plain_run_times_ten_thousand_series_and_reads_the_pinned_wheel(monkeypatch: pytest.MonkeyPatch):
    chosen = _forecast_options.checked(_forecast_options.parser(""), [])
    assert (chosen.scale, chosen.without_scale, chosen.without_peers, chosen.without_taylor) == (10_000, *3 * [False])
    monkeypatch.setattr(_taylor, "fetched", lambda _cache: Path("pinned.whl"))
    assert _forecast_options.wheel(chosen) == Path("pinned.whl")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--series", "/nowhere.csv", "--column", "load"), "there is no file /nowhere.csv"),
        (("--series", "/nowhere.csv"), "--series needs --column"),
        (("--taylor", "/nowhere.whl"), "there is no file /nowhere.whl"),
        (("--scale", "3"), "10 series or more"),
        (("--scale", "20", "--without-scale"), "not allowed with"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_run(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit):
        _forecast_options.checked(_forecast_options.parser(""), arguments)
    assert said in capsys.readouterr().err
