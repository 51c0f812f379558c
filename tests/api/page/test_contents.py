"""What the page shows: load, forecasts and how good they are, what came in, events, and that there is nothing yet."""

from datetime import UTC, datetime

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from db.access import create_token
from db.connection import Role, connect
from db.lead_skill import insert_lead_skill
from db.rollup import roll_up_pending
from tests.api.conftest import settings_at
from tests.api.page.shown import EVENING, Shown, run_event
from tests.api.serving import served
from tests.api.world import World, intervals, write_intervals

# One browser serves all tests, each on a page of its own; it lives on the event loop that they share.
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

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


async def test_a_running_event_appears_with_planned_against_measured(shown: Shown):
    await shown.sign_in()
    card = shown.page.locator(".event")
    await expect(card).to_contain_text("Projet")
    await run_event(shown.world)
    await expect(card).to_contain_text("Pointe du soir", timeout=10_000)
    await expect(card).to_contain_text("En cours")
    cells = card.locator("tbody td")
    await expect(cells).to_have_text(["42,0", "39,0", "39,0", "en attente"])
    await expect(card).to_contain_text("92,9 % du plan")


async def test_an_empty_platform_says_so(browser: Browser, database_url: str):
    async with await connect(database_url, None) as connection:
        _, secret = await create_token(connection, "first", ["read:grid", "read:ingest"])
    async with served(settings_at(datetime.now(UTC)), database_url) as address:
        page = await browser.new_page()
        await page.goto(f"{address}/#token={secret}")
        await expect(page.locator("#empty")).to_be_visible()
        await expect(page.locator("#panels")).to_be_hidden()
        await page.close()
