"""The page as people have it: in a real browser, on a real server, over a real database."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from api.routes.page import WEB
from core.settings import Settings, read_settings
from tests.api.conftest import PASS_SECRET, settings_at
from tests.api.page.console import complaints, hear
from tests.api.page.devices import Album, Devices
from tests.api.page.shown import EVENING, Shown
from tests.api.serving import served
from tests.api.world import build_world
from tests.conftest import missing
from tests.enjoy.passes.town import RULE, Town, add_service

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
        said: list[str] = []
        hear(context, said)
        page = await context.new_page()
        yield Shown(page, world, address, said)
        await context.close()
    assert complaints(said) == []


@pytest_asyncio.fixture(loop_scope="module")
async def address(database_url: str) -> AsyncIterator[str]:
    """Serve what is in the database of the test, by the clock on the wall."""
    async with served(read_settings(api_port=0, pass_secret=PASS_SECRET), database_url) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="module")
async def devices(browser: Browser, address: str) -> AsyncIterator[Devices]:
    """Give people phones and screens; at the end nothing has gone wrong on them that was not expected."""
    theirs = Devices(browser, address)
    yield theirs
    await theirs.close()
    assert theirs.complaints == []


@pytest.fixture
def album(tmp_path: Path) -> Album:
    """Keep pictures for the test; in the folder PICTURES, where somebody wants to look, those in the dark too."""
    folder = os.environ.get("PICTURES")
    return Album(Path(folder), in_the_dark=True) if folder else Album(tmp_path)


@pytest.fixture
def pool(database_url: str) -> Town:
    """Build a town whose pool lets everybody in once a day who shows a pass on a phone."""
    town = Town(database_url)
    add_service(town, "pool", proof="device", rules=(RULE | {"rights": []},))
    return town
