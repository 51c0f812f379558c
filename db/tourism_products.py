"""Tourism passes that are sold, and the partners that take them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row, stored
from db.statements import statements

_SQL: Final = statements("tourism_products")


@dataclass(frozen=True, slots=True)
class Product:
    """Describe a product; see the comments of ``pass.product``. `organisation_id` runs its service."""

    product_id: int
    service_id: int
    service: str
    organisation_id: int
    organisation_title: str
    proof: str
    number: int
    name: str
    title: str
    title_en: str
    description: str
    description_en: str
    duration_s: int
    starts_at_first_use: bool
    max_entries_per_venue: int | None
    use_within_days: int
    price_eur_cent: int
    sale_from: datetime | None
    sale_until: datetime | None
    is_on_sale: bool


@dataclass(frozen=True, slots=True)
class OpenVenue:
    """Name a venue where a product is taken today."""

    product_id: int
    name: str
    title: str
    kind: Literal["place", "transport"]
    organisation: str
    insee_code: str | None


@dataclass(frozen=True, slots=True)
class PartnerVenue:
    """Say whose a venue is."""

    venue_id: int
    organisation_id: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Describe what a partner takes and is paid; see the comments of ``pass.agreement``."""

    agreement_id: int
    product_id: int
    product: str
    product_title: str
    venue: str
    venue_title: str
    venue_kind: Literal["place", "transport"]
    partner: str
    partner_id: int
    office_id: int
    settlement_eur_cent: int
    proposed_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RuleVenue:
    """Name the venue that a rule of a product opens."""

    venue: str


@dataclass(frozen=True, slots=True)
class TourismService:
    """Name a service of kind tourism, and who runs it."""

    service_id: int
    name: str
    title: str
    organisation_id: int


@dataclass(frozen=True, slots=True)
class Seller:
    """Say who may sell."""

    organisation: str
    title: str
    admitted_at: datetime


async def insert_product(connection: Connection, wanted: Mapping[str, Any]) -> int:
    """Store a product with the right that it gives; return its key.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    code = "product_" + str(wanted["name"]).replace("-", "_")[:40]
    right = {"code": code, "condition": json.dumps({"sold": True})}
    number = await one_integer(connection, _SQL["insert_product_right"], {**wanted, **right})
    return stored(await one_integer(connection, _SQL["insert_product"], {**wanted, "number": number}))


async def update_product(connection: Connection, product_id: int, wanted: Mapping[str, Any]) -> None:
    """Change what may change of a product."""
    await _do(connection, "update_product", {**wanted, "product_id": product_id})


async def products(connection: Connection, *, name: str | None = None, product_id: int | None = None) -> list[Product]:
    """Return all products, or one."""
    return await all_rows(connection, Product, _SQL["products"], {"name": name, "product_id": product_id})


async def hold_product(connection: Connection, product_id: int) -> None:
    """Let nobody else change what a product opens until the transaction ends."""
    await _do(connection, "hold_product", {"product_id": product_id})


async def open_venues(connection: Connection, *, product_id: int | None = None) -> list[OpenVenue]:
    """Return where products are taken today."""
    return await all_rows(connection, OpenVenue, _SQL["open_venues"], {"product_id": product_id})


async def find_venue(connection: Connection, service_id: int, venue: str) -> PartnerVenue | None:
    """Return whose a venue is, or None."""
    return await one_row(connection, PartnerVenue, _SQL["find_venue"], {"service_id": service_id, "venue": venue})


async def agreements(
    connection: Connection, organisation_id: int, *, agreement_id: int | None = None
) -> list[Agreement]:
    """Return what an organisation proposed or was proposed, as long as it stands; or one of them."""
    wanted = {"organisation_id": organisation_id, "agreement_id": agreement_id}
    return await all_rows(connection, Agreement, _SQL["agreements"], wanted)


async def insert_agreement(
    connection: Connection,
    product_id: int,
    venue_id: int,
    settlement_eur_cent: int,
    *,
    at: datetime,
    accepted_at: datetime | None,
) -> int:
    """Store what is proposed, or agreed at once; return its key."""
    wanted = {
        "product_id": product_id,
        "venue_id": venue_id,
        "settlement_eur_cent": settlement_eur_cent,
        "at": at,
        "accepted_at": accepted_at,
    }
    return stored(await one_integer(connection, _SQL["insert_agreement"], wanted))


async def end_agreements(
    connection: Connection, product_id: int, venue_id: int, *, at: datetime, is_proposed_alone: bool
) -> int:
    """End what stands of a product at a venue, or take back what was only proposed; return how many."""
    wanted = {"product_id": product_id, "venue_id": venue_id, "at": at, "is_proposed_alone": is_proposed_alone}
    return await _do(connection, "end_agreements", wanted)


async def accept_agreement(connection: Connection, agreement_id: int, *, at: datetime) -> bool:
    """Let a proposal hold in place of what held before; False: it is not open."""
    wanted = {"agreement_id": agreement_id, "at": at}
    await _do(connection, "end_agreement_before", wanted)
    return await _do(connection, "accept_agreement", wanted) == 1


async def keep_rules(
    connection: Connection, product: Product, contents: Mapping[str, Mapping[str, Any]], *, at: datetime
) -> None:
    """Let a product have these rules, by venue: those of venues that stay are left as they are."""
    wanted = {"service_id": product.service_id, "number": product.number, "at": at, "venues": list(contents)}
    await _do(connection, "end_product_rules", wanted)
    there = {one.venue for one in await all_rows(connection, RuleVenue, _SQL["product_rule_venues"], wanted)}
    for venue in contents.keys() - there:
        rule = {"service_id": product.service_id, "content": json.dumps(contents[venue]), "at": at}
        await _do(connection, "insert_product_rule", rule)


async def find_tourism_service(connection: Connection, service: str) -> TourismService | None:
    """Return a service of kind tourism by its name, or None."""
    return await one_row(connection, TourismService, _SQL["find_tourism_service"], {"service": service})


async def find_seller_organisation(connection: Connection, organisation: str) -> int | None:
    """Return the key of an organisation, or None."""
    return await one_integer(connection, _SQL["find_seller_organisation"], {"organisation": organisation})


async def admit_seller(connection: Connection, service_id: int, organisation_id: int, *, at: datetime) -> None:
    """Let an organisation sell passes of a service."""
    await _do(connection, "admit_seller", {"service_id": service_id, "organisation_id": organisation_id, "at": at})


async def dismiss_seller(connection: Connection, service_id: int, organisation_id: int) -> bool:
    """Let an organisation sell no more; tell whether it did."""
    wanted = {"service_id": service_id, "organisation_id": organisation_id}
    return await _do(connection, "dismiss_seller", wanted) == 1


async def sellers(connection: Connection, service_id: int) -> list[Seller]:
    """Return who may sell beside who runs the service."""
    return await all_rows(connection, Seller, _SQL["sellers"], {"service_id": service_id})


async def is_seller(connection: Connection, service_id: int, organisation_id: int) -> bool:
    """Tell whether an organisation may sell."""
    wanted = {"service_id": service_id, "organisation_id": organisation_id}
    return bool(await one_integer(connection, _SQL["is_seller"], wanted))


async def _do(connection: Connection, statement: str, wanted: Mapping[str, object]) -> int:
    async with translated_errors():
        return (await connection.execute(_SQL[statement], wanted)).rowcount
