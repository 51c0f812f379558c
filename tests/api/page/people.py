"""Who people are: those with an account, the owners of an organisation, and holders of a card without a name."""

from playwright.async_api import Page, expect

from tests.api.page.devices import Device
from tests.db.village import ask

PASSPHRASE = "correct horse battery"  # noqa: S105 - of a test
#: The number of a Pass Pass card.
SERIAL = "0025 0000 1234567890"


async def sign_up(page: Page, email: str) -> None:
    """Make an account on a page in English that asks who is there."""
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.locator("#who")).to_have_text(email)


def make_owner(url: str, email: str, organisation: str) -> None:
    """Let an account do all that there is to do for an organisation."""
    ask(
        url,
        "INSERT INTO catalogue.member (account_id, organisation_id, role)"
        " SELECT account_id, organisation.organisation_id, 'owner' FROM catalogue.account, catalogue.organisation"
        " WHERE email = %s AND organisation.name = %s",
        email,
        organisation,
    )


async def sit_down(desk: Device, url: str) -> Page:
    """Sign in as somebody of the town, and open the page of desks."""
    await desk.post("account", {"email": "ada@lille.test", "passphrase": PASSPHRASE})
    make_owner(url, "ada@lille.test", "lille")
    return await desk.open("desk")


async def join_the_pool(phone: Device) -> None:
    """Make an anonymous card account, and have it join the pool."""
    await phone.post("card", {})
    await phone.post("card/services", {"service": "pool"})
