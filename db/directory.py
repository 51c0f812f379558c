"""The directory of shops: those that are listed, and when something can be collected next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db.connection import Connection
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("directory")


@dataclass(frozen=True, slots=True)
class ListedShop:
    """Describe a shop as everybody may know it.

    Attributes
    ----------
    commune : str or None
        Name of its commune; None where the platform does not know the commune.
    hours : mapping
        As `enjoy.shops.hours` reads them.
    click_and_collect : bool
        Whether it has something to order, and times to collect it at.
    next_pickup_at : datetime or None
        Begin of the first slot that still has room; None where there is none.
    """

    name: str
    title: str
    siret: str
    address: str
    insee_code: str
    commune: str | None
    categories: list[str]
    hours: dict[str, Any]
    click_and_collect: bool
    next_pickup_at: datetime | None
    longitude: float
    latitude: float


async def listed_shops(connection: Connection, *, now: datetime) -> list[ListedShop]:
    """Return every shop that is listed, by name."""
    return await all_rows(connection, ListedShop, _SQL["listed_shops"], {"now": now})


@dataclass(frozen=True, slots=True)
class CommuneOfShops:
    """Name a commune, and where its middle is."""

    insee_code: str
    name: str
    longitude: float | None
    latitude: float | None


async def communes_with_shops(connection: Connection) -> list[CommuneOfShops]:
    """Return the communes in which a shop is listed, by name."""
    return await all_rows(connection, CommuneOfShops, _SQL["communes_with_shops"])


async def communes_known(connection: Connection) -> list[CommuneOfShops]:
    """Return every commune, by name."""
    return await all_rows(connection, CommuneOfShops, _SQL["communes_known"])
