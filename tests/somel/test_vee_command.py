"""``somel vee`` as an operator types it, on a real database."""

import asyncio
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from core.errors import InputError, NotFoundError
from db.connection import Role, connect
from somel.cli import app
from tests.db.village import ask, build_village
from tests.ingest.vee.household import DAY_S, LATER, MIDNIGHT_S, curve, validate, write

CLOSED = datetime.fromtimestamp(MIDNIGHT_S + DAY_S + 60, UTC)


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["vee", *arguments], catch_exceptions=False)


def told(*arguments: str) -> list[dict[str, object]]:
    result = typed(*arguments, "--json")
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def village(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the database of a village in the settings, and a clock that shows February 2026."""
    asyncio.run(build_village(database_url))
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    monkeypatch.setenv("SOMEL_CLOCK_WALL_ORIGIN", datetime.now(UTC).isoformat())
    monkeypatch.setenv("SOMEL_CLOCK_REPLAY_ORIGIN", LATER.isoformat())
    return database_url


async def fill(url: str) -> None:
    """Write a day with a gap of an hour and a spike, and validate it."""
    day = 100.0 + np.arange(48) % 5
    day[10:12], day[20] = np.nan, 4_000.0
    async with await connect(url, Role.INGEST, autocommit=True) as connection:
        await write(connection, curve(1, MIDNIGHT_S, day))
        await validate(connection, CLOSED, rest_s=600.0)


def test_an_empty_platform_says_so(village: str):
    assert "nothing was found" in typed("findings").output
    assert "complete" in typed("gaps").output
    assert "nothing to estimate" in typed("estimate").output
    assert "closed day           –" in typed("status").output


def test_findings_gaps_and_estimates_are_told_and_made(village: str):
    asyncio.run(fill(village))
    key = str(ask(village, "SELECT usage_point_key FROM usage_point WHERE usage_point_id = 1")[0][0])
    assert {row["rule"] for row in told("findings", "--usage-point", key, "--day", "2026-01-15")} == {"gap", "spike"}
    assert [row["figure"] for row in told("findings", "--rule", "spike")] == [8_000.0]
    assert told("findings", "--commune", "59512") == []
    assert len(typed("findings", "--limit", "1").stdout.splitlines()) == 2  # a head and the newest
    (gap,) = told("gaps")
    assert (gap["usage_point_key"], gap["missing"], gap["estimated"]) == (key, 2, 0)

    assert told("estimate", "--day", "2026-01-15") == [{"days": 1, "gaps": 1, "values": 2, "left": 0}]
    (gap,) = told("gaps")
    assert (gap["missing"], gap["estimated"], gap["estimation"]) == (0, 2, "between its neighbours")
    assert "nothing to estimate" in typed("estimate").output
    (status,) = told("status")
    assert (status["incomplete_days"], status["standing_estimates"]) == (0, 2)


def test_a_changed_limit_counts_when_a_day_is_checked_again(village: str):
    asyncio.run(fill(village))
    before = {row["register_name"]: row for row in told("limits")}
    assert before["import_wh"]["spike_ratio"] == 1.8
    changed = typed("limits", "import_wh", "--set", "spike_ratio=off", "--set", "flat_run_s=7200")
    assert "spike_ratio          –" in changed.output
    (done,) = told("check", "--day", "2026-01-15", "--commune", "59350")
    assert (done["cleared"], done["days"]) == (1, 3)
    assert {row["rule"] for row in told("findings")} == {"gap"}
    assert {row["rule"] for row in told("findings", "--all")} == {"gap", "spike"}


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (["findings", "--rule", "wrong"], InputError, "rule_unknown"),
        (["findings", "--usage-point", "x"], InputError, "filter_not_readable"),
        (["gaps", "--day", "yesterday"], InputError, "filter_not_readable"),
        (["check", "--day", "2026-02-01"], InputError, "day_not_over"),
        (["limits", "import_kwh"], InputError, "limits_of_nothing"),
        (["limits", "--set", "highest=1"], InputError, "register_missing"),
        (["limits", "import_wh", "--set", "highest=much"], InputError, "limit_not_a_number"),
        (["limits", "nothing", "--set", "highest=1"], NotFoundError, "limits_unknown"),
    ],
)
def test_what_cannot_be_meant_is_refused(village: str, arguments: list[str], error: type[Exception], code: str):
    with pytest.raises(error) as raised:
        typed(*arguments)
    assert raised.value.code == code  # type: ignore[attr-defined]


def test_the_rules_are_listed_with_their_meaning():
    lines = typed("rules").output.splitlines()
    assert len(lines) == 13
    assert lines[1].startswith("gap")
