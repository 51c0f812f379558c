"""A buyer opens the link of a tourism pass on a phone, by keyboard alone, and has it there."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Page, expect

from db.connection import Role, connect
from db.keys import SCOPES, create_key
from tests.api.page.codes import read_code, screen_of
from tests.api.page.console import refused
from tests.api.page.devices import Album, Devices
from tests.api.page.keyboard import press, press_focused
from tests.api.page.phone_pass import keys_of_readers, presented_on
from tests.db.village import ask
from tests.enjoy.passes.town import Town, add_organisation

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
PRODUCT = {
    "name": "city-pass-48",
    "service": "city-pass",
    "title": "Pass 48 heures",
    "title_en": "48-hour pass",
    "description": "Les musées & le métro <b>",
    "duration_h": 48,
    "price_eur_cent": 4500,
}


async def a_sale(database_url: str, address: str, count: int = 1) -> list[str]:
    """Return the codes of passes that were sold together."""
    office = add_organisation(Town(database_url), "office", "partner")
    ask(database_url, "UPDATE catalogue.organisation SET title = 'Office de tourisme'")
    async with await connect(database_url, Role.OWNER) as connection:
        _, secret = await create_key(connection, "ada", SCOPES, organisation_id=office)
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=f"{address}/enjoy/v1", headers=headers) as client:
        await client.post("/services", json={"name": "city-pass", "title": "City Pass", "kind": "tourism"})
        await client.put("/services/city-pass/venues/belfry", json={"title": "Le beffroi"})
        await client.put("/services/city-pass/venues/line-1", json={"title": "Métro 1", "kind": "transport"})
        await client.post("/tourism/products", json=PRODUCT)
        for venue in ("belfry", "line-1"):
            await client.put(f"/tourism/products/city-pass-48/venues/{venue}", json={"settlement_eur_cent": 1})
        sold = await client.post("/tourism/sales", json={"product": "city-pass-48", "pass_count": count})
        return [str(one["claim"]) for one in sold.json()["passes"]]


async def type_the_code(page: Page, claim: str) -> None:
    """See what a pass costs, and find the one that was bought by its code."""
    await expect(page.get_by_text("45,00 €")).to_be_visible()
    await page.get_by_label("Code du bon").focus()
    await page.keyboard.type(claim.lower())
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Pass 48 heures")).to_be_visible()
    await expect(page.get_by_text("Il n’a pas encore commencé.")).to_be_visible()
    await expect(page.get_by_text("Les musées & le métro <b>")).to_be_visible()


async def put_it_on_the_phone(page: Page) -> None:
    """Add the pass to the phone, and go on to where it is shown."""
    await press(page, "L’ajouter à ce téléphone")
    await expect(page.get_by_role("status")).to_have_text("Le pass est dans ce téléphone.")
    await press_focused(page.get_by_role("link", name="Montrer mes pass"))
    await expect(page.get_by_role("heading", name="Pass 48 heures")).to_be_visible()
    shown = read_code(await screen_of(page))
    assert re.match(r"SMP2:[0-9A-Z $%*+\-./:]+$", shown), shown


async def make_it_paper(page: Page) -> None:
    """Ask for the pass in a card that is not open, then for a code on paper."""
    await expect(page.get_by_role("heading", name="48-hour pass")).to_be_visible()
    await page.get_by_role("button", name="Put it into my card").click()
    await expect(page.get_by_role("status")).to_have_text("Open your card in this browser first.")
    await page.get_by_role("button", name="Code on paper").click()
    await expect(page.get_by_role("img", name="QR code of the pass")).to_be_visible()
    still = read_code(await screen_of(page, ".tourism-code"))
    assert still.startswith("SMP1:"), still


def start_three_days_ago(database_url: str) -> None:
    """Let the pass have been used for the first time so long ago that it is over."""
    started_at = datetime.now(UTC) - timedelta(days=3)
    ask(
        database_url,
        "UPDATE pass.sold_pass SET is_started = true, started_at = %s, ends_at = %s",
        started_at,
        started_at + timedelta(hours=48),
    )


async def test_a_pass_is_typed_read_and_carried_in_french_and_english(
    devices: Devices, album: Album, database_url: str
) -> None:
    (claim,) = await a_sale(database_url, devices.address)
    devices.expect(refused(401))  # no card is open
    phone = await devices.phone("fr-FR")
    page = await phone.open("tourism")
    await type_the_code(page, claim)
    await album.keep(page, "claim")
    await put_it_on_the_phone(page)

    await phone.go(page, f"tourism/passes/{claim}?lang=en")
    await make_it_paper(page)
    await album.keep(page, "paper")
    ((token_count,),) = ask(database_url, "SELECT count(*) FROM pass.token WHERE status = 0")
    assert token_count == 2

    start_three_days_ago(database_url)
    await phone.go(page, f"tourism/passes/{claim}")
    await expect(page.get_by_text("It is over.")).to_be_visible()
    await expect(page.get_by_role("button", name="Add it to this phone")).to_have_count(0)


async def test_two_who_bought_together_carry_both_passes_on_one_phone(devices: Devices, database_url: str) -> None:
    phone = await devices.phone("fr-FR")
    claims = await a_sale(database_url, devices.address, 2)
    page = await phone.open(f"tourism/passes/{claims[0]}")
    await put_it_on_the_phone(page)
    await phone.go(page, f"tourism/passes/{claims[1]}")
    await press(page, "L’ajouter à ce téléphone")
    await expect(page.get_by_role("status")).to_have_text("Le pass est dans ce téléphone.")
    await phone.go(page, "pass")
    keys = await keys_of_readers(database_url)
    shown = set()
    for claim in claims:
        mine = page.get_by_role("button", name=f"Pass 48 heures · {claim[-5:]}")
        await press(page, f"Pass 48 heures · {claim[-5:]}")
        await expect(mine).to_have_attribute("aria-pressed", "true")
        await expect(mine).to_be_focused()
        await expect(page.locator("#canvas")).to_have_attribute("data-pass", f"city-pass {claim}")
        shown.add((await presented_on(page, keys)).token.token_id)
    assert len(shown) == 2
