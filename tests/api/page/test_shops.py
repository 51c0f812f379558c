"""A merchant opens a shop on a page, somebody orders in French on a phone by keyboard alone, and collects it."""

import pytest
from playwright.async_api import Page, expect

from tests.api.page.console import refused
from tests.api.page.devices import Album, Device, Devices
from tests.api.page.keyboard import tab_to
from tests.api.page.people import make_owner, sign_up
from tests.api.page.slow_net import held_back
from tests.db.village import ask

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


def build_metropolis(url: str) -> None:
    """Make a metropolis with one commune."""
    ask(url, "INSERT INTO catalogue.organisation (name, title, kind) VALUES ('mel', 'Métropole', 'metropolis')")
    ask(
        url,
        "WITH made AS (INSERT INTO place (level, code, name) VALUES ('commune', '59350', 'Lille') RETURNING place_id)"
        " INSERT INTO commune (place_id, insee_code, population, centroid)"
        " SELECT place_id, '59350', 1000, ST_SetSRID(ST_MakePoint(3.0573, 50.6292), 4326) FROM made",
    )


async def open_shop_work(screen: Device, email: str) -> Page:
    """Open the page of merchants, and of who lists them, and sign up there."""
    page = await screen.open("merchant")
    await sign_up(page, email)
    return page


async def propose(page: Page) -> None:
    """Propose a shop; a slip of the hand in its number is told at once."""
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


async def list_it(screen: Device, url: str) -> None:
    """Let an operator of the metropolis list what was proposed."""
    page = await open_shop_work(screen, "hall@example.org")
    make_owner(url, "hall@example.org", "mel")
    await page.reload()
    await expect(page.locator("#listed")).to_contain_text("SIRET 73282932000074")
    await page.get_by_role("button", name="List", exact=True).click()
    await expect(page.locator("#listed")).to_have_text("No shops.")


async def stock(page: Page) -> None:
    """See that the shop is listed, and offer two loaves."""
    await page.reload()
    await expect(page.locator("#shop-state")).to_have_text("Listed in the directory")
    await page.get_by_label("Product", exact=True).fill("Pain au levain")
    await page.get_by_label("Price with VAT").fill("4.50")
    await page.get_by_label("Stock (empty").fill("2")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator("#products")).to_contain_text("Pain au levain")


async def say_when(page: Page) -> None:
    """Open day and night, so that the story can be told at any time, for one order an hour."""
    for number in range(1, 8):
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


async def find_the_shop(page: Page, album: Album) -> None:
    """Find the shop in the directory, and what it says of itself."""
    await expect(page.get_by_role("heading", name="1 commerce")).to_be_visible()
    await album.keep(page, "shops-fr")
    await tab_to(page.locator("h3 a"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Le Fournil de Wazemmes")).to_be_visible()
    await expect(page.locator("#products")).to_contain_text("plus que 2")
    await tab_to(page.locator("summary"))
    await page.keyboard.press("Enter")
    await expect(page.locator("#closures")).to_contain_text("25 décembre 2099")


async def order(page: Page, album: Album) -> str:
    """Order both loaves; return the code that collects them."""
    await tab_to(page.locator("#products input"))
    await page.keyboard.type("2")
    await expect(page.locator("#basket .total")).to_contain_text("9,00")
    await tab_to(page.locator("select[name=slot_id]"))
    await page.keyboard.press("ArrowDown")
    await tab_to(page.locator("textarea"))
    await page.keyboard.type("Bien cuit, <b>merci</b>")
    await album.keep(page, "shop-fr")
    await tab_to(page.locator("#order button[type=submit]"))
    await page.keyboard.press("Enter")
    await expect(page.locator("#state")).to_have_text("Envoyée")
    await expect(page.locator("#picture")).to_be_visible()
    await expect(page.get_by_role("img", name="Code de retrait")).to_be_visible()
    return await page.locator("#code").inner_text()


async def accept_and_make_ready(merchant: Page, phone: Page, album: Album) -> None:
    """Go on with the order; the customer sees how far it is."""
    new = merchant.locator("#placed > li")
    await expect(new).to_contain_text("2 × Pain au levain")
    await expect(new).to_contain_text("<b>merci</b>")
    await album.keep(merchant, "merchant-en")
    await new.get_by_role("button", name="Accept").click()
    await expect(phone.locator("#state")).to_have_text("Acceptée")
    await merchant.get_by_role("button", name="Ready to collect").click()
    await expect(phone.locator("#next")).to_contain_text("Montrez le code")
    await album.keep(phone, "order-fr")


async def hand_over(merchant: Page, phone: Page, code: str) -> None:
    """Hand over what was ordered to who knows the code, and not to who knows another."""
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


async def sign_out(merchant: Page) -> None:
    """Sign out while the page looks for new orders, as it does every few seconds."""
    async with held_back(merchant, "**/v1/merchant/orders*") as asked:
        await asked.wait()
        await merchant.get_by_role("button", name="Sign out").click()
    await expect(merchant.get_by_role("button", name="Sign in")).to_be_visible()


async def test_an_order_is_placed_by_keyboard_in_french_and_collected_in_english(
    devices: Devices, album: Album, database_url: str
) -> None:
    build_metropolis(database_url)
    devices.expect(refused(403))  # a wrong code collects nothing
    merchant = await open_shop_work(await devices.screen("en-GB"), "baker@example.org")
    await propose(merchant)
    await list_it(await devices.screen("en-GB"), database_url)
    await stock(merchant)
    await say_when(merchant)

    customer = await devices.phone("fr-FR")
    phone = await customer.open("shops")
    await find_the_shop(phone, album)
    code = await order(phone, album)
    await accept_and_make_ready(merchant, phone, album)
    await hand_over(merchant, phone, code)
    await sign_out(merchant)

    # Nothing is left over: what is sold is gone, and the customer sees so.
    await customer.go(phone, "shops/le-fournil-de-wazemmes?lang=en")
    await expect(phone.locator("#products")).to_contain_text("sold out")
    await album.keep(phone, "shop-en")
    assert ask(database_url, "SELECT state, held FROM shop.customer_order JOIN shop.order_line USING (order_id)") == [
        ("collected", 0)
    ]
