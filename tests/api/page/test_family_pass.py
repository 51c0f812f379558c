"""A guardian shows the pass of a child on their own phone, until the child is of age."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from core.settings import read_settings
from db.connection import Role, connect
from enjoy.passes.signing import published_keys
from enjoy.reader.presenting import Presented, read_presented
from enjoy.reader.reasons import Proof
from tests.api.conftest import PASS_SECRET
from tests.api.page.codes import read_code, screen_of
from tests.api.serving import served
from tests.db.village import ask
from tests.enjoy.passes.town import RULE, Town, add_service

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
_WIDTH = 390
_CHILD = 2
#: What the first version of the page kept: one pass of each service, whoever held it.
_AS_BEFORE = """() => new Promise((resolve) => {
  const request = indexedDB.open('somel-passes', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('pass', { keyPath: 'service' })
    .put({ service: 'zoo', title: 'Zoo', medium: null, withdrawn: true, expires_at: '2026-01-01T00:00:00Z' });
  request.onsuccess = () => { request.result.close(); resolve(); };
})"""
_KEPT = "async () => (await (await import('/static/enjoy/pass/keeping.js')).kept()).map((one) => [one.name, !!one.key])"


@pytest_asyncio.fixture(loop_scope="module")
async def town(database_url: str) -> AsyncIterator[tuple[Town, str]]:
    made = Town(database_url)
    add_service(made, "pool", proof="device", rules=(RULE | {"rights": []},))
    async with served(read_settings(api_port=0, pass_secret=PASS_SECRET), database_url) as address:
        yield made, address


async def _post(context: BrowserContext, address: str, path: str, body: dict[str, Any]) -> Any:
    answer = await context.request.post(f"{address}/enjoy/v1/{path}", data=body, headers={"Origin": address})
    assert answer.ok, await answer.text()
    return await answer.json()


def _attest_birth(town: Town, born_on: str) -> None:
    """Have a desk see when the child was born."""
    ask(
        town.url,
        "INSERT INTO pass.attestation (holder_id, kind, born_on, document, attested_on, organisation_id)"
        " SELECT holder_id, 'birth', %s, 'birth_certificate', current_date, %s FROM pass.holder WHERE label = 'Zoé'",
        born_on,
        town.organisations["lille"],
    )


async def _shown(town: Town, browser: Browser, page: Page, whose: str) -> Presented:
    """Return what a reader sees of the code on the phone."""
    await expect(page.locator(f'#canvas[data-pass="{whose}"]')).to_be_visible()
    blank = await browser.new_page()
    text = read_code(await screen_of(page, blank, "#canvas"))
    await blank.close()
    async with await connect(town.url, Role.ENJOY_PASS) as connection:
        keys = await published_keys(connection, datetime.now(UTC))
    read = read_presented(text, keys, datetime.now(UTC))
    assert isinstance(read, Presented), read
    return read


async def test_un_parent_montre_le_passe_de_son_enfant_sur_son_propre_telephone(
    town: tuple[Town, str], browser: Browser
) -> None:
    made, address = town
    context = await browser.new_context(
        locale="fr-FR", viewport={"width": _WIDTH, "height": 844}, device_scale_factor=1.5
    )
    said: list[str] = []
    context.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda problem: said.append(f"error: {problem.error}"))
    born_on = f"{datetime.now(UTC).year - 8}-01-15"
    await _post(context, address, "card", {})
    await _post(context, address, "card/services", {"service": "pool"})
    [child] = await _post(context, address, "card/family", {"label": "Zoé", "born_on": born_on})
    _attest_birth(made, born_on)
    await _post(context, address, f"card/services?for={child['member']}", {"service": "pool"})
    page = await context.new_page()
    await page.goto(f"{address}/enjoy/desk/reader")
    await page.evaluate(_AS_BEFORE)
    await page.goto(f"{address}/enjoy/pass")
    await page.get_by_role("button", name="Supprimer de ce téléphone").click()

    await page.get_by_label("Pour qui").select_option(label="Zoé")
    await page.get_by_role("button", name="Ajouter à ce téléphone").click()
    await expect(page.get_by_text("Le passe Pool · Zoé est sur ce téléphone.")).to_be_visible()
    await expect(page.get_by_text("Passe de Zoé")).to_be_visible()
    zoe = f"pool {child['member']}"
    childs = await _shown(made, browser, page, zoe)
    assert (childs.proof, childs.token.service) == (Proof.DEVICE, "pool")
    assert [one.number for one in childs.token.rights] == [_CHILD]
    await page.get_by_label("Pour qui").select_option(label="Moi")
    await page.get_by_role("button", name="Ajouter à ce téléphone").click()
    await expect(page.get_by_role("button", name="Pool", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text("Le passe Pool est sur ce téléphone.")).to_be_visible()
    await expect(page.locator("#whose")).to_be_hidden()
    own = await _shown(made, browser, page, "pool")
    assert own.token.rights == ()
    assert own.token.device_key != childs.token.device_key
    assert await page.evaluate("document.documentElement.scrollWidth") == _WIDTH

    await page.get_by_role("button", name="Pool · Zoé").click()
    await context.set_offline(True)
    await page.get_by_role("button", name="En grand").click()
    await expect(page.get_by_text("Passe de Zoé")).to_be_visible()
    assert (await _shown(made, browser, page, zoe)).token == childs.token
    await context.set_offline(False)
    adult = f"{datetime.now(UTC).year - 19}-01-15"
    ask(made.url, "UPDATE pass.holder SET born_on = %s WHERE label = 'Zoé'", adult)
    await page.reload()
    await page.get_by_role("button", name="Pool · Zoé").click()
    await expect(page.locator("#withdrawn")).to_contain_text("Vous n’agissez plus pour Zoé")
    await expect(page.locator("#canvas")).to_be_hidden()
    assert sorted(await page.evaluate(_KEPT)) == [["pool", True], [zoe, False]]
    assert [line for line in said if line.startswith("error") and "ERR_INTERNET" not in line] == []
    await context.close()
