"""The page as people have it: in a real browser, on a real server, over a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from api.routes.page import WEB
from core.settings import Settings
from tests.api.conftest import settings_at
from tests.api.page.shown import EVENING, Shown
from tests.api.serving import served
from tests.api.world import build_world
from tests.conftest import missing

ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)

#: What a page is waited for, beside other tests on the same processors.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def chromium(settings: Settings, browser_program: Path) -> str:
    if not (WEB / "vendor" / "uplot.js").is_file():
        reason = f"the page's libraries are not in {WEB / 'vendor'}; run `npm ci && npm run vendor` in {WEB}"
        missing(settings, reason)
    return str(browser_program)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def shown(browser: Browser, database_url: str) -> AsyncIterator[Shown]:
    world = await build_world(database_url)
    async with served(settings_at(EVENING), database_url) as address:
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        yield Shown(page, world, address, said)
        await context.close()
    assert [line for line in said if line.startswith(("error", "warning"))] == []
