"""A holder shows the pass on a phone, with no net as well; takes it away and back; an old browser is sent to paper."""

from collections.abc import Mapping

import pytest
from playwright.async_api import Page, expect

from enjoy.reader.reasons import Proof
from tests.api.page.console import NO_NET
from tests.api.page.devices import Device, Devices
from tests.api.page.phone_pass import add_pass, keys_of_readers, next_code, open_passes, presented_on
from tests.enjoy.passes.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
_KEY_READ_OUT = """async () => {
  const { kept } = await import('/static/enjoy/pass/keeping.js');
  const [pass] = await kept();
  return crypto.subtle.exportKey('pkcs8', pass.key.privateKey).then(() => 'read out', (error) => error.name);
}"""
#: Pages of other schemes have no cryptography to begin with.
_WITHOUT_KEYS = """if (crypto.subtle) {
  crypto.subtle.generateKey = async () => { throw new DOMException('', 'NotSupportedError'); };
}"""


async def _keep_a_pass(phone: Device) -> Page:
    """Open the page of passes where there is none yet, add one, and wait until the page itself is kept too."""
    page = await open_passes(phone)
    await expect(page.get_by_role("heading", name="Aucun pass sur ce téléphone")).to_be_visible()
    await add_pass(page)
    await page.wait_for_function("caches.match('/enjoy/pass')")
    return page


async def _lose_the_net(phone: Device, page: Page) -> None:
    await phone.context.set_offline(True)
    await page.reload()
    await expect(page.get_by_text("Pas de réseau : vos pass marchent quand même.")).to_be_visible()


async def _a_reader_believes_two_codes(page: Page, keys: Mapping[bytes, str]) -> None:
    shown = await presented_on(page, keys)
    assert (shown.proof, shown.token.service) == (Proof.DEVICE, "pool")
    await next_code(page, after=shown.step)  # half a minute may just be over
    later = await presented_on(page, keys)
    assert (later.digest, later.step) == (shown.digest, (shown.step or 0) + 1)


async def test_sans_reseau_le_code_change_encore_et_un_lecteur_l_accepte(pool: Town, devices: Devices) -> None:
    devices.expect(NO_NET)
    phone = await devices.phone("fr-FR")
    page = await _keep_a_pass(phone)
    keys = await keys_of_readers(pool.url)
    await _lose_the_net(phone, page)
    await _a_reader_believes_two_codes(page, keys)
    assert await page.evaluate(_KEY_READ_OUT) == "InvalidAccessError"
    await page.close()
    await phone.context.set_offline(False)

    [lost] = [one["medium"] for one in await phone.get("card/media") if one["kind"] == "phone"]
    await phone.post(f"card/media/{lost}/lost")
    again = await phone.open("pass")
    await expect(again.locator("#withdrawn")).to_contain_text("Ce pass a été retiré")
    await expect(again.locator("#canvas")).to_be_hidden()
    await phone.post(f"card/media/{lost}/found")
    await again.reload()
    await expect(again.locator("#canvas[data-step]")).to_be_visible()
    await again.get_by_role("button", name="Supprimer de ce téléphone").click()
    await expect(again.get_by_text("Le pass a été supprimé de ce téléphone.")).to_be_visible()


@pytest.mark.usefixtures("pool")
async def test_an_old_browser_is_told_so_and_sent_to_paper(devices: Devices) -> None:
    phone = await devices.phone("en-GB")
    await phone.context.add_init_script(_WITHOUT_KEYS)
    page = await open_passes(phone)
    await expect(page.get_by_text("This browser cannot keep a safe key")).to_be_visible()
    await expect(page.locator("#old a")).to_have_attribute("href", "/enjoy/card")
    await expect(page.locator("#add")).to_be_hidden()
