"""Those who run services: a desk sees a document of a holder, and an owner declares a library, all by the page."""

from collections.abc import Mapping

import pytest
from playwright.async_api import Locator, Page, expect

from db.connection import connect
from db.territory import load_communes
from tests.api.page.devices import Devices, fits
from tests.api.page.keyboard import press_focused
from tests.api.page.people import sit_down
from tests.api.page.phone_pass import open_passes
from tests.db.village import COMMUNES
from tests.enjoy.passes.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
_WHEN = (
    "Under 26 · Reading room · 2 a week · Mon–Fri from 09:30 to 18:00 · from 1 Dec 2026 on · until 31 Dec 2026"
    " · 15 min between two entries · phones only · price freeEnd"
)


async def _begin_with_a_holder(page: Page, code: str) -> None:
    await page.get_by_label("Code du titulaire").fill(code)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Un titulaire est devant vous, pour 10 minutes.")).to_be_visible()


async def _record_a_rent_receipt(page: Page) -> None:
    """Note that a document was seen by which a holder lives in Lille."""
    await expect(page.locator("#evidence li").first).to_contain_text("jamais vu, ou périmé")
    form = page.locator("#record")
    await form.get_by_role("combobox", name="Document").select_option("rent_receipt")
    await form.locator("[name=insee_code]").select_option(label="Lille")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_text("C’est noté : Domicile. Ses droits sont à jour.")).to_be_visible()
    await expect(page.locator("#evidence")).to_contain_text("déjà vu")


async def test_le_guichet_constate_un_domicile_et_le_titulaire_a_le_droit(pool: Town, devices: Devices) -> None:
    async with await connect(pool.url, None) as connection:
        await load_communes(connection, COMMUNES)
        await connection.commit()
    holder = await devices.phone("fr-FR")
    await open_passes(holder)
    shown = await holder.post("card/desk-code")
    page = await sit_down(await devices.phone("fr-FR"), pool.url)
    await _begin_with_a_holder(page, shown["code"])
    await _record_a_rent_receipt(page)
    await page.get_by_role("button", name="Terminer").click()
    await expect(page.get_by_label("Code du titulaire")).to_be_focused()
    await fits(page)
    held = await holder.get("card/rights")
    assert {right["title"]: right["holds"] for right in held["rights"]} == {"Resident": True, "Child": False}


async def _fill_in(page: Page, summary: str, form_id: str, written: Mapping[str, str]) -> Locator:
    """Open a form and write into it, field by field."""
    await page.get_by_text(summary).press("Enter")
    form = page.locator(form_id)
    for label, text in written.items():
        await form.get_by_label(label).fill(text)
    return form


async def _declare_a_service(page: Page) -> None:
    written = {"Name in addresses": "library", "Title": "Library <b>of Lille</b>"}
    form = await _fill_in(page, "Declare a service", "#new-service", written)
    await form.get_by_label("Proof asked for").select_option(label="Signed code, on paper too")
    await form.get_by_role("button", name="Declare").click()
    await expect(page.get_by_role("heading", name="Library <b>of Lille</b>")).to_be_visible()


async def _add_a_venue(page: Page) -> None:
    form = await _fill_in(page, "Add a venue", "#new-venue", {"Name in addresses": "reading", "Title": "Reading room"})
    await form.get_by_role("button", name="Add").click()
    await expect(page.locator("#venues")).to_contain_text("Reading room")


async def _add_a_right(page: Page) -> None:
    form = await _fill_in(page, "Add a right", "#new-right", {"Code of the right": "young", "Title": "Under 26"})
    await form.get_by_label("Who has it").select_option("age_below")
    await form.get_by_label("Number").fill("26")
    await form.get_by_role("button", name="Add").click()
    await expect(page.locator("#rights")).to_contain_text("Under 26")


async def _add_a_rule(page: Page) -> None:
    await page.get_by_text("Add a rule").press("Enter")
    form = page.locator("#new-rule")
    await form.get_by_label("Under 26").check()
    await form.get_by_label("Entries").fill("2")
    await form.locator("[name=per]").select_option("week")
    await form.get_by_label("Price class").fill("free")
    await _say_when(page)
    await form.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator("#rules li")).to_have_text(_WHEN)


async def _say_when(page: Page) -> None:
    """Fill in where a rule holds, on which days and at which hours, and the least proof."""
    form = page.locator("#new-rule")
    await form.get_by_label("Reading room").check()
    await form.get_by_role("button", name="Add hours").press("Enter")
    await expect(form.get_by_label("Mon", exact=True)).to_be_focused()
    for day in ("Sat", "Sun"):
        await form.get_by_label(day, exact=True).uncheck()
    await form.get_by_label("From", exact=True).fill("09:30")
    await form.get_by_label("To", exact=True).fill("18:00")
    await form.get_by_label("First day").fill("2026-12-01")
    await form.get_by_label("Last day").fill("2026-12-31")
    await form.get_by_label("Pause in minutes").fill("15")
    await form.locator("[name=proof]").select_option(label="Phone, code that changes")


async def _change_and_close(page: Page) -> None:
    """Say anew what the service is, and close it to new holders."""
    await page.get_by_text("Change the service").press("Enter")
    form = page.locator("#change-service")
    await expect(form.get_by_label("Title")).to_have_value("Library <b>of Lille</b>")
    await form.get_by_label("Title").fill("Library of Lille")
    await form.get_by_label("Description").fill("Books and records.")
    await form.get_by_label("Open: holders may join").uncheck()
    await form.get_by_role("button", name="Save changes").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Library of Lille")).to_be_visible()
    await expect(page.locator("#service-lead")).to_have_text("Books and records. · Signed code, on paper too · closed")


async def _close_the_venue_and_open_it_again(page: Page) -> None:
    await page.get_by_role("button", name="Close Reading room").click()
    await expect(page.locator("#venues")).to_contain_text("closed")
    await press_focused(page.get_by_role("button", name="Reopen Reading room"))
    await expect(page.get_by_text("Reading room takes passes.")).to_be_visible()
    await fits(page)


async def _nothing_has_happened_yet(page: Page) -> None:
    for shown in ("#figures", "#flags", "#readers"):
        await expect(page.locator(shown)).to_have_text("Nothing yet.")


async def _end_the_rule(page: Page) -> None:
    await page.locator("#rules li").get_by_role("button", name="End").click()
    await expect(page.get_by_text("The rule has ended.")).to_be_visible()
    await expect(page.locator("#rules")).to_have_text("Nothing yet.")


async def test_an_owner_declares_a_library_by_the_page_and_ends_a_rule(pool: Town, devices: Devices) -> None:
    page = await sit_down(await devices.phone("en-GB"), pool.url)
    await expect(page.get_by_role("heading", name="Pool")).to_be_visible()
    await _declare_a_service(page)
    await _add_a_venue(page)
    await _add_a_right(page)
    await _add_a_rule(page)
    await _change_and_close(page)
    await _close_the_venue_and_open_it_again(page)
    await _nothing_has_happened_yet(page)
    await _end_the_rule(page)
