"""``somel forecast backtest`` as an operator types it, on a real database, and its page in a real browser."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import async_playwright
from typer.testing import CliRunner, Result

from core.errors import InputError, NotFoundError, PlatformError
from db.connection import connect
from somel.cli import app
from tests.grid.curves import MONDAY, daily_and_weekly
from tests.grid.town import add_load, build_town

PERIOD = ("--from", "2026-02-09", "--to", "2026-02-12")


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["forecast", "backtest", *arguments], catch_exceptions=False)


@pytest.fixture
def empty_town(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the database of a town without load in the settings, and a clock that shows the end of its period."""
    asyncio.run(build_town(database_url))
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    monkeypatch.setenv("SOMEL_CLOCK_WALL_ORIGIN", datetime.now(UTC).isoformat())
    monkeypatch.setenv("SOMEL_CLOCK_REPLAY_ORIGIN", (MONDAY + timedelta(days=44)).isoformat())
    return database_url


@pytest.fixture
def town(empty_town: str, database_url: str) -> str:
    """Return the same with six weeks of load of two feeders."""

    async def fill() -> None:
        async with await connect(database_url, None) as connection:
            cursor = await connection.execute("SELECT place_id FROM place WHERE level = 'feeder' ORDER BY code")
            place_ids = [int(row[0]) for row in await cursor.fetchall()]
        for seed, place_id in enumerate(place_ids):
            await add_load(database_url, place_id, MONDAY, daily_and_weekly(44, seed=seed))

    asyncio.run(fill())
    return empty_town


def test_a_period_is_judged_as_json_as_a_table_and_as_a_page(town: str, tmp_path: Path):
    page = tmp_path / "report.html"
    result = typed(*PERIOD, "--known", "now", "--html", str(page), "--json")
    facts = json.loads(result.stdout)
    assert result.exit_code == 0
    assert facts["settings"]["origin_count"] == 3
    assert facts["level"]["whole"]["naive_ratio"] < 1.0
    assert [place["code"] for place in facts["places"]]
    text = page.read_text()
    assert "Départ 1" in text
    assert text.count("<svg") == 6  # the mark, error, reliability, two places, weights
    assert "http" not in text
    assert "<script" not in text

    assert facts["weather"]["wanted"] is True
    assert "48 h ahead from 90 days of load, without weather" in text

    few = ("--known", "now", "--code", "F1", "--horizon-h", "12", "--issue-at", "06:30", "--without-weather")
    one = typed(*PERIOD, *few)
    assert "1 place (feeder), 3 issues at 06:30" in one.stdout
    assert "No forecast looked at the weather, as was asked for." in one.stdout
    assert "6–12 h" in one.stdout
    assert "coverage of 90 %" in one.stdout
    assert "newest value of every slot" in one.stdout


@pytest.mark.browser
async def test_the_page_fits_a_phone_asks_nobody_and_has_no_errors(town: str, tmp_path: Path, browser_program: Path):
    file = tmp_path / "report.html"
    await asyncio.to_thread(typed, *PERIOD, "--known", "now", "--html", str(file), "--json")
    said: list[str] = []
    asked: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(browser_program), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 360, "height": 740})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(file.as_uri())
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert await page.locator("svg[role=img]").count() == 5
        assert await page.locator("tbody tr").count() == 6 + 2
        await browser.close()
    assert asked == [file.as_uri()]
    assert said == []


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (("--from", "2026-02-09", "--to", "2026-02-09"), InputError, "period_empty"),
        (("--from", "2027-02-09", "--to", "2027-02-10"), InputError, "period_empty"),
        (("--from", "9 February", "--to", "2026-02-10"), InputError, "period_not_readable"),
        ((*PERIOD, "--issue-at", "noon"), InputError, "period_not_readable"),
        ((*PERIOD, "--issue-at", "12:00+01:00"), InputError, "period_not_readable"),
        ((*PERIOD, "--level", "village"), InputError, "level_unknown"),
        ((*PERIOD, "--code", "F9"), NotFoundError, "place_unknown"),
        ((*PERIOD, "--html", "/nowhere/report.html"), InputError, "page_not_writable"),
        (PERIOD, InputError, "period_unknown"),
    ],
)
def test_what_cannot_be_done_is_said(
    empty_town: str, arguments: tuple[str, ...], error: type[PlatformError], code: str
):
    with pytest.raises(error) as raised:
        typed(*arguments)
    assert raised.value.code == code


def test_an_empty_platform_says_so(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    with pytest.raises(NotFoundError, match="No feeder is registered yet"):
        typed(*PERIOD)
