"""Shops of the demo: four of them, listed, with something on the shelf and slots for a week."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from core.errors import NotFoundError
from db.accounts import insert_invitation, insert_merchant_alone
from db.connection import Connection, Role, connect
from db.shops import Ordering, ShopFacts, find_shop, set_state
from db.stock import ProductFacts, count_stock, insert_product
from enjoy.shops.merchants import apply, set_ordering

_ACTOR: Final = "process/demo"
_INVITED_FOR: Final = timedelta(days=1)
_WEEK: Final = {"weekly": [{"days": [2, 3, 4, 5, 6], "from": "09:00", "until": "19:00"}]}
_ORDERING: Final = Ordering(60, 15, 30, 30, "ready", 30, 6, None, 7)


@dataclass(frozen=True, slots=True)
class DemoShop:
    """Describe an invented shop: its SIRET is made to be right, and nobody's."""

    name: str
    siret: str
    title: str
    insee_code: str
    address: str
    longitude: float
    latitude: float
    category: str
    hours: dict[str, Any]
    products: tuple[tuple[str, str, int, float, int | None], ...]


SHOPS: Final = (
    DemoShop(
        "fournil-de-wazemmes", "99900001100018", "Le Fournil de Wazemmes", "59350", "12 rue Imaginaire, 59000 Lille",
        3.0516, 50.6262, "bakery",
        {"weekly": [{"days": [2, 3, 4, 5, 6, 7], "from": "07:00", "until": "19:30"}]},
        (("Pain au levain", "pièce", 450, 0.055, 30), ("Tarte au sucre", "pièce", 1600, 0.055, 6)),
    ),
    DemoShop(
        "librairie-des-deux-gares", "99900001100026", "Librairie des Deux Gares", "59350",
        "3 place Inventée, 59800 Lille", 3.0727, 50.6369, "bookshop", _WEEK,
        (("Lille à vélo, 30 promenades", "pièce", 1450, 0.055, 9), ("Carnet ligné", "pièce", 600, 0.2, 40)),
    ),
    DemoShop(
        "ferme-du-heron", "99900001100034", "La Ferme du Héron", "59009", "Chemin Rêvé, 59650 Villeneuve-d'Ascq",
        3.1466, 50.6403, "farm",
        {"weekly": [{"days": [3, 6], "from": "10:00", "until": "18:00"}]},
        (("Panier de légumes", "panier", 1500, 0.055, 25), ("Maroilles", "pièce", 890, 0.055, 12)),
    ),
    DemoShop(
        "atelier-velo-roubaix", "99900001100042", "Atelier Vélo", "59512", "8 rue Fictive, 59100 Roubaix",
        3.1746, 50.6927, "repair", _WEEK,
        (("Révision complète", "pièce", 4500, 0.1, None), ("Chambre à air 700", "pièce", 750, 0.2, 60)),
    ),
)  # fmt: skip


async def open_shops(database_url: str, *, now: datetime) -> int:
    """Store the shops that are not there yet, listed; return how many.

    Notes
    -----
    They belong to organisations of their own, of which nobody is a member: an operator invites who is to run one.
    """
    count = 0
    for shop in SHOPS:
        async with await connect(database_url, Role.ENJOY_SHOP) as connection:
            known = await find_shop(connection, name=shop.name)
        if known is None:
            async with await connect(database_url, Role.ENJOY_ACCOUNT) as connection:
                organisation_id = await insert_merchant_alone(connection, shop.name, shop.title)
            async with await connect(database_url, Role.ENJOY_SHOP) as connection:
                await _open(connection, shop, organisation_id, now=now)
            count += 1
    return count


async def invite_merchant(database_url: str) -> str:
    """Return an invitation to run the first of the shops."""
    async with await connect(database_url, Role.ENJOY_SHOP) as connection:
        shop = await find_shop(connection, name=SHOPS[0].name)
    if shop is None:
        raise NotFoundError("shop_unknown", f"There is no shop {SHOPS[0].name!r}.")
    async with await connect(database_url, Role.OWNER) as connection:
        _, invitation = await insert_invitation(connection, shop.organisation_id, "owner", lasts=_INVITED_FOR)
    return invitation


async def _open(connection: Connection, shop: DemoShop, organisation_id: int, *, now: datetime) -> None:
    facts = ShopFacts(shop.title, "", shop.address, shop.longitude, shop.latitude, shop.hours, "fr", None)
    made = await apply(
        connection,
        facts,
        [shop.category],
        organisation_id=organisation_id,
        name=shop.name,
        siret=shop.siret,
        insee_code=shop.insee_code,
        actor=_ACTOR,
        now=now,
    )
    await set_state(connection, made.shop_id, "listed", "", now=now)
    for title, unit, price_eur_cent, vat_ratio, stock in shop.products:
        product = ProductFacts(title, "", unit, price_eur_cent, vat_ratio, is_offered=True)
        product_id = await insert_product(connection, made.shop_id, product, now=now)
        await count_stock(connection, made.shop_id, product_id, stock, now=now)
    listed = await find_shop(connection, shop_id=made.shop_id)
    if listed is not None:
        await set_ordering(connection, listed, _ORDERING, now=now)
