"""A holder makes a card account, joins the pool and shows the pass; the desk scans it; with no net it works as well."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import APIRequestContext, Browser, BrowserContext, Page, async_playwright, expect

from core.settings import read_settings
from tests.api.conftest import PASS_SECRET
from tests.api.page.codes import Pixels, hold_before_camera, read_code, screen_of
from tests.api.page.conftest import ARGUMENTS
from tests.api.serving import served
from tests.db.village import ask
from tests.enjoy.passes.town import RULE, Town, add_service

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
_PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5}
_PASSPHRASE = "correct horse battery"  # noqa: S105 - of a test
_EVERYBODY = RULE | {"rights": []}
_HALF_MINUTE = timedelta(seconds=30)


@dataclass
class Hall:
    """Hold what is served, and the browsers: of everybody, and one whose camera looks at a file."""

    town: Town
    address: str
    browser: Browser
    scanning: Browser
    video: Path

    async def phone(self, language: str) -> BrowserContext:
        return await self.browser.new_context(locale=language, **_PHONE)

    async def call(self, caller: APIRequestContext, path: str, body: dict[str, Any] | None = None) -> Any:
        """Post to the API with the cookies of a browser, as one of its pages would."""
        answer = await caller.post(f"{self.address}/enjoy/v1/{path}", data=body, headers={"Origin": self.address})
        assert answer.ok, await answer.text()
        return await answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scanning(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Browser, Path]]:
    video = tmp_path_factory.mktemp("camera") / "seen.y4m"
    camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *camera])
        yield started, video
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def hall(browser: Browser, scanning: tuple[Browser, Path], database_url: str) -> AsyncIterator[Hall]:
    town = Town(database_url)
    add_service(town, "pool", proof="device", rules=(_EVERYBODY,))
    async with served(read_settings(api_port=0, pass_secret=PASS_SECRET), database_url) as address:
        yield Hall(town, address, browser, *scanning)


async def _is_as_wide_as_a_phone(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") == _PHONE["viewport"]["width"]


async def _sit_down(hall: Hall, context: BrowserContext) -> Page:
    """Sign in as somebody of the town, and open the page of desks."""
    await hall.call(context.request, "account", {"email": "ada@lille.test", "passphrase": _PASSPHRASE})
    ask(
        hall.town.url,
        "INSERT INTO catalogue.member (organisation_id, account_id, role)"
        " SELECT %s, account_id, 'owner' FROM catalogue.account WHERE email = 'ada@lille.test'",
        hall.town.organisations["lille"],
    )
    page = await context.new_page()
    await page.goto(f"{hall.address}/enjoy/desk")
    return page


async def _open_card(hall: Hall, context: BrowserContext) -> Page:
    """Make an anonymous card account, link a card, join the pool, and open the page of passes."""
    await hall.call(context.request, "card", {})
    await hall.call(context.request, "card/services", {"service": "pool"})
    await hall.call(context.request, "card/media", {"kind": "card", "serial": "0025 0000 1234567890"})
    page = await context.new_page()
    await page.goto(f"{hall.address}/enjoy/pass")
    return page


async def _press_until(page: Page, name: str) -> None:
    """Go on by the tab key until something of a name has the focus."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    pytest.fail(f"the keyboard does not lead to {name!r}")


async def _code(hall: Hall, page: Page) -> Pixels:
    """Return the picture of the code that a phone shows."""
    await expect(page.locator("#canvas[data-step]")).to_be_visible()
    blank = await hall.browser.new_page()
    try:
        return await screen_of(page, blank, "#canvas")
    finally:
        await blank.close()


async def _next_code(page: Page) -> None:
    """Let half a minute go by on the phone."""
    before = await page.locator("#canvas").get_attribute("data-step")
    await page.clock.set_fixed_time(datetime.now(UTC) + _HALF_MINUTE)
    await expect(page.locator("#canvas")).not_to_have_attribute("data-step", before or "")


async def test_the_desk_pairs_a_phone_and_admits_a_pass_once(hall: Hall) -> None:
    desk, holder = await hall.browser.new_context(locale="en-GB", **_PHONE), await hall.phone("en-GB")
    counter = await hall.scanning.new_context(locale="en-GB", **_PHONE)
    at_desk = await _sit_down(hall, desk)
    await expect(at_desk.get_by_role("heading", name="Pool")).to_be_visible()
    await expect(at_desk.locator("#rules")).to_contain_text(
        "everybody · all venues · 1 a day · at any time · price full"
    )
    await at_desk.get_by_text("Pair a reader").click()
    await at_desk.get_by_label("Name of the reader").fill("Gate")
    await at_desk.get_by_role("button", name="Make").click()
    await expect(at_desk.get_by_role("img", name="Pairing code of the reader Gate")).to_be_visible()
    await _is_as_wide_as_a_phone(at_desk)
    blank = await hall.browser.new_page()
    pairing = await screen_of(at_desk, blank, "#pairing-code")
    assert read_code(pairing).startswith(f"{hall.address}/enjoy/desk/reader#secret=somel_reader_")

    reader = await counter.new_page()
    await reader.goto(f"{hall.address}/enjoy/desk/reader")
    hold_before_camera(pairing, hall.video)
    await reader.get_by_role("button", name="Start the camera").click()
    await expect(reader.get_by_text("Reader paired.")).to_be_visible()
    await expect(reader.get_by_role("heading", name="Pass reader")).to_contain_text("Pool · Door")
    await reader.get_by_role("button", name="Stop the camera").click()

    phone = await _open_card(hall, holder)
    await _press_until(phone, "Add to this phone")
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_text("The pass Pool is on this phone.")).to_be_visible()
    await expect(phone.get_by_role("button", name="Enlarge")).to_be_focused()
    await phone.keyboard.press("Enter")
    await _is_as_wide_as_a_phone(phone)

    hold_before_camera(await _code(hall, phone), hall.video)
    await reader.get_by_role("button", name="Start the camera").click()
    verdict = reader.locator("#result")
    await expect(verdict).to_have_attribute("data-state", "admitted")
    await expect(verdict).to_contain_text("Admitted")
    await expect(verdict).to_contain_text("Price: full")
    await _is_as_wide_as_a_phone(reader)
    await reader.get_by_role("button", name="Stop the camera").click()
    await _next_code(phone)
    hold_before_camera(await _code(hall, phone), hall.video)
    await reader.get_by_role("button", name="Next").click()
    await reader.get_by_role("button", name="Start the camera").click()
    await expect(verdict).to_have_attribute("data-state", "refused")
    await expect(verdict).to_contain_text("Entries used up")
    await expect(reader.locator("#last li")).to_have_count(2)
    for context in (desk, holder, counter):
        await context.close()
    await blank.close()
