"""Phones and screens that people have before them; what their pages complain of is heard."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import APIResponse, Browser, BrowserContext, Page, ViewportSize

from tests.api.page.console import complaints, hear

PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Device:
    """Somebody's browser with its cookies, and the server that it asks."""

    context: BrowserContext
    address: str

    async def open(self, path: str) -> Page:
        """Open a page of Enjoy beside those that are open."""
        page = await self.context.new_page()
        await self.go(page, path)
        return page

    async def go(self, page: Page, path: str) -> None:
        await page.goto(f"{self.address}/enjoy/{path}")

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Post to the API, as one of its pages would."""
        url, headers = f"{self.address}/enjoy/v1/{path}", {"Origin": self.address}
        return await _content(await self.context.request.post(url, data=body, headers=headers))

    async def get(self, path: str) -> Any:
        return await _content(await self.context.request.get(f"{self.address}/enjoy/v1/{path}"))


async def _content(answer: APIResponse) -> Any:
    assert answer.ok, await answer.text()
    return await answer.json()


@dataclass
class Devices:
    """Everybody's browsers, what all their pages said, and what of it was to be expected."""

    browser: Browser
    address: str
    said: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    contexts: list[BrowserContext] = field(default_factory=list)

    async def phone(self, language: str, browser: Browser | None = None) -> Device:
        """Return a phone of somebody, of a browser of its own if need be."""
        context = await (browser or self.browser).new_context(locale=language, viewport=PHONE, device_scale_factor=1.5)
        return self._heard(context)

    async def screen(self, language: str) -> Device:
        """Return a computer of somebody."""
        return self._heard(await self.browser.new_context(locale=language))

    def expect(self, *words: str) -> None:
        """Take it that a test brings about what pages complain of in these words."""
        self.expected += words

    @property
    def complaints(self) -> list[str]:
        """Return the errors and warnings that nobody expected."""
        return complaints(self.said, *self.expected)

    async def close(self) -> None:
        for context in self.contexts:
            await context.close()

    def _heard(self, context: BrowserContext) -> Device:
        hear(context, self.said)
        self.contexts.append(context)
        return Device(context, self.address)


@dataclass(frozen=True, slots=True)
class Album:
    """A folder of what pages looked like, in the light or in the dark too."""

    folder: Path
    in_the_dark: bool = False

    async def keep(self, page: Page, name: str) -> None:
        """Keep a picture of a page, on which nothing sticks out."""
        await fits(page)
        await page.screenshot(path=self.folder / f"{name}.png", full_page=True)
        if self.in_the_dark:
            await page.emulate_media(color_scheme="dark")
            await page.screenshot(path=self.folder / f"{name}-dark.png", full_page=True)
            await page.emulate_media(color_scheme="light")


async def fits(page: Page) -> None:
    """Assert that nothing sticks out: the page is as wide as the screen, and all of that is to be seen."""
    assert page.viewport_size
    width = page.viewport_size["width"]
    root = await page.evaluate(
        "(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(document.documentElement)"
    )
    assert root == [width, width], page.url
    wide = "(cards) => cards.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)"
    assert await page.locator(".card").evaluate_all(wide) == [], page.url
