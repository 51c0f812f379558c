"""Shops as they are kept: who runs them, where they are, how they take orders."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from db.connection import Connection
from db.rows import all_rows, one_integer, one_row, run, stored
from db.statements import statements

_SQL: Final = statements("shops")
ShopState = Literal["applied", "listed", "refused", "suspended"]


@dataclass(frozen=True, slots=True)
class Category:
    """Describe what a shop may be."""

    code: str
    title_fr: str
    title_en: str


@dataclass(frozen=True, slots=True)
class Lister:
    """Say what an organisation is that may list shops."""

    kind: str
    insee_code: str | None


@dataclass(frozen=True, slots=True)
class WithShop:
    """Name an organisation that has a shop."""

    organisation_id: int


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """Hold what a merchant says of a shop and may change; `hours` as `enjoy.shops.hours` reads them."""

    title: str
    description: str
    address: str
    longitude: float
    latitude: float
    hours: Mapping[str, Any]
    language: str
    notify_email: str | None


@dataclass(frozen=True, slots=True)
class Ordering:
    """Hold how a shop takes orders; see the comments of ``shop.shop``."""

    accept_within_min: int
    pay_within_min: int
    lead_min: int
    grace_min: int
    cancel_until: str
    slot_min: int | None
    slot_orders: int | None
    slot_eur_cent: int | None
    slot_ahead_days: int


@dataclass(frozen=True, slots=True)
class Shop:
    """Describe a shop; see the comments of ``shop.shop``."""

    shop_id: int
    organisation_id: int
    organisation: str
    name: str
    siret: str
    title: str
    description: str
    insee_code: str
    address: str
    longitude: float
    latitude: float
    hours: Any
    language: str
    notify_email: str | None
    state: ShopState
    state_reason: str
    state_at: datetime
    created_at: datetime
    accept_within_min: int
    pay_within_min: int
    lead_min: int
    grace_min: int
    cancel_until: str
    slot_min: int | None
    slot_orders: int | None
    slot_eur_cent: int | None
    slot_ahead_days: int
    provider_url: str | None
    provider_notify_url: str | None
    provider_secret: bytes | None
    webhook_url: str | None
    webhook_secret: bytes | None
    categories: list[str]


@dataclass(frozen=True, slots=True)
class WantedShops:
    """Choose shops: what is None does not matter."""

    state: ShopState | None = "listed"
    insee_code: str | None = None
    category: str | None = None
    words: str | None = None


async def categories(connection: Connection) -> list[Category]:
    """Return the closed list of what shops are."""
    return await all_rows(connection, Category, _SQL["categories"])


async def insert_shop(
    connection: Connection,
    facts: ShopFacts,
    *,
    organisation_id: int,
    name: str,
    siret: str,
    insee_code: str,
    now: datetime,
) -> int:
    """Store a shop that nobody has listed yet; return its key."""
    fixed = {"organisation_id": organisation_id, "name": name, "siret": siret, "insee_code": insee_code}
    return stored(await one_integer(connection, _SQL["insert_shop"], {**_written(facts), **fixed, "now": now}))


async def change_shop(connection: Connection, shop_id: int, facts: ShopFacts) -> None:
    """Say anew what a merchant says of a shop."""
    await run(connection, _SQL["change_shop"], shop_id=shop_id, **_written(facts))


async def set_categories(connection: Connection, shop_id: int, codes: Sequence[str]) -> None:
    """Say what a shop is."""
    await run(connection, _SQL["drop_categories"], shop_id=shop_id)
    await run(connection, _SQL["put_categories"], shop_id=shop_id, codes=list(codes))


async def set_ordering(connection: Connection, shop_id: int, ordering: Ordering) -> None:
    """Say how a shop takes orders."""
    await run(connection, _SQL["set_ordering"], shop_id=shop_id, **asdict(ordering))


async def set_provider(
    connection: Connection, shop_id: int, url: str | None, notify_url: str | None, secret: bytes | None
) -> None:
    """Say where a shop's customers pay, or that all pay at the shop."""
    await run(connection, _SQL["set_provider"], shop_id=shop_id, url=url, notify_url=notify_url, secret=secret)


async def set_webhook(connection: Connection, shop_id: int, url: str | None, secret: bytes | None) -> None:
    """Say where a merchant's own system is told of orders, or that it is not."""
    await run(connection, _SQL["set_webhook"], shop_id=shop_id, url=url, secret=secret)


async def hold_shop(connection: Connection, shop_id: int) -> None:
    """Keep others from cutting a shop's hours into slots until the transaction ends."""
    await run(connection, _SQL["hold_shop"], shop_id=shop_id)


async def set_state(connection: Connection, shop_id: int, state: ShopState, reason: str, *, now: datetime) -> bool:
    """List, refuse or suspend a shop; tell whether it was otherwise before."""
    facts = {"shop_id": shop_id, "state": state, "reason": reason, "now": now}
    return await run(connection, _SQL["set_state"], **facts) == 1


async def find_shop(
    connection: Connection,
    *,
    name: str | None = None,
    organisation_id: int | None = None,
    shop_id: int | None = None,
    siret: str | None = None,
) -> Shop | None:
    """Return a shop by what is given of it, or None."""
    wanted = {"name": name, "organisation_id": organisation_id, "shop_id": shop_id, "siret": siret}
    return await one_row(connection, Shop, _SQL["find_shop"], wanted)


async def list_shops(connection: Connection, wanted: WantedShops, *, limit: int, after: str = "") -> list[Shop]:
    """Return shops by name, after one."""
    return await all_rows(connection, Shop, _SQL["list_shops"], {**asdict(wanted), "limit": limit, "after": after})


async def find_lister(connection: Connection, organisation_id: int) -> Lister | None:
    """Return what an organisation is, or None."""
    return await one_row(connection, Lister, _SQL["lister"], {"organisation_id": organisation_id})


async def with_shop(connection: Connection, organisation_ids: Sequence[int]) -> set[int]:
    """Return which of some organisations have a shop."""
    rows = await all_rows(connection, WithShop, _SQL["with_shop"], {"organisation_ids": list(organisation_ids)})
    return {row.organisation_id for row in rows}


async def try_code_of_shop(
    connection: Connection, shop_id: int, *, most: int, closed_for: timedelta, now: datetime
) -> bool:
    """Count a pickup code that is about to be tried in a shop; tell whether it may be."""
    facts = {"shop_id": shop_id, "most": most, "closed_for": closed_for, "now": now}
    return await run(connection, _SQL["try_code_of_shop"], **facts) == 1


async def code_of_shop_right(connection: Connection, shop_id: int) -> None:
    """Take a try back that was counted and right."""
    await run(connection, _SQL["code_of_shop_right"], shop_id=shop_id)


def _written(facts: ShopFacts) -> dict[str, object]:
    return {**asdict(facts), "hours": json.dumps(facts.hours)}
