"""A merchant opens a shop on a page, somebody orders in French on a phone by keyboard alone, and collects it."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from core.settings import read_settings
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
            await page.emulate_media(color_scheme=scheme)
            await page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
        await page.emulate_media(color_scheme="light")


def build_metropolis(url: str) -> None:
    """Make a metropolis with one commune."""
    ask(url, "INSERT INTO catalogue.organisation (name, title, kind) VALUES ('mel', 'Métropole', 'metropolis')")
    ask(
        url,
        "WITH made AS (INSERT INTO place (level, code, name) VALUES ('commune', '59350', 'Lille') RETURNING place_id)"
        " INSERT INTO commune (place_id, insee_code, population, centroid)"
        " SELECT place_id, '59350', 1000, ST_SetSRID(ST_MakePoint(3.0573, 50.6292), 4326) FROM made",
    )


async def sign_up(page: Page, address: str, email: str) -> None:
    await page.goto(f"{address}/enjoy/merchant")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Passphrase").fill("correct horse battery")
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.locator("#who")).to_have_text(email)


async def apply(page: Page) -> None:
    siret = page.get_by_label("SIRET")
    await siret.fill("732 829 320 00075")
    await expect(page.locator("#siret-said")).to_contain_text("one is wrong")
    await siret.fill("732 829 320 00074")
    await expect(page.locator("#siret-said")).to_contain_text("well formed")
    await page.get_by_label("Name of the shop").fill("Le Fournil de Wazemmes")
    await page.get_by_label("Address, with").fill("12 rue Jules Guesde, 59000 Lille")
    await expect(page.get_by_label("Name in the address")).to_have_value("le-fournil-de-wazemmes")
    await page.get_by_label("Commune").select_option("Lille")
    await expect(page.get_by_label("Latitude")).to_have_value("50.62920")
    await page.get_by_label("Category").select_option("bakery")
    await page.get_by_role("button", name="Propose", exact=True).click()
    await expect(page.locator("#shop-state")).to_have_text("Waiting to be checked")


async def list_it(page: Page, url: str, address: str) -> None:
    """Let an operator of the metropolis list what was proposed."""
    await sign_up(page, address, "hall@example.org")
    ask(
        url,
        "INSERT INTO catalogue.member (account_id, organisation_id, role)"
        " SELECT account_id, organisation.organisation_id, 'owner' FROM catalogue.account, catalogue.organisation"
        " WHERE email = 'hall@example.org' AND organisation.name = 'mel'",
    )
    await page.reload()
    await expect(page.locator("#listed")).to_contain_text("SIRET 73282932000074")
    await page.get_by_role("button", name="List", exact=True).click()
    await expect(page.locator("#listed")).to_have_text("No shops.")


async def stock(page: Page) -> None:
    await page.reload()
    await expect(page.locator("#shop-state")).to_have_text("Listed in the directory")
    await page.get_by_label("Product", exact=True).fill("Pain au levain")
    await page.get_by_label("Price with VAT").fill("4.50")
    await page.get_by_label("Stock (empty").fill("2")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator("#products")).to_contain_text("Pain au levain")
    for number in range(1, 8):  # open day and night, so that the story can be told at any time
        span = page.locator(f"[data-day='{number}'] input")
        await span.nth(0).fill("00:00")
        await span.nth(1).fill("00:00")
    await page.get_by_role("button", name="Add a closure").click()
    await page.get_by_label("First day").fill("2099-12-25")
    await page.get_by_label("Last day").fill("2099-12-25")
    await page.locator("#hours-form").get_by_role("button", name="Save").click()
    await expect(page.locator("#said")).to_have_text("Saved.")
    await page.get_by_label("Length of a slot").fill("60")
    await page.get_by_label("Orders in a slot").fill("1")
    await page.locator("#ordering").get_by_role("button", name="Save").click()
    await expect(page.locator("#slots li").first).to_contain_text("0 of 1")


async def tab_to(page: Page, selector: str) -> None:
    """Go on with the tab key alone until something has the focus."""
    for _ in range(60):
        if await page.evaluate("it => document.activeElement.matches(it)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(selector)


async def order(page: Page, address: str) -> None:
    """Order in French, by keyboard alone."""
    await page.goto(f"{address}/enjoy/shops")
    await expect(page.get_by_role("heading", name="1 commerce")).to_be_visible()
    await looked_at(page, "shops-fr")
    await tab_to(page, "h3 a")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Le Fournil de Wazemmes")).to_be_visible()
    await expect(page.locator("#products")).to_contain_text("plus que 2")
    await tab_to(page, "summary")
    await page.keyboard.press("Enter")
    await expect(page.locator("#closures")).to_contain_text("25 décembre 2099")
    await tab_to(page, "#products input")
    await page.keyboard.type("2")
    await expect(page.locator("#basket .total")).to_contain_text("9,00")
    await tab_to(page, "select[name=slot_id]")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "textarea")
    await page.keyboard.type("Bien cuit, <b>merci</b>")
    await looked_at(page, "shop-fr")
    await tab_to(page, "#order button[type=submit]")
    await page.keyboard.press("Enter")
    await expect(page.locator("#state")).to_have_text("Envoyée")
    await expect(page.locator("#picture")).to_be_visible()
    await expect(page.get_by_role("img", name="Code de retrait")).to_be_visible()


async def test_an_order_is_placed_by_keyboard_in_french_and_collected_in_english(
    browser: Browser, database_url: str
) -> None:
    build_metropolis(database_url)
    said: list[str] = []
    async with served(read_settings(api_port=0), database_url) as address:
        merchants, merchant = await opened(browser, "en-GB", said)
        halls, hall = await opened(browser, "en-GB", said)
        phones, phone = await opened(browser, "fr-FR", said, viewport=PHONE)
        await sign_up(merchant, address, "baker@example.org")
        await apply(merchant)
        await list_it(hall, database_url, address)
        await stock(merchant)
        await order(phone, address)
        code = await phone.locator("#code").inner_text()

        new = merchant.locator("#placed > li")
        await expect(new).to_contain_text("2 × Pain au levain")
        await expect(new).to_contain_text("<b>merci</b>")
        await looked_at(merchant, "merchant-en")
        await new.get_by_role("button", name="Accept").click()
        await expect(phone.locator("#state")).to_have_text("Acceptée")
        await merchant.get_by_role("button", name="Ready to collect").click()
        await expect(phone.locator("#next")).to_contain_text("Montrez le code")
        await looked_at(phone, "order-fr")

        wait = merchant.locator("#ready > li")
        await wait.get_by_label("Pickup code").fill("WRNG CDEX")
        await wait.get_by_role("button", name="Hand over").click()
        await expect(merchant.locator("#said")).to_have_attribute("data-bad", "")
        await wait.get_by_label("Pickup code").fill(code)
        await wait.get_by_role("button", name="Hand over").click()
        await expect(merchant.locator("#ready")).to_have_text("No orders.")
        await expect(phone.locator("#state")).to_have_text("Retirée")
        await expect(phone.locator("#pickup")).to_be_hidden()
        await expect(merchant.get_by_label("Stock: Pain au levain")).to_have_count(1)

        # Nothing is left over: what is sold is gone, and the customer sees so.
        await phone.goto(f"{address}/enjoy/shops/le-fournil-de-wazemmes?lang=en")
        await expect(phone.locator("#products")).to_contain_text("sold out")
        await looked_at(phone, "shop-en")
        for context in (merchants, halls, phones):
            await context.close()
    assert ask(database_url, "SELECT state, held FROM shop.customer_order JOIN shop.order_line USING (order_id)") == [
        ("collected", 0)
    ]
    # The browser says itself that a wrong code was refused.
    wrong = [line for line in said if line.startswith(("error", "warning")) and "status of 4" not in line]
    assert wrong == []
