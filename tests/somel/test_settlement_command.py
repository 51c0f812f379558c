"""``somel settlement`` as an operator types it, on a real database."""

import asyncio
import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from core.errors import InputError, NotFoundError
from somel.cli import app
from tests.db.village import ask
from tests.grid.settlement.past import FIRST, SECOND, the_event_is_measured, the_late_batch, town_with_event


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["settlement", *arguments], catch_exceptions=False)


def told(*arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in typed(*arguments, "--json").stdout.splitlines()]


@pytest.fixture
def event(database_url: str, monkeypatch: pytest.MonkeyPatch) -> UUID:
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    monkeypatch.setenv("SOMEL_CLOCK_WALL_ORIGIN", datetime.now(UTC).isoformat())
    monkeypatch.setenv("SOMEL_CLOCK_REPLAY_ORIGIN", "2026-02-08T12:00:00Z")

    async def make() -> UUID:
        town, event_id = await town_with_event(database_url)
        await the_event_is_measured(database_url, town)
        await the_late_batch(database_url, town)
        return event_id

    return asyncio.run(make())


def test_an_event_is_settled_compared_verified_and_taken_away(database_url: str, event: UUID, tmp_path: Path):
    (first,) = told("make", str(event), "--as-of", FIRST.isoformat(), "--program", "P1")
    (second,) = told("make", str(event), "--as-of", SECOND.isoformat())
    latest = typed("make", str(event), "--method", "simple_rectangle")
    assert (first["complete_count"], second["complete_count"], first["program"]) == (4, 6, "P1")
    assert "simple_rectangle" in latest.stdout
    assert "–" in latest.stdout  # it has no adjustment
    assert [row["settlement_statement_id"] for row in told("list", str(event))] == [3, 2, 1]

    rows = told("diff", "1", "2")
    assert len(rows) == 6
    text = typed("diff", "1", "2").stdout
    assert "measured_w – → 250" in text
    assert "estimate_replaced: The measured reading of 2026-01-29 18:30Z replaced an estimate. 175 → 250" in text
    assert text.endswith("6 of 6 rows differ\n")

    for form in ("csv", "parquet"):
        assert typed("export", "2", "--to", str(tmp_path / f"s.{form}"), "--format", form).exit_code == 0
    (total,) = told("program", "P1")
    assert (total["events"], total["reduction_wh"]) == (1, first["reduction_wh"])
    assert told("program", "P2") == []
    lines = list(csv.DictReader((tmp_path / "s.csv").read_text().splitlines()))
    table = pq.read_table(tmp_path / "s.parquet").to_pylist()
    assert len(lines) == len(table) == 6
    assert [float(line["measured_w"]) for line in lines] == [row["measured_w"] for row in table]
    assert sum(row["reduction_wh"] for row in table) == pytest.approx(second["reduction_wh"])
    assert {line["is_indicative"] for line in lines} == {"true"}

    assert typed("verify", "1").exit_code == 0
    ask(database_url, "SET session_replication_role = replica; UPDATE settlement_slot SET measured_w = measured_w + 1")
    broken = typed("verify", "1", "--json")
    assert (broken.exit_code, json.loads(broken.stdout)["is_reproduced"]) == (1, False)


def test_methods_are_listed_and_scored(event: UUID):
    names = [row["name"] for row in told("methods")]
    rows = told("skill", "--place", "power_transformer:T1", "--month", "2026-01", "--at", "19:00", "--slots", "2")
    assert {row["method"] for row in rows} == set(names)
    shown = typed("skill", "--place", "feeder:F1", "--month", "2026-01", "--at", "19:00").stdout
    assert "bias w" in shown.splitlines()[0]


def test_what_cannot_be_read_or_found_is_refused(event: UUID, tmp_path: Path):
    for wrong in (("make", "x"), ("make", str(event), "--as-of", "x")):
        with pytest.raises(InputError):
            typed(*wrong)
    for place, month, at in (
        ("feeder:F1", "x", "18:00"),
        ("feeder:F1", "2026-01", "x"),
        ("feeder:F1", "2026-01", "18:10"),
    ):
        with pytest.raises(InputError):
            typed("skill", "--place", place, "--month", month, "--at", at)
    with pytest.raises(NotFoundError, match="place_unknown"):
        typed("skill", "--place", "feeder:F9", "--month", "2026-01")
    with pytest.raises(NotFoundError, match="statement_unknown"):
        typed("verify", "9")
    assert typed("list", str(event)).stdout == "nothing\n"
    typed("make", str(event))
    with pytest.raises(InputError, match="file_not_writable"):
        typed("export", "1", "--to", str(tmp_path / "none" / "s.csv"))
