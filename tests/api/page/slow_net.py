"""A net that is slow at the wrong moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, Route


@asynccontextmanager
async def held_back(page: Page, address: str) -> AsyncIterator[asyncio.Event]:
    """Hold back what a page asks at an address until the block ends; the event is that it has asked."""
    asked, over = asyncio.Event(), asyncio.Event()

    async def wait(route: Route) -> None:
        asked.set()
        await over.wait()
        await route.continue_()

    await page.route(address, wait)
    try:
        yield asked
    finally:
        over.set()
