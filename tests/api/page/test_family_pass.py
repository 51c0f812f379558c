"""A guardian shows the pass of a child on their own phone, until the child is of age."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from enjoy.reader.presenting import Presented
from enjoy.reader.reasons import Proof
from tests.api.page.console import NO_NET
from tests.api.page.devices import Device, Devices, fits
from tests.api.page.people import join_the_pool
from tests.api.page.phone_pass import add_pass, keys_of_readers, presented_on
from tests.db.village import ask
from tests.enjoy.passes.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
_CHILD = 2
#: What the first version of the page kept: one pass of each service, whoever held it.
_AS_BEFORE = """() => new Promise((resolve) => {
  const request = indexedDB.open('somel-passes', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('pass', { keyPath: 'service' })
    .put({ service: 'zoo', title: 'Zoo', medium: null, withdrawn: true, expires_at: '2026-01-01T00:00:00Z' });
  request.onsuccess = () => { request.result.close(); resolve(); };
})"""
_KEPT = "async () => (await (await import('/static/enjoy/pass/keeping.js')).kept()).map((one) => [one.name, !!one.key])"


def _born(years_ago: int) -> str:
    return f"{datetime.now(UTC).year - years_ago}-01-15"


def _attest_birth(town: Town, born_on: str) -> None:
    """Have a desk see when the child was born."""
    ask(
        town.url,
        "INSERT INTO pass.attestation (holder_id, kind, born_on, document, attested_on, organisation_id)"
        " SELECT holder_id, 'birth', %s, 'birth_certificate', current_date, %s FROM pass.holder WHERE label = 'Zoé'",
        born_on,
        town.organisations["lille"],
    )


async def _a_child_joins_too(town: Town, phone: Device) -> str:
    """Let a parent and a child of eight join the pool; return by what name the phone keeps the child's pass."""
    await join_the_pool(phone)
    born_on = _born(8)
    [child] = await phone.post("card/family", {"label": "Zoé", "born_on": born_on})
    _attest_birth(town, born_on)
    await phone.post(f"card/services?for={child['member']}", {"service": "pool"})
    return f"pool {child['member']}"


async def _open_where_an_old_pass_is_kept(phone: Device) -> Page:
    """Open the page of passes on a phone that kept one before there were families, and remove that."""
    page = await phone.open("desk/reader")
    await page.evaluate(_AS_BEFORE)
    await phone.go(page, "pass")
    await page.get_by_role("button", name="Supprimer de ce téléphone").click()
    return page


async def _shown(page: Page, name: str, keys: Mapping[bytes, str]) -> Presented:
    """Return what a reader sees of the pass that the phone keeps by a name."""
    await expect(page.locator(f'#canvas[data-pass="{name}"]')).to_be_visible()
    return await presented_on(page, keys)


async def _add_the_childs_pass(page: Page) -> None:
    await page.get_by_label("Pour qui").select_option(label="Zoé")
    await add_pass(page, "Pool · Zoé")
    await expect(page.get_by_text("Pass de Zoé")).to_be_visible()


async def _add_ones_own_pass(page: Page) -> None:
    await page.get_by_label("Pour qui").select_option(label="Moi")
    await add_pass(page)
    await expect(page.get_by_role("button", name="Pool", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#whose")).to_be_hidden()


async def _enlarge_the_childs_pass(page: Page) -> None:
    await page.get_by_role("button", name="En grand").click()
    await expect(page.get_by_text("Pass de Zoé")).to_be_visible()


async def _nobody_acts_for_who_is_of_age(town: Town, page: Page) -> None:
    ask(town.url, "UPDATE pass.holder SET born_on = %s WHERE label = 'Zoé'", _born(19))
    await page.reload()
    await page.get_by_role("button", name="Pool · Zoé").click()
    await expect(page.locator("#withdrawn")).to_contain_text("Vous n’agissez plus pour Zoé")
    await expect(page.locator("#canvas")).to_be_hidden()


async def test_un_parent_montre_le_passe_de_son_enfant_sur_son_propre_telephone(pool: Town, devices: Devices) -> None:
    devices.expect(NO_NET)
    phone = await devices.phone("fr-FR")
    zoe = await _a_child_joins_too(pool, phone)
    page = await _open_where_an_old_pass_is_kept(phone)

    await _add_the_childs_pass(page)
    keys = await keys_of_readers(pool.url)
    childs = await _shown(page, zoe, keys)
    assert (childs.proof, childs.token.service) == (Proof.DEVICE, "pool")
    assert [one.number for one in childs.token.rights] == [_CHILD]
    await _add_ones_own_pass(page)
    own = await _shown(page, "pool", keys)
    assert own.token.rights == ()
    assert own.token.device_key != childs.token.device_key
    await fits(page)

    await page.get_by_role("button", name="Pool · Zoé").click()
    await phone.context.set_offline(True)
    await _enlarge_the_childs_pass(page)
    assert (await _shown(page, zoe, keys)).token == childs.token
    await phone.context.set_offline(False)
    await _nobody_acts_for_who_is_of_age(pool, page)
    assert sorted(await page.evaluate(_KEPT)) == [["pool", True], [zoe, False]]
