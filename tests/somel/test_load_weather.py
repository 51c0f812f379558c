"""``somel load weather`` and ``somel load weather-point`` as an operator types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.errors import ConfigurationError, InputError, NotFoundError
from grid.weather.file import CODES
from somel.cli import app
from tests.support.documentation import ROOT

KNOWN = ("--known-at", "2026-01-14T06:00Z")


def typed(command: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["load", command, *arguments], catch_exceptions=False)


@pytest.fixture
def file(database_url, services, monkeypatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", services.mqtt_url)
    path = tmp_path / "weather.csv"
    rows = [f"2026-01-15T{hour:02d}:00Z,{hour / 2}" for hour in range(24)]
    path.write_text("\n".join(["time,temperature_degc", *rows]))
    return path


def test_all_good_leaves_with_0_and_again_all_is_known(file: Path):
    assert "Lille at 50.6300, 3.0600" in typed("weather-point", "Lille", "50.63", "3.06").stdout
    dry = typed("weather", str(file), "--point", "Lille", *KNOWN, "--dry-run")
    assert (dry.exit_code, "24 would be taken" in dry.stdout) == (0, True)
    done = typed("weather", str(file), "--point", "Lille", *KNOWN)
    assert done.exit_code == 0
    assert "24 rows, 0 without a value, 0 refused" in done.stdout
    assert "24 stored, 0 duplicate, 0 refused because" in done.stdout
    again = json.loads(typed("weather", str(file), "--point", "Lille", *KNOWN, "--json").stdout)
    assert (again["stored"], again["duplicate"], again["contradicted"]) == (0, 24, 0)


def test_what_is_bad_or_contradicts_leaves_with_3(file: Path):
    typed("weather-point", "Lille", "50.63", "3.06")
    assert typed("weather", str(file), "--point", "Lille", *KNOWN).exit_code == 0
    file.write_text("time,temperature_degc\n2026-01-15T00:00Z,7\n2026-01-15T24:30Z,7\n")
    done = typed("weather", str(file), "--point", "Lille", *KNOWN)
    assert done.exit_code == 3
    assert "0 stored, 0 duplicate, 1 refused because they contradict what is stored" in done.stdout
    assert f"1 time_unreadable: {CODES['time_unreadable']}" in done.stdout
    file.write_text("time,temperature_degc\n2026-01-15T00:00Z,7\n")
    assert typed("weather", str(file), "--point", "Lille", "--lead-hours", "36").exit_code == 0


def test_a_point_has_to_be_named_first(file: Path):
    with pytest.raises(NotFoundError, match="weather-point"):
        typed("weather", str(file), "--point", "Lille", *KNOWN)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (KNOWN, "point_unstated"),
        (("--point", "Lille"), "known_unstated"),
        (("--point", "Lille", *KNOWN, "--lead-hours", "24"), "known_unstated"),
        (("--point", "Lille", "--known-at", "yesterday"), "known_unstated"),
        (("--point", "Lille", *KNOWN, "--zone", "Lille"), "zone_unknown"),
        (("--point", "Lille", *KNOWN, "--unit", "km/h"), "unit_unstated"),
    ],
)
def test_options_that_make_no_sense_are_wrong_use(options: tuple[str, ...], code: str):
    with pytest.raises(ConfigurationError, match=code):
        typed("weather", "a.csv", *options)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(InputError, match="naive_time"):
        typed("weather", "a.csv", "--point", "Lille", "--known-at", "2026-01-14T06:00")


def test_the_page_for_operators_names_every_code():
    page = (ROOT / "docs" / "operate.md").read_text()
    for code, meaning in CODES.items():
        assert f"| `{code}` | {meaning} |" in page
