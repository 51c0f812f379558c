"""What somebody who meets the demo for the first time should open, once it is live."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from enjoy.passes.secret import PassSecret
from somel.demo.city_services import HandedOver, open_services
from somel.demo.shops import invite_merchant, open_shops
from somel.demo.tourism import sell_pass


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold the secrets that open pages of the demo.

    Attributes
    ----------
    services : HandedOver
        Of the commune and its pool.
    claim : str
        Code of a tourism pass that was sold.
    merchant : str
        Invitation into the first of the shops.
    """

    services: HandedOver
    claim: str
    merchant: str

    def lines(self, url: str) -> Iterator[str]:
        """Tell where to look, below the address of the platform."""
        enjoy = f"{url}/enjoy"
        yield f"city data   {enjoy}/"
        yield f"card        {enjoy}/card: make one, join the pool"
        yield f"pass        {enjoy}/pass: show it"
        yield f"reader      {enjoy}/desk/reader#secret={self.services.reader}"
        yield f"desk        {enjoy}/desk"
        yield f"  sign up   {enjoy}/account#invitation={self.services.invitation}"
        yield f"city pass   {enjoy}/tourism/passes/{self.claim}"
        yield f"shops       {enjoy}/shops"
        yield f"merchant    {enjoy}/merchant"
        yield f"  sign up   {enjoy}/account#invitation={self.merchant}"


async def open_city(database_url: str, secret: PassSecret, *, now: datetime) -> Opened:
    """Open services, shops and the sale of a tourism pass; what an earlier demo opened in the database stays.

    Parameters
    ----------
    database_url : str
        Migrated database with the organisations of the demo.
    secret : PassSecret
        That of the API that is to open the pass.
    now : datetime
        Time on the wall, which passes and shops live by: the demo's clock is sixty times as fast, and in the past.
    """
    services = await open_services(database_url, now=now)
    await open_shops(database_url, now=now)
    claim = await sell_pass(database_url, secret, now=now)
    return Opened(services, claim, await invite_merchant(database_url))
