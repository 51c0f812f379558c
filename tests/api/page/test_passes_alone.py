"""The page of passes without a net: the code is still shown, it changes, and a reader accepts it."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from core.settings import read_settings
from db.connection import Role, connect
from enjoy.passes.issuing import issue
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import published_keys
from enjoy.reader.presenting import Presented, read_presented
from enjoy.reader.reasons import Proof
from tests.api.conftest import PASS_SECRET
from tests.api.page.codes import read_code, screen_of
from tests.api.serving import served
from tests.enjoy.passes.town import Town, add_holder, add_medium, add_service, add_subject

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
_MAKE = """async () => {
  const keeping = await import('/static/enjoy/pass/keeping.js');
  globalThis.made = await keeping.newKey();
  return keeping.publicKey(globalThis.made);
}"""
_KEEP = """async ([medium, token, until]) => {
  const keeping = await import('/static/enjoy/pass/keeping.js');
  await keeping.keep({ service: 'pool', title: 'Piscine', medium, key: globalThis.made, token: keeping.bytesOf(token),
    expires_at: until, renewed_ms: Date.now(), withdrawn: false });
}"""


async def test_without_a_net(browser: Browser, database_url: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    town = Town(database_url)
    add_service(town, "pool")
    holder = add_holder(town)
    medium = add_medium(town, holder)
    subject = add_subject(town, holder, "pool", days=4000)
    settings = read_settings(api_port=0, pass_secret=PASS_SECRET)
    async with served(settings, database_url) as address:
        context = await browser.new_context(
            locale="en-GB", viewport={"width": 390, "height": 844}, device_scale_factor=2
        )
        page, blank = await context.new_page(), await context.new_page()
        await page.goto(f"{address}/enjoy/pass")
        await expect(page.get_by_text("No pass on this phone yet")).to_be_visible()
        key = base64.b64decode(await page.evaluate(_MAKE))
        async with await connect(database_url, Role.ENJOY_PASS) as connection:
            issued = await issue(
                connection, PassSecret(PASS_SECRET.encode()), subject, medium, key, address=f"{address}/enjoy", now=now
            )
            keys = await published_keys(connection, now)
            await connection.commit()
        token = base64.b64encode(issued.token).decode()
        await page.evaluate(_KEEP, [str(medium), token, issued.expires_at.isoformat()])
        await page.wait_for_function("caches.match('/enjoy/pass')")
        await context.set_offline(True)
        await page.reload()
        await expect(page.get_by_text("No network: your passes work all the same.")).to_be_visible()
        await expect(page.locator("#canvas[data-step]")).to_be_visible()
        first = read_code(await screen_of(page, blank))
        shown = read_presented(first, keys, datetime.now(UTC))
        assert isinstance(shown, Presented), shown
        assert (shown.proof, shown.token.token_id) == (Proof.DEVICE, issued.token_id)
        before = await page.locator("#canvas").get_attribute("data-step")
        await page.clock.set_fixed_time(datetime.now(UTC) + timedelta(seconds=30))
        await expect(page.locator("#canvas")).not_to_have_attribute("data-step", before or "")
        second = read_presented(read_code(await screen_of(page, blank)), keys, datetime.now(UTC))
        assert isinstance(second, Presented), second
        assert second.step == shown.step + 1
        await page.close()
        await context.close()
