"""A merchant opens a shop on a page, somebody orders in French on a phone by keyboard alone, and collects it."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from core.settings import read_settings
from db.connection import Role, connect
from db.keys import create_key
from tests.api.serving import served
from tests.db.village import ask

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

PHONE = {"width": 390, "height": 844}


async def opened(browser: Browser, locale: str, said: list[str], **more: object) -> tuple[BrowserContext, Page]:
    context = await browser.new_context(locale=locale, **more)  # type: ignore[arg-type]
    page = await context.new_page()
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    return context, page


async def looked_at(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look; whatever the width, nothing sticks out."""
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    if folder := os.environ.get("PICTURES"):
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
        await page.emulate_media(color_scheme="light")


async def hall_of(url: str) -> str:
    """Return the key of a town hall that lists shops, in a metropolis with one commune."""
    [(hall,)] = ask(
        url,
        "INSERT INTO catalogue.organisation (name, title, kind) VALUES ('mel', 'Métropole', 'metropolis')"
        " RETURNING organisation_id",
    )
    ask(
        url,
        "INSERT INTO somel.commune (insee_code, name, centroid, place_id)"
        " SELECT '59350', 'Lille', ST_SetSRID(ST_MakePoint(3.0573, 50.6292), 4326), NULL WHERE false",
    ) if False else None
    async with await connect(url, Role.OWNER) as connection:
        _, secret = await create_key(connection, "hall", ["manage:services"], organisation_id=hall)
    return secret
