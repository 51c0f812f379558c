"""Operators compare, draft, check, approve, stop and take away, on the page as they have it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from db.access import create_token
from db.connection import Role, connect
from grid.network.importing import import_network
from tests.api.conftest import settings_at
from tests.api.page.console import complaints, hear
from tests.api.serving import served
from tests.grid.demand_response.evening import NOON, add_chargers, forecast_flat
from tests.grid.network.grids import save, village
from tests.grid.town import build_town

PATIENCE_MS = 120_000
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True, slots=True)
class Desk:
    """The operators' view of a town whose chargers would all start at once."""

    page: Page
    address: str
    secrets: dict[str, str]

    async def sign_in(self, who: str = "operator") -> None:
        await self.page.goto(f"{self.address}/operate#token={self.secrets[who]}")
        await expect(self.page.locator("#events-title")).to_be_visible()

    async def draft(self, target_kw: str) -> None:
        """Compare a plan with and one without a target, and draft the one with it."""
        page = self.page
        await page.get_by_role("button", name="Nouvel effacement").click()
        await page.locator("#draft-form [name=place]").select_option("feeder/F1")
        first = page.locator("fieldset").nth(0)
        await first.locator("select").nth(0).select_option(index=11)  # 18:00 UTC
        await page.get_by_role("button", name="Ajouter une variante").click()
        await page.locator("fieldset").nth(1).locator("input").fill(target_kw)
        await page.get_by_role("button", name="Comparer les plans").click()
        # The first plan of a process may have kernels to compile.
        await expect(page.locator("#variants tbody tr")).to_have_count(7, timeout=PATIENCE_MS)
        await page.get_by_role("button", name="Créer ce projet").nth(1).click()
        await expect(page.locator("#chosen-event h2")).to_have_text("Pointe du soir", timeout=PATIENCE_MS)


@pytest_asyncio.fixture(loop_scope="module")
async def desk(browser: Browser, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 10_000.0, "T2": 10_000.0})
    await add_chargers(database_url, town, "T1")
    folder = tmp_path_factory.mktemp("networks")
    async with await connect(database_url, Role.COMPUTE) as connection:
        await import_network(connection, save(folder, village(shunt={})), "T1", now=NOON)
    secrets = {}
    async with await connect(database_url, None) as connection:
        for who, scopes in (("operator", ["read:grid", "operate:grid"]), ("visitor", ["read:grid"])):
            _, secrets[who] = await create_token(connection, who, scopes)
    async with served(settings_at(NOON), database_url) as address:
        context = await browser.new_context(viewport={"width": 1440, "height": 1000})
        said: list[str] = []
        hear(context, said)
        page = await context.new_page()
        yield Desk(page, address, secrets)
        await context.close()
    assert complaints(said, "404") == []  # a check that is not there yet is asked for


async def test_an_event_is_compared_drafted_checked_approved_and_stopped(desk: Desk):
    await desk.sign_in()
    page = desk.page
    await expect(page.locator("#events-none")).to_be_visible()
    await desk.draft("5")
    chosen = page.locator("#chosen-event")
    await expect(chosen).to_contain_text("objectif 5,0 kW")
    await expect(chosen.locator("[aria-current=step]")).to_have_text("Projet")
    await expect(chosen).to_contain_text("Réseau connu derrière 1 postes sur 1")
    lowest = chosen.locator("tr", has_text="Tension la plus basse").locator("td")
    await expect(lowest).to_have_text([re.compile(r"^\d{2,3},\d\s%T1$")] * 2)
    await chosen.get_by_role("button", name="Approuver").click()
    await page.locator("#confirm").get_by_role("button", name="Revenir").click()
    await expect(chosen.locator("[aria-current=step]")).to_have_text("Projet")
    await chosen.get_by_role("button", name="Approuver").click()
    await page.locator("#confirm-yes").click()
    await expect(chosen.locator("[aria-current=step]")).to_have_text("Programmé", timeout=PATIENCE_MS)
    await expect(chosen).to_contain_text("Consignes")
    async with page.expect_download() as coming:
        await chosen.locator("li", has_text="Consignes :").get_by_role("link", name="CSV").click()
    assert (await coming.value).suggested_filename.endswith("commands.csv")
    await chosen.get_by_role("button", name="Arrêt d’urgence").click()
    await page.locator("#confirm-reason").fill("Incendie au poste")
    await page.locator("#confirm-yes").click()
    await expect(chosen.locator(".chip")).to_have_text("Annulé")
    await expect(chosen).to_contain_text("Incendie au poste")


async def test_who_may_only_look_sees_no_buttons(desk: Desk):
    await desk.sign_in()
    await desk.draft("5")
    await desk.page.get_by_role("button", name="Se déconnecter").click()
    await desk.sign_in("visitor")
    await expect(desk.page.locator("#chosen-event")).to_contain_text("operate:grid")
    await expect(desk.page.locator("#new-event")).to_be_hidden()
    await expect(desk.page.locator("#chosen-event button")).to_have_count(0)


@pytest.mark.parametrize("language", ["FR", "EN"])
async def test_a_phone_needs_no_sideways_scrolling(desk: Desk, language: str):
    await desk.page.set_viewport_size({"width": 360, "height": 740})
    await desk.sign_in()
    await desk.draft("5")
    await desk.page.get_by_role("button", name=language, exact=True).click()
    await expect(desk.page.locator("#chosen-event .steps")).to_be_visible()
    assert await desk.page.evaluate("document.documentElement.scrollWidth") == 360
