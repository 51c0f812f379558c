"""A developer signs up in a browser, makes a key, sees it work, gives it a new secret and takes it back."""

import re

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.api.page.devices import Devices, fits
from tests.api.page.people import PASSPHRASE, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]


async def make_a_key(page: Page) -> str:
    """Make a key, which may read what is open; return its secret."""
    await expect(page.locator("#keys")).to_have_text("Nothing yet")
    await page.get_by_label("What it is for").fill("my app")
    await page.get_by_role("button", name="Make a key").click()
    secret = await secret_on(page)
    await expect(page.locator("#keys tr:not(.none)")).to_have_count(1)
    await expect(page.get_by_label("Read what is open")).to_be_checked()
    return secret


async def give_it_a_new_secret(page: Page, first: str) -> str:
    await page.get_by_role("button", name="New secret").click()
    await expect(page.locator("#secret")).not_to_contain_text(first)
    return await secret_on(page)


async def secret_on(page: Page) -> str:
    """Return the secret that the page shows, this once."""
    await expect(page.locator("#secret")).to_contain_text("enjoy_")
    return str(re.findall(r"enjoy_[\w-]+", await page.locator("#secret").inner_text())[0])


async def answers(address: str, *secrets: str) -> list[int]:
    """Return with which status the API answers each secret."""
    async with httpx.AsyncClient(base_url=address) as client:
        asked = [
            await client.get("/enjoy/v1/datasets", headers={"Authorization": f"Bearer {secret}"}) for secret in secrets
        ]
    return [answer.status_code for answer in asked]


async def test_a_developer_makes_and_revokes_a_key_on_the_page(devices: Devices) -> None:
    page = await (await devices.phone("en-GB")).open("account")
    await sign_up(page, "ada@example.org")
    first = await make_a_key(page)
    assert await answers(devices.address, first) == [200]
    second = await give_it_a_new_secret(page, first)
    assert await answers(devices.address, first, second) == [200, 200]
    await fits(page)
    await page.get_by_role("button", name="Revoke").click()
    await expect(page.locator("#keys")).to_have_text("Nothing yet")
    assert await answers(devices.address, first, second) == [401, 401]
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_the_page_speaks_french_too_and_the_catalogue_leads_to_it(devices: Devices) -> None:
    page = await (await devices.screen("fr-FR")).open("")
    await page.get_by_role("link", name="Compte", exact=True).click()
    await page.get_by_label("Adresse électronique").fill("ada@example.org")
    await page.get_by_label("Phrase de passe").fill(PASSPHRASE)
    await page.get_by_role("button", name="Créer un compte").click()
    await expect(page.locator("#organisation")).to_have_text("La vôtre")
    await expect(page.locator("#scopes")).to_contain_text("Lire ce qui est ouvert")
