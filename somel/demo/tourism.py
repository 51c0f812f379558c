"""A tourism pass in the demo: the metropolis sells it, a commune takes it at its museum; all invented."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.errors import NotFoundError
from db.connection import Connection, Role, connect
from db.pass_services import find_service, organisation_id_named
from enjoy.passes import services
from enjoy.passes.secret import PassSecret
from enjoy.passes.tourism import products, selling
from enjoy.passes.tourism.selling import Wanted

_ACTOR: Final = "process/demo"
_OFFICE: Final = "mel"
_SERVICE: Final[Mapping[str, Any]] = {
    "name": "city-pass-demo",
    "kind": "tourism",
    "title": "City Pass (inventé)",
    "description": "Les musées et le métro, pour qui visite la métropole.",
    "proof": "token",
    "stale_after_s": 86_400,
    "is_open": True,
}
PRODUCT: Final[Mapping[str, Any]] = {
    "name": "city-pass-48",
    "title": "City Pass 48 heures (inventé)",
    "title_en": "48-hour City Pass (invented)",
    "description": "Une entrée dans chaque musée, et le métro sans compter.",
    "description_en": "One visit to each museum, and any number of rides.",
    "duration_s": 48 * 3_600,
    "starts_at_first_use": True,
    "max_entries_per_venue": 1,
    "use_within_days": 365,
    "price_eur_cent": 4_500,
    "sale_from": None,
    "sale_until": None,
    "is_on_sale": True,
}
#: By name: who keeps it (the office where it is None), what the keeper is paid [EUR cent], and what it is.
VENUES: Final[Mapping[str, tuple[str | None, int, Mapping[str, Any]]]] = {
    "musee": (
        "roubaix",
        550,
        {"title": "Musée", "kind": "place", "insee_code": "59512", "lon": 3.1685, "lat": 50.6921, "is_open": True},
    ),
    "metro": (
        None,
        120,
        {"title": "Métro", "kind": "transport", "insee_code": None, "lon": None, "lat": None, "is_open": True},
    ),
}


async def sell_pass(database_url: str, secret: PassSecret, *, now: datetime) -> str:
    """Sell one pass and return the code that opens it; the product is declared and agreed on where it is not yet.

    Parameters
    ----------
    database_url : str
        Migrated database with the organisations of the demo.
    secret : PassSecret
        That of the processes that are to open it.
    now : datetime
        Time on the wall.
    """
    wanted = Wanted(str(PRODUCT["name"]), "link", 1, "demo", None, "seller", None, b"")
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        office = await _organisation(connection, _OFFICE)
        if await find_service(connection, str(_SERVICE["name"])) is None:
            await _declare(connection, office, now)
        sold = await selling.sell(connection, secret, wanted, office, actor=_ACTOR, now=now)
    return sold.claims[0]


async def _declare(connection: Connection, office: int, now: datetime) -> None:
    service = await services.declare(connection, office, actor=_ACTOR, now=now, **_SERVICE)
    for venue, (keeper, _, facts) in VENUES.items():
        await services.put_venue(connection, service, venue, keeper=keeper, seen=None, actor=_ACTOR, now=now, **facts)
    sold_by = await products.own_service(connection, service.name, office)
    product = await products.declare(connection, sold_by, PRODUCT, actor=_ACTOR, now=now)
    for venue, (keeper, settlement_eur_cent, _) in VENUES.items():
        proposed = await products.propose(connection, product, venue, settlement_eur_cent, actor=_ACTOR, now=now)
        if keeper is not None:  # the partner says yes
            partner = await _organisation(connection, keeper)
            await products.accept(connection, proposed.agreement_id, partner, actor=_ACTOR, now=now)


async def _organisation(connection: Connection, name: str) -> int:
    found = await organisation_id_named(connection, name)
    if found is None:
        raise NotFoundError("organisation_unknown", f"There is no organisation {name!r}.")
    return found
