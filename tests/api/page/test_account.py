"""A developer signs up in a browser, makes a key, sees it work, gives it a new secret and takes it back."""

import re

import httpx
import pytest
from playwright.async_api import Browser, expect

from core.settings import read_settings
from tests.api.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]


async def test_a_developer_makes_and_revokes_a_key_on_the_page(browser: Browser, database_url: str) -> None:
    async with served(read_settings(api_port=0), database_url) as address:
        context = await browser.new_context(locale="en-GB")
        page = await context.new_page()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        await page.goto(f"{address}/enjoy/account")
        await page.get_by_label("E-mail").fill("ada@example.org")
        await page.get_by_label("Passphrase").fill("correct horse battery")
        await page.get_by_role("button", name="Sign up").click()
        await expect(page.locator("#who")).to_have_text("ada@example.org")
        await expect(page.locator("#keys")).to_have_text("Nothing yet")
        await page.get_by_label("What it is for").fill("my app")
        await page.get_by_role("button", name="Make a key").click()
        await expect(page.locator("#secret")).to_contain_text("enjoy_")
        first = re.findall(r"enjoy_[\w-]+", await page.locator("#secret").inner_text())[0]
        await expect(page.locator("#keys tr:not(.none)")).to_have_count(1)
        await expect(page.get_by_label("Read what is open")).to_be_checked()
        async with httpx.AsyncClient(base_url=address) as client:

            async def status(secret: str) -> int:
                headers = {"Authorization": f"Bearer {secret}"}
                return (await client.get("/enjoy/v1/datasets", headers=headers)).status_code

            assert await status(first) == 200
            await page.get_by_role("button", name="New secret").click()
            await expect(page.locator("#secret")).not_to_contain_text(first)
            await expect(page.locator("#secret")).to_contain_text("enjoy_")
            second = re.findall(r"enjoy_[\w-]+", await page.locator("#secret").inner_text())[0]
            assert (await status(first), await status(second)) == (200, 200)
            await page.get_by_role("button", name="Revoke").click()
            await expect(page.locator("#keys")).to_have_text("Nothing yet")
            assert (await status(first), await status(second)) == (401, 401)
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert [line for line in said if line.startswith(("error", "warning"))] == []
        await context.close()


async def test_the_page_speaks_french_too_and_the_catalogue_leads_to_it(browser: Browser, database_url: str) -> None:
    async with served(read_settings(api_port=0), database_url) as address:
        context = await browser.new_context(locale="fr-FR")
        page = await context.new_page()
        await page.goto(f"{address}/enjoy/")
        await page.get_by_role("link", name="Compte", exact=True).click()
        await page.get_by_label("Adresse électronique").fill("ada@example.org")
        await page.get_by_label("Phrase de passe").fill("correct horse battery")
        await page.get_by_role("button", name="Créer un compte").click()
        await expect(page.locator("#organisation")).to_have_text("La vôtre")
        await expect(page.locator("#scopes")).to_contain_text("Lire ce qui est ouvert")
        await context.close()
