"""A pass on somebody's phone: how it gets there, the code that it shows, and what a reader makes of that."""

from collections.abc import Mapping
from datetime import UTC, datetime

from playwright.async_api import Page, expect

from db.connection import Role, connect
from enjoy.passes.signing import published_keys
from enjoy.reader.presenting import STEP_S, Presented, read_presented
from tests.api.page.codes import Pixels, read_code, screen_of
from tests.api.page.devices import Device
from tests.api.page.people import SERIAL, join_the_pool


async def open_passes(phone: Device) -> Page:
    """Join the pool, link a card, and open the page of passes."""
    await join_the_pool(phone)
    await phone.post("card/media", {"kind": "card", "serial": SERIAL})
    return await phone.open("pass")


async def add_pass(page: Page, title: str = "Pool") -> None:
    await page.get_by_role("button", name="Ajouter à ce téléphone").click()
    await expect(page.get_by_text(f"Le pass {title} est sur ce téléphone.")).to_be_visible()


async def code_on(page: Page) -> Pixels:
    """Return the picture of the code that a phone shows."""
    await expect(page.locator("#canvas[data-step]")).to_be_visible()
    return await screen_of(page, "#canvas")


async def next_code(page: Page, *, after: int | None = None) -> None:
    """Let a phone go on to the code after one; where none is given, after the one that it shows."""
    step = after or int(await page.locator("#canvas").get_attribute("data-step") or 0)
    await page.clock.set_fixed_time(datetime.fromtimestamp((step + 1.5) * STEP_S, UTC))
    await expect(page.locator("#canvas")).to_have_attribute("data-step", str(step + 1))


async def keys_of_readers(url: str) -> Mapping[bytes, str]:
    """Return the keys that readers believe from now on, with or without a net."""
    async with await connect(url, Role.ENJOY_PASS) as connection:
        return await published_keys(connection, datetime.now(UTC))


async def presented_on(page: Page, keys: Mapping[bytes, str]) -> Presented:
    """Return what a reader that knows the keys makes of the code on a phone; it believes it."""
    read = read_presented(read_code(await code_on(page)), keys, datetime.now(UTC))
    assert isinstance(read, Presented), read
    return read
