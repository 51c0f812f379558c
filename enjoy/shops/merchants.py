"""Merchants: they apply with a shop, the metropolis or their commune lists it, and they say how it is run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.errors import ConflictError, ForbiddenError, InputError, InvariantError, NotFoundError
from db import shops as store
from db.accounts import insert_merchant, memberships
from db.audit import record
from db.connection import Connection
from db.shops import Ordering, Shop, ShopFacts, ShopState
from enjoy.shops.hours import read_hours
from enjoy.shops.siret import read_siret
from enjoy.shops.slots import renew_slots

_MOST_SHOPS: Final = 20


async def own_organisations(accounts: Connection, account_id: int) -> list[int]:
    """Return the merchants' organisations that somebody owns."""
    found = await memberships(accounts, account_id)
    return [one.organisation_id for one in found if one.kind == "merchant" and one.role == "owner"]


async def organisation_for(
    accounts: Connection, account_id: int, name: str, title: str, *, taken: set[int], owned: Sequence[int]
) -> int:
    """Return an organisation for a new shop: one that was made before and has none, or a new one.

    Notes
    -----
    Organisation and shop are stored in two transactions, by two roles. What a process that dies in between leaves
    behind is taken up here.

    Raises
    ------
    ConflictError
        ``shops_spent``, or ``already_exists`` where an organisation has the name.
    """
    if len(taken) >= _MOST_SHOPS:
        raise ConflictError("shops_spent", f"An account has {_MOST_SHOPS} shops at most.")
    free = next((one for one in owned if one not in taken), None)
    return free if free is not None else await insert_merchant(accounts, account_id, name, title)


async def require_new(shops: Connection, name: str, siret: str) -> str:
    """Return a SIRET as it is kept, if neither it nor the name is another shop's.

    Raises
    ------
    InputError
        ``siret_invalid``.
    ConflictError
        ``siret_taken``, ``shop_name_taken``.
    """
    kept = read_siret(siret)
    if await store.find_shop(shops, siret=kept) is not None:
        raise ConflictError("siret_taken", "There is a shop with this SIRET already.", field="siret")
    if await store.find_shop(shops, name=name) is not None:
        raise ConflictError("shop_name_taken", "There is a shop with this name already.", field="name")
    return kept


async def apply(
    shops: Connection,
    facts: ShopFacts,
    categories: Sequence[str],
    *,
    organisation_id: int,
    name: str,
    siret: str,
    insee_code: str,
    actor: str,
    now: datetime,
) -> Shop:
    """Store a shop that somebody applies with.

    Raises
    ------
    InputError
        ``hours_invalid``, ``category_unknown``.
    ConflictError
        ``already_exists``: somebody was faster.
    """
    read_hours(facts.hours)
    await _require_categories(shops, categories)
    shop_id = await store.insert_shop(
        shops, facts, organisation_id=organisation_id, name=name, siret=siret, insee_code=insee_code, now=now
    )
    await store.set_categories(shops, shop_id, sorted(set(categories)))
    await _note(shops, name, "shop.applied", {"siret": siret}, actor=actor, now=now)
    return await _found(shops, shop_id)


async def change(
    shops: Connection, shop: Shop, facts: ShopFacts, categories: Sequence[str], *, actor: str, now: datetime
) -> Shop:
    """Say anew what a merchant says of a shop; slots follow the hours.

    Raises
    ------
    InputError
        ``hours_invalid``, ``category_unknown``.
    """
    read_hours(facts.hours)
    await _require_categories(shops, categories)
    await store.change_shop(shops, shop.shop_id, facts)
    await store.set_categories(shops, shop.shop_id, sorted(set(categories)))
    await _note(shops, shop.name, "shop.changed", {}, actor=actor, now=now)
    return await _renewed(shops, shop.shop_id, now=now)


async def set_ordering(shops: Connection, shop: Shop, ordering: Ordering, *, now: datetime) -> Shop:
    """Say how a shop takes orders; slots follow.

    Raises
    ------
    InputError
        ``slot_capacity_missing``.
    """
    if ordering.slot_min is not None and ordering.slot_orders is None and ordering.slot_eur_cent is None:
        message = "Slots take so many orders, or orders worth so much, or both."
        raise InputError("slot_capacity_missing", message, field="slot_orders")
    await store.set_ordering(shops, shop.shop_id, ordering)
    return await _renewed(shops, shop.shop_id, now=now)


async def decide(
    shops: Connection,
    shop: Shop,
    state: ShopState,
    reason: str,
    *,
    organisation_id: int,
    actor: str,
    now: datetime,
) -> Shop:
    """List, refuse or suspend a shop; orders of one that is suspended go on.

    Raises
    ------
    ForbiddenError
        ``listing_not_yours``: only the metropolis decides, and a commune of shops in it.
    InputError
        ``reason_missing``.
    """
    await require_lister(shops, organisation_id, shop.insee_code)
    if state != "listed" and not reason:
        raise InputError("reason_missing", "Say why, for the merchant.", field="reason")
    if await store.set_state(shops, shop.shop_id, state, reason, now=now):
        await _note(shops, shop.name, f"shop.{state}", {"reason": reason}, actor=actor, now=now)
    return await _renewed(shops, shop.shop_id, now=now)


async def require_lister(shops: Connection, organisation_id: int, insee_code: str | None) -> str | None:
    """Return the commune whose shops an organisation lists, None for all.

    Raises
    ------
    ForbiddenError
        ``listing_not_yours``.
    """
    lister = await store.find_lister(shops, organisation_id)
    if lister is not None and lister.kind == "metropolis":
        return None
    own = lister.insee_code if lister is not None and lister.kind == "commune" else None
    if own is not None and insee_code in (None, own):
        return own
    raise ForbiddenError("listing_not_yours", "The metropolis lists shops, and a commune those in it.")


async def shop_named(shops: Connection, name: str, *, is_listed: bool) -> Shop:
    """Return a shop by its name.

    Raises
    ------
    NotFoundError
        ``shop_unknown``: there is none, or none that everybody may see.
    """
    shop = await store.find_shop(shops, name=name)
    if shop is None or (is_listed and shop.state != "listed"):
        raise NotFoundError("shop_unknown", f"There is no shop {name!r}.", shop=name)
    return shop


async def _renewed(shops: Connection, shop_id: int, *, now: datetime) -> Shop:
    shop = await _found(shops, shop_id)
    if shop.state == "listed":
        await renew_slots(shops, shop, is_anew=True, now=now)
    return shop


async def _found(shops: Connection, shop_id: int) -> Shop:
    shop = await store.find_shop(shops, shop_id=shop_id)
    if shop is None:
        raise InvariantError("row_not_stored", "A row was stored and not returned.")
    return shop


async def _require_categories(shops: Connection, wanted: Sequence[str]) -> None:
    known = {one.code for one in await store.categories(shops)}
    if unknown := sorted(set(wanted) - known):
        message = f"There is no category {unknown[0]!r}; see /v1/shop-categories."
        raise InputError("category_unknown", message, field="categories")


async def _note(
    shops: Connection, name: str, action: str, facts: dict[str, object], *, actor: str, now: datetime
) -> None:
    await record(shops, at=now, actor=actor, action=action, subject=f"shop/{name}", facts=facts)
