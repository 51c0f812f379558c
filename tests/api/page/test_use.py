"""How the page is used: in two languages, on a phone, by keyboard, signed in and out, and with no other host."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.api.page.shown import Shown, run_event

# One browser serves all tests, each on a page of its own; it lives on the event loop that they share.
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


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
    await run_event(shown.world)
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
