"""People look at the catalogue of Enjoy in a real browser: by keyboard, on a telephone, in the dark, scripts off."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from db.connection import Role, connect
from db.dataset_rows import NewOrganisation
from db.datasets import insert_organisation
from tests.api.conftest import settings_at
from tests.api.enjoy.catalogue.filled import NOW, fill
from tests.api.page.console import complaints, hear
from tests.api.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
_SQUARE = "ST_Multi(ST_SetSRID(ST_MakeEnvelope(3.0, 50.6, 3.1, 50.7), 4326))"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A filled catalogue that is served, and a browser to look at it with."""

    browser: Browser
    address: str
    said: list[str]

    async def page(self, path: str, *, width: int = 1280, scripts: bool = True, dark: bool = False) -> Page:
        context = await self.browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            locale="fr-FR",
        )
        hear(context, self.said)
        page = await context.new_page()
        await page.goto(f"{self.address}/enjoy{path}")
        return page


@pytest_asyncio.fixture(loop_scope="module")
async def catalogue(browser: Browser, database_url: str) -> AsyncIterator[Catalogue]:
    async with await connect(database_url, Role.OWNER) as connection:
        for name, title, kind in (("ilevia", "Ilévia", "partner"), ("lille", "Lille", "commune")):
            await insert_organisation(connection, NewOrganisation(name, title, kind))
        await connection.execute("INSERT INTO somel.place (level, code, name) VALUES ('commune', '59350', 'Lille')")
        await connection.execute(
            "INSERT INTO somel.commune (place_id, insee_code, population, centroid, boundary)"  # noqa: S608 - our own
            f" SELECT place_id, code, 1, ST_Centroid({_SQUARE}), {_SQUARE} FROM somel.place"
        )
    await fill(database_url)
    async with served(settings_at(NOW), database_url) as address:
        found = Catalogue(browser, address, [])
        yield found
        for context in browser.contexts:
            await context.close()
    assert complaints(found.said) == []


async def test_a_dataset_is_found_by_keyboard_and_its_map_and_curve_follow_what_is_chosen(catalogue: Catalogue):
    page = await catalogue.page("/")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.get_by_label("Rechercher un jeu de données").fill("velo temps")
    await page.keyboard.press("Enter")
    await expect(page.locator("#results-title")).to_have_text("1 jeu de données")
    await page.get_by_role("link", name="V'lille en temps réel").click()
    await expect(page).to_have_title("V'lille en temps réel · Enjoy")
    await expect(page.locator("#chart canvas")).to_be_visible()
    await expect(page.locator("#map path.place")).to_have_count(3)
    await expect(page.locator("#map path.commune")).to_have_count(1)
    await expect(page.locator("#chart-summary")).to_have_text("Bicycles, Fives : de 0 à 22")
    await page.get_by_role("combobox", name="Champ").select_option("charge")
    await expect(page.locator("#chart-summary")).to_have_text("Mean charge, Fives : de 0 à 59,5")
    await expect(page.locator("#map path.chosen")).to_have_count(1)
    await page.locator("#map path.place:not(.chosen)").first.click()
    await expect(page.get_by_role("combobox", name="Objet")).not_to_have_value('["Fives"]')
    await expect(page.locator("#chart-summary")).not_to_contain_text("Fives")
    await expect(page.locator("#map path.chosen")).to_have_count(1)
    await page.get_by_role("link", name="EN", exact=True).click()
    await expect(page.get_by_role("heading", name="Over time")).to_be_visible()


async def test_the_code_is_that_of_the_tool_that_is_chosen_and_is_copied(catalogue: Catalogue):
    page = await catalogue.page("/datasets/velo")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    latest = f"{catalogue.address}/enjoy/ogc/collections/velo.v2/latest"
    await page.get_by_label("Python").check(force=True)
    code = page.locator(".code:visible")
    await expect(code).to_have_count(1)
    await expect(code.locator("pre")).to_contain_text(f'requests.get("{latest}"')
    await code.get_by_role("button", name="Copier").click()
    await expect(code.get_by_role("button")).to_have_text("Copié")
    assert latest in await page.evaluate("navigator.clipboard.readText()")
    await page.get_by_label("QGIS").check(force=True)
    await expect(page.locator(".code:visible")).to_contain_text(f"{catalogue.address}/enjoy/ogc")


async def test_lines_and_areas_are_drawn_and_their_values_are_told(catalogue: Catalogue):
    page = await catalogue.page("/datasets/quartiers")
    await expect(page.locator("#map path.place.area")).to_have_count(1)
    await page.locator("#map path.place.area").hover()
    await expect(page.locator(".leaflet-tooltip")).to_contain_text("Centre")
    await expect(page.locator(".leaflet-tooltip")).to_contain_text("20\N{NARROW NO-BREAK SPACE}000")


async def test_without_scripts_everything_is_there_but_map_and_curve(catalogue: Catalogue):
    page = await catalogue.page("/datasets/velo", scripts=False)
    await expect(page.locator("table.records tbody tr")).to_have_count(3)
    assert "demandent JavaScript" in await page.content()
    await page.get_by_label("JavaScript", exact=True).check(force=True)
    await expect(page.locator(".code:visible")).to_contain_text("await fetch(")


@pytest.mark.parametrize("path", ["/", "/datasets/velo", "/datasets/words", "/organisations/lille", "/?q=zzz"])
async def test_pages_fit_a_telephone_and_can_be_read_in_light_and_dark(catalogue: Catalogue, path: str):
    for dark in (False, True):
        page = await catalogue.page(path, width=360, dark=dark)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        assert await page.evaluate(_UNREADABLE) == []
        assert await page.evaluate(_UNNAMED) == []
        assert await page.locator("h1").count() == 1


#: Texts whose contrast with what is behind them is under 4.5 : 1 (WCAG 2.2, AA).
_UNREADABLE = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const said = [];
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("noscript, option, #map")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) said.push(`${element.className}: ${element.textContent.trim()}`);
  }
  return said;
}"""
#: Controls and links that a screen reader has no name for.
_UNNAMED = """() => [...document.querySelectorAll("main input:not([type=hidden]), main select, main button, a")]
  .filter((one) => one.checkVisibility() && !one.textContent.trim() && !one.labels?.length && !one.ariaLabel)
  .map((one) => one.outerHTML)"""
