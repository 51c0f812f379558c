"""``somel load readings`` as an operator types it."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.errors import ConfigurationError
from ingest.files.codes import FILE_CODES
from somel.cli import app
from tests.ingest.files.loading import PRM, village
from tests.support.documentation import ROOT

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30)


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["load", "readings", *arguments], catch_exceptions=False)


@pytest.fixture
def file(database_url, services, monkeypatch, tmp_path):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", services.mqtt_url)
    path = tmp_path / f"curve_{PRM}.csv"
    rows = [f"{(DAY + timedelta(minutes=30 * index)).isoformat()};{index},5" for index in range(48)]
    path.write_text("\n".join(["Horodate;Valeur", *rows]))
    with village(database_url):
        yield path


def test_all_good_leaves_with_0_and_says_what_was_stored(file: Path):
    done = typed(str(file), "--unit", "w", "--meter", PRM)
    assert done.exit_code == 0
    assert "48 stored, 0 duplicate, 0 revised, 0 refused" in done.stdout
    assert "step_s 1800, decimal ," in done.stdout
    assert PRM not in done.output

    again = json.loads(typed(str(file), "--unit", "w", "--meter", "m-000001", "--json").stdout)
    assert (again["stored"], again["duplicate"], again["gaps"]) == (0, 48, 0)


def test_bad_lines_leave_with_3_and_stand_in_the_report(file: Path, tmp_path: Path):
    with file.open("a") as stream:
        stream.write("\n" + "\n".join("rubbish;1" for _ in range(15)))
    told = tmp_path / "told.csv"
    done = typed(str(file), "--unit", "w", "--meter", PRM, "--report", str(told))
    assert done.exit_code == 3
    assert "48 stored" in done.stdout
    assert done.stdout.count("time_unreadable: ") == 10
    assert f"all are in {told}" in done.stdout
    with told.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["line"]) for row in rows] == list(range(50, 65))


def test_a_dry_run_says_so(file: Path):
    done = typed(str(file), "--unit", "w", "--meter", PRM, "--dry-run", "--step", "30")
    assert (done.exit_code, "48 would be taken" in done.stdout) == (0, True)
    assert typed(str(file), "--unit", "w", "--meter", PRM).stdout.count("48 stored") == 1


@pytest.mark.parametrize(
    "wrong",
    [("--zone", "Lille"), ("--register", "power_w"), ("--step", "7"), ("--decimal", ";"), ("--report", "/no/where")],
)
def test_options_that_make_no_sense_are_wrong_use(wrong):
    with pytest.raises(ConfigurationError):
        typed("a.csv", *wrong)


def test_the_page_for_operators_names_every_code():
    page = (ROOT / "docs" / "operate.md").read_text()
    for code in FILE_CODES:
        assert f"| `{code.code}` | {'refused' if code.is_refusal else 'told'} | {code.meaning} |" in page
