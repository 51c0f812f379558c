"""The page as people have it: in a real browser, on a real server, over a real database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from api.routes.page import WEB
from core.settings import Settings
from core.slots import SLOT
from db.access import create_token
from db.connection import Role, connect
from db.lead_skill import insert_lead_skill
from db.rollup import roll_up_pending
from tests.api.conftest import settings_at
from tests.api.serving import served
from tests.api.world import DAY, World, build_world, intervals, write_intervals
from tests.conftest import missing

# One browser serves all tests, each on a page of its own; it lives on the event loop that they share.
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

#: The evening of the world's day: a forecast is known, and half of it has come.
EVENING = DAY + timedelta(hours=23, minutes=45)
_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)
_PAINTED = """() => {
  const canvas = document.querySelector('#chart canvas');
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const found = { blue: 0, orange: 0 };
  for (let at = 0; at < pixels.length; at += 4) {
    const [red, , blue, alpha] = pixels.slice(at, at + 4);
    if (alpha > 200 && blue > red + 80) found.blue += 1;
    if (alpha > 40 && red > blue + 80) found.orange += 1;
  }
  return found;
}"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page on a filled world, and everything that its console said."""

    page: Page
    world: World
    address: str
    said: list[str]

    async def sign_in(self, name: str = "all") -> None:
        await self.page.goto(f"{self.address}/#token={self.world.secrets[name]}")
        await expect(self.page.locator("#place-name")).to_have_text("Départ République")


@pytest.fixture(scope="session")
def chromium(settings: Settings, browser_program: Path) -> str:
    if not (WEB / "vendor" / "uplot.js").is_file():
        reason = f"the page's libraries are not in {WEB / 'vendor'}; run `npm ci && npm run vendor` in {WEB}"
        missing(settings, reason)
    return str(browser_program)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def shown(browser: Browser, database_url: str) -> AsyncIterator[Shown]:
    world = await build_world(database_url)
    async with served(settings_at(EVENING), database_url) as address:
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        yield Shown(page, world, address, said)
        await context.close()
    assert [line for line in said if line.startswith(("error", "warning"))] == []


async def test_the_curve_and_the_forecast_are_drawn(shown: Shown):
    await shown.sign_in()
    await expect(shown.page.locator("#chart canvas")).to_be_visible()
    painted = await shown.page.evaluate(_PAINTED)
    assert painted["blue"] > 300
    assert painted["orange"] > 300
    await expect(shown.page.locator("#skill")).to_contain_text("6 %")
    await expect(shown.page.locator("#skill")).to_contain_text("11 %")


async def _judge_by_lead(world: World) -> None:
    """Give the forecasts of the chosen place a skill by blocks of leads; of the last block nothing came to compare."""
    figures = {
        "origin_count": [28, 28, 0],
        "mae_w": [1_200.0, 1_500.0, np.nan],
        "naive_mae_w": [2_400.0, 1_250.0, np.nan],
        "rmae_ratio": [0.031, 0.04, np.nan],
        "crps_w": [900.0, 1_100.0, np.nan],
        "rcrps_ratio": [0.02, 0.03, np.nan],
        "coverage_ratio": [0.912, 0.884, np.nan],
    }
    async with await connect(world.url, Role.COMPUTE) as connection:
        cursor = await connection.execute("SELECT max(forecast_run_id) FROM forecast_run")
        ((run_id,),) = await cursor.fetchall()
        await insert_lead_skill(
            connection,
            forecast_run_id=run_id,
            place_id=np.array([world.place["F-1"]], np.int32),
            lead_h=np.array([[0, 6], [6, 12], [12, 24]]),
            figures={name: np.array([values]) for name, values in figures.items()},
        )


async def test_skill_is_told_by_how_far_ahead_with_method_and_weather(shown: Shown):
    await _judge_by_lead(shown.world)
    await shown.sign_in()
    rows = shown.page.locator("#leads tbody tr")
    await expect(rows.locator("th")).to_have_text(["0–6 h", "6–12 h", "12–24 h"])
    first = ["1,2", "3,1 %", "-50 %", "91,2 %"]
    await expect(rows.nth(0).locator("td")).to_have_text(first)
    await expect(rows.nth(1).locator("td")).to_have_text(["1,5", "4,0 %", "+20 %", "88,4 %"])
    await expect(rows.nth(2).locator("td")).to_have_text(["–"] * 4)
    await expect(shown.page.locator("#leads .good")).to_have_text(["-50 %"])
    await expect(shown.page.locator("#leads thead")).to_contain_text("visés")
    made = shown.page.locator("#made")
    await expect(made).to_contain_text("double seasonal, évaluation sur 14 jours")
    await expect(made).to_contain_text("weather.example.org, connue jeu. 15 janv. 17:00, dont 25 % du passé")
    await expect(shown.page.locator("#leads-none")).to_be_hidden()
    await shown.page.set_viewport_size({"width": 360, "height": 740})
    assert await shown.page.evaluate("document.documentElement.scrollWidth") == 360


async def test_a_forecast_that_was_not_judged_by_lead_says_so(shown: Shown):
    await shown.sign_in()
    await expect(shown.page.locator("#leads-none")).to_contain_text("Trop peu d’historique")
    await expect(shown.page.locator("#leads")).to_be_hidden()
    await shown.page.locator("#place-select").select_option("power_transformer/T-2")
    await expect(shown.page.locator("#skill")).to_contain_text("Aucune prévision")
    for name in ("leads", "leads-none", "made"):
        await expect(shown.page.locator(f"#{name}")).to_be_hidden()


async def test_load_is_shown_in_kilowatts(shown: Shown):
    await shown.sign_in()
    # 146 Wh + 240/2 Wh + 2 x 30 Wh in half an hour
    await expect(shown.page.locator("#load-now")).to_have_text("0,7")
    await expect(shown.page.locator("#load-when")).to_have_text("de 00:00 à 00:30")


async def test_values_move_when_new_readings_arrive(shown: Shown):
    await shown.sign_in()
    await expect(shown.page.locator("#ingest-stored")).to_have_text("265")
    await expect(shown.page.locator("#live")).to_have_attribute("data-state", "live")
    last = EVENING.replace(minute=0)
    async with await connect(shown.world.url, Role.INGEST) as connection:
        parts = [
            intervals(point, values, start=last, step_s=step)
            for point, values, step in zip(
                shown.world.usage_points[:3], ([9_000.0] * 2, [18_000.0], [4_500.0] * 4), (1800, 3600, 900), strict=True
            )
        ]
        await write_intervals(connection, parts, known_at=EVENING)
        await roll_up_pending(connection, EVENING)
    await expect(shown.page.locator("#load-now")).to_have_text("54,0", timeout=15_000)
    await expect(shown.page.locator("#ingest-stored")).to_have_text("267")
    await expect(shown.page.locator("#ingest-revised")).to_have_text("9")


async def test_the_counts_of_ingest_add_up_on_the_page(shown: Shown):
    await shown.sign_in()
    await expect(shown.page.locator("#ingest-received")).to_have_text("274")
    texts = [
        await shown.page.locator(f"#ingest-{name}").inner_text()
        for name in ("stored", "duplicate", "revised", "refused")
    ]
    assert sum(map(int, texts)) == 274
    await expect(shown.page.locator("#ingest")).to_contain_text("value_negative")


async def _run_event(world: World) -> None:
    start = EVENING.replace(minute=0)
    async with await connect(world.url, None) as connection:
        await connection.execute("UPDATE event SET status = 'cancelled'")
        cursor = await connection.execute(
            "INSERT INTO event (name, place_id, status, starts_at, ends_at, created_at, status_at)"
            " VALUES ('Pointe du soir', %s, 'active', %s, %s, %s, %s) RETURNING event_id",
            [world.place["F-1"], start, start + 2 * SLOT, start, start],
        )
        ((event_id,),) = await cursor.fetchall()
        await connection.execute(
            "INSERT INTO dispatch_plan (event_id, planned_at, start_at, slot_count, objective, dual_bound, unserved_wh,"
            " planned_reduction_w) VALUES (%s, %s, %s, 2, 1, 1, 0, '{42000, 39000}')",
            [event_id, start, start],
        )
        await connection.execute(
            "INSERT INTO event_result VALUES (%s, %s, %s, 3, 60000, 21000, 42000)", [event_id, start, start]
        )
        await connection.commit()


async def test_a_running_event_appears_with_planned_against_measured(shown: Shown):
    await shown.sign_in()
    card = shown.page.locator(".event")
    await expect(card).to_contain_text("Projet")
    await _run_event(shown.world)
    await expect(card).to_contain_text("Pointe du soir", timeout=10_000)
    await expect(card).to_contain_text("En cours")
    cells = card.locator("tbody td")
    await expect(cells).to_have_text(["42,0", "39,0", "39,0", "en attente"])
    await expect(card).to_contain_text("92,9 % du plan")


async def test_the_language_changes_everything_and_is_remembered(shown: Shown):
    await shown.sign_in()
    html = shown.page.locator("html")
    await expect(html).to_have_attribute("lang", "fr")
    await shown.page.get_by_role("button", name="EN", exact=True).click()
    await expect(html).to_have_attribute("lang", "en")
    await expect(shown.page.locator("#event-title")).to_have_text("Demand response")
    await expect(shown.page.locator("#load-now")).to_have_text("0.7")
    await shown.page.reload()
    await expect(shown.page.locator("#event-title")).to_have_text("Demand response")
    await expect(html).to_have_attribute("lang", "en")


@pytest.mark.parametrize("language", ["FR", "EN"])
async def test_a_narrow_phone_needs_no_sideways_scrolling(shown: Shown, language: str):
    await shown.page.set_viewport_size({"width": 360, "height": 740})
    await _run_event(shown.world)
    await shown.sign_in()
    await shown.page.get_by_role("button", name=language, exact=True).click()
    await expect(shown.page.locator(".event tbody")).to_be_visible()
    width: Any = await shown.page.evaluate("document.documentElement.scrollWidth")
    assert width == 360


async def test_everything_is_reached_by_keyboard(shown: Shown):
    page = shown.page
    await page.goto(shown.address)
    await expect(page.locator("#token")).to_be_focused()
    await page.keyboard.type(shown.world.secrets["all"])
    await page.keyboard.press("Enter")
    await expect(page.locator("#place-name")).to_have_text("Départ République")
    await page.locator("#commune-filter").focus()
    await page.keyboard.type("villeneuve")
    await page.keyboard.press("Tab")
    focused = page.locator(":focus")
    await expect(focused).to_contain_text("Villeneuve-d'Ascq")
    assert await focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await expect(page.locator("#place-name")).to_have_text("Villeneuve-d'Ascq")
    await expect(focused).to_have_attribute("aria-pressed", "true")


async def test_the_first_tab_stop_skips_to_the_content(shown: Shown):
    await shown.sign_in()
    await shown.page.reload()
    await expect(shown.page.locator("#place-name")).to_be_visible()
    await shown.page.keyboard.press("Tab")
    await expect(shown.page.locator(".skip")).to_be_focused()
    await shown.page.keyboard.press("Enter")
    await expect(shown.page.locator("main")).to_be_focused()


async def test_another_place_is_chosen_and_kept_in_the_address(shown: Shown):
    await shown.sign_in()
    await shown.page.locator("#place-select").select_option("power_transformer/T-2")
    await expect(shown.page.locator("#place-name")).to_have_text("Poste 2")
    await expect(shown.page.locator("#skill")).to_contain_text("Aucune prévision")
    await shown.page.reload()
    await expect(shown.page.locator("#place-name")).to_have_text("Poste 2")


async def test_an_old_bookmark_leads_to_what_there_is(shown: Shown):
    await shown.sign_in()
    said_before = list(shown.said)
    await shown.page.goto(f"{shown.address}/?again#feeder%2FF-9")
    await expect(shown.page.locator("#place-name")).to_have_text("Départ République")
    # The browser itself reports the 404 that told us so.
    shown.said[:] = said_before


async def test_the_token_does_not_stay_in_the_address(shown: Shown):
    await shown.sign_in()
    assert "token" not in shown.page.url
    assert await shown.page.evaluate("document.cookie") == ""


async def test_signing_out_leads_back_to_the_sign_in(shown: Shown):
    await shown.sign_in()
    await shown.page.get_by_role("button", name="Se déconnecter").click()
    await expect(shown.page.locator("#sign-in")).to_be_visible()
    await expect(shown.page.locator("#board")).to_be_hidden()
    await shown.page.reload()
    await expect(shown.page.locator("#sign-in")).to_be_visible()


async def test_a_token_that_may_not_see_ingest_shows_the_rest(shown: Shown):
    await shown.sign_in("grid")
    await expect(shown.page.locator("#ingest")).to_contain_text("read:ingest")
    await expect(shown.page.locator("#chart canvas")).to_be_visible()


async def test_the_page_asks_no_other_host(shown: Shown):
    asked: list[str] = []
    shown.page.on("request", lambda request: asked.append(request.url))
    await shown.sign_in()
    await shown.page.goto(f"{shown.address}/docs")
    await expect(shown.page.locator("#explorer")).to_contain_text("/v1/places")
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {shown.address.split("/")[2]}


async def test_an_empty_platform_says_so(browser: Browser, database_url: str):
    async with await connect(database_url, None) as connection:
        _, secret = await create_token(connection, "first", ["read:grid", "read:ingest"])
    async with served(settings_at(datetime.now(UTC)), database_url) as address:
        page = await browser.new_page()
        await page.goto(f"{address}/#token={secret}")
        await expect(page.locator("#empty")).to_be_visible()
        await expect(page.locator("#panels")).to_be_hidden()
        await page.close()
