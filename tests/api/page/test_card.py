"""A resident makes a card without a name, links a Pass Pass card, loses it, and leaves; by keyboard, on a phone."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.api.page.console import refused
from tests.api.page.devices import Album, Devices, fits
from tests.api.page.keyboard import press
from tests.api.page.people import SERIAL
from tests.api.page.slow_net import held_back
from tests.db.village import ask
from tests.enjoy.passes.town import Town, add_service

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]


async def make_a_card(page: Page) -> str:
    """Make a card without a name; return the code that opens it again."""
    await press(page, "Make a card without a name")
    code = page.locator("#code-text")
    await expect(code).to_have_text(re.compile(r"^(\w{5}-){4}\w{5}$"))
    return await code.inner_text()


async def link_a_card(page: Page) -> None:
    await page.get_by_label("Number on the back of the card").fill(SERIAL)
    await page.get_by_label("What you call it").fill("My blue card")
    await page.keyboard.press("Enter")
    await expect(page.locator("#said")).to_have_text("The card is linked.")
    await expect(page.locator("#media")).to_contain_text("My blue card — active. Known at:")


async def lose_and_find_it(page: Page) -> None:
    await press(page, "Lost: block it")
    await expect(page.locator("#media")).to_contain_text("blocked")
    await expect(page.locator("#said")).to_contain_text("without a connection will know at three in the morning")
    await press(page, "Found: unblock it")
    await expect(page.locator("#media")).to_contain_text("active")


async def add_a_child(page: Page) -> None:
    await page.get_by_label("The child’s first name").fill("Zoé")
    await page.get_by_label("Day of birth").fill("2020-02-03")
    await press(page, "Add a child")
    await expect(page.locator("#children")).to_contain_text("Zoé")


async def print_a_code(page: Page, album: Album) -> None:
    """Make a code on paper, and go to where it is printed."""
    await press(page, "Make a code on paper")
    await album.keep(page, "linked")
    await page.get_by_role("link", name="Print the code").click()
    await press(page, "Make the code")
    await expect(page.get_by_role("figure").get_by_role("img")).to_be_visible()
    await album.keep(page, "paper")


async def come_again_in_french(page: Page, code: str) -> None:
    """Sign in by the code, written as it comes."""
    await press(page, "Se déconnecter")
    await page.get_by_label("Code de secours", exact=True).fill(code.lower())
    await press(page, "Ouvrir")
    await expect(page.locator("#who")).to_have_text("Carte anonyme")
    await expect(page.locator("#media")).to_contain_text("Carte Pass Pass")
    await fits(page)


async def erase(page: Page, code: str) -> None:
    await page.get_by_label("Code de secours ou phrase de passe").fill(code)
    await press(page, "Effacer ma carte")


async def leave(page: Page, code: str) -> None:
    """Leave; the child goes first, for nobody else would act for it."""
    await erase(page, code)
    await expect(page.locator("#said")).to_contain_text("Personne d’autre n’agit")
    await page.get_by_label("Pour qui").select_option(label="Zoé")
    await expect(page.locator("#said")).to_have_text("Vous agissez pour Zoé")
    await erase(page, code)
    await expect(page.locator("#said")).to_contain_text("effacé")
    await erase(page, code)
    await expect(page.get_by_role("button", name="Créer une carte sans nom")).to_be_visible()
    await expect(page.locator("#kept")).to_contain_text("status list")


async def test_a_resident_links_a_card_loses_it_and_leaves(devices: Devices, album: Album, database_url: str) -> None:
    town = Town(database_url)
    for service in ("pool", "library"):
        add_service(town, service)
    devices.expect(refused(409))  # nobody else acts for the child
    phone = await devices.phone("en-GB")
    page = await phone.open("card")
    page.on("dialog", lambda dialog: dialog.accept())

    code = await make_a_card(page)
    await expect(page.locator("#access")).to_have_text("Nothing yet")
    await album.keep(page, "made")
    await press(page, "Join")
    await expect(page.locator("#services")).to_contain_text("Joined on")
    await link_a_card(page)
    assert ask(database_url, "SELECT count(*) FROM pass.card_serial") == [(1,)]
    await lose_and_find_it(page)
    await add_a_child(page)
    await print_a_code(page, album)

    await phone.go(page, "card?lang=fr")
    await come_again_in_french(page, code)
    await leave(page, code)
    assert ask(database_url, "SELECT count(*) FROM pass.holder WHERE left_on IS NULL") == [(0,)]


async def test_somebody_who_signs_out_while_the_card_is_being_shown_is_told_of_nothing_wrong(
    devices: Devices, database_url: str
) -> None:
    add_service(Town(database_url), "pool")
    page = await (await devices.phone("en-GB")).open("card")
    await make_a_card(page)
    async with held_back(page, "**/v1/card/access*") as asked:
        await press(page, "Join")
        await asked.wait()
        await press(page, "Sign out")
    await expect(page.get_by_role("button", name="Make a card without a name")).to_be_visible()
    await expect(page.locator("#said")).to_have_text("")
