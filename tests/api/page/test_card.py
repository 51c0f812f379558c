"""A resident makes a card without a name, links a Pass Pass card, loses it, and leaves; by keyboard, on a phone."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from core.settings import read_settings
from tests.api.conftest import PASS_SECRET
from tests.api.serving import served
from tests.db.village import ask
from tests.enjoy.passes.town import Town, add_service

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
PHONE: ViewportSize = {"width": 390, "height": 844}


async def fits(page: Page) -> bool:
    """Tell whether nothing stands out of the width of the phone."""
    wide: bool = await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return wide


async def pressed(page: Page, name: str) -> None:
    """Press a button as somebody without a mouse does."""
    button = page.get_by_role("button", name=name, exact=True).first
    await expect(button).to_be_enabled()
    await button.focus()
    await page.keyboard.press("Enter")


async def comes_again_and_leaves(page: Page, address: str, code: str) -> None:
    """Sign in by the code, in French; the child leaves first, for nobody else would act for it."""
    await page.goto(f"{address}/enjoy/card?lang=fr")
    await pressed(page, "Se déconnecter")
    await page.get_by_label("Code de secours", exact=True).fill(code.lower())
    await pressed(page, "Ouvrir")
    await expect(page.locator("#who")).to_have_text("Carte anonyme")
    await expect(page.locator("#media")).to_contain_text("Carte Pass Pass")
    assert await fits(page)
    await page.get_by_label("Code de secours ou phrase de passe").fill(code)
    await pressed(page, "Effacer ma carte")
    await expect(page.locator("#said")).to_contain_text("Personne d’autre n’agit")
    await page.get_by_label("Pour qui").select_option(label="Zoé")
    await expect(page.locator("#said")).to_have_text("Vous agissez pour Zoé")
    await page.get_by_label("Code de secours ou phrase de passe").fill(code)
    await pressed(page, "Effacer ma carte")
    await expect(page.locator("#said")).to_contain_text("effacé")
    await page.get_by_label("Code de secours ou phrase de passe").fill(code)
    await pressed(page, "Effacer ma carte")
    await expect(page.get_by_role("button", name="Créer une carte sans nom")).to_be_visible()
    await expect(page.locator("#kept")).to_contain_text("status list")


async def test_a_resident_links_a_card_loses_it_and_leaves(browser: Browser, database_url: str, tmp_path: Path) -> None:
    town = Town(database_url)
    for service in ("pool", "library"):
        add_service(town, service)
    async with served(read_settings(api_port=0, pass_secret=PASS_SECRET), database_url) as address:
        context = await browser.new_context(locale="en-GB", viewport=PHONE)
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        await page.goto(f"{address}/enjoy/card")
        await pressed(page, "Make a card without a name")
        await expect(page.locator("#code-text")).to_have_text(re.compile(r"^(\w{5}-){4}\w{5}$"))
        code = await page.locator("#code-text").inner_text()
        assert await fits(page)
        await page.screenshot(path=tmp_path / "made.png", full_page=True)
        await pressed(page, "Join")
        await expect(page.locator("#services")).to_contain_text("Joined on")
        await page.get_by_label("Number on the back of the card").fill("0025 0000 1234567890")
        await page.get_by_label("What you call it").fill("My blue card")
        await page.keyboard.press("Enter")
        await expect(page.locator("#said")).to_have_text("The card is linked.")
        await expect(page.locator("#media")).to_contain_text("My blue card — active. Known at:")
        assert ask(database_url, "SELECT count(*) FROM pass.card_serial") == [(1,)]
        await pressed(page, "Lost: block it")
        await expect(page.locator("#media")).to_contain_text("blocked")
        await pressed(page, "Found: unblock it")
        await expect(page.locator("#media")).to_contain_text("active")
        await page.get_by_label("The child’s first name").fill("Zoé")
        await page.get_by_label("Day of birth").fill("2020-02-03")
        await pressed(page, "Add a child")
        await expect(page.locator("#children")).to_contain_text("Zoé")
        await pressed(page, "Make a code on paper")
        await page.screenshot(path=tmp_path / "linked.png", full_page=True)
        await page.get_by_role("link", name="Print the code").click()
        await pressed(page, "Make the code")
        await expect(page.get_by_role("figure").get_by_role("img")).to_be_visible()
        assert await fits(page)
        await page.screenshot(path=tmp_path / "paper.png", full_page=True)
        await comes_again_and_leaves(page, address, code)
        assert ask(database_url, "SELECT count(*) FROM pass.holder WHERE left_on IS NULL") == [(0,)]
        assert wrong == []
        await context.close()
