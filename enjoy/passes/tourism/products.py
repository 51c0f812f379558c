"""Tourism passes that are sold: declared by who runs the service, and what they open, as partners agree to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from db import tourism_products as store
from db.audit import record
from db.connection import Connection
from db.pass_services import take_revision
from db.tourism_products import Agreement, Product, TourismService


async def declare(
    connection: Connection, service: TourismService, wanted: Mapping[str, Any], *, actor: str, now: datetime
) -> Product:
    """Declare a product of a service; it opens nothing before a partner agrees.

    Raises
    ------
    ConflictError
        ``already_exists``, or ``service_closed``.
    InputError
        ``sale_window_empty``.
    """
    _require_window(wanted)
    await _begin_change(connection, service.service_id)
    facts = {**wanted, "service_id": service.service_id, "created_at": now}
    product_id = await store.insert_product(connection, facts)
    subject = f"product/{wanted['name']}"
    told = {"service": service.name, "price_eur_cent": wanted["price_eur_cent"], "duration_s": wanted["duration_s"]}
    await record(connection, at=now, actor=actor, action="product.declared", subject=subject, facts=told)
    return (await store.products(connection, product_id=product_id))[0]


async def change(
    connection: Connection, product: Product, changed: Mapping[str, Any], *, actor: str, now: datetime
) -> Product:
    """Change what may change of a product: what was sold keeps its price and how long it lasts.

    Raises
    ------
    InputError
        ``sale_window_empty``.
    """
    wanted = {name: changed.get(name, getattr(product, name)) for name in _MAY_CHANGE}
    _require_window(wanted)
    await store.update_product(connection, product.product_id, wanted)
    subject, told = f"product/{product.name}", {"changed": sorted(changed)}
    await record(connection, at=now, actor=actor, action="product.changed", subject=subject, facts=told)
    return (await store.products(connection, product_id=product.product_id))[0]


_MAY_CHANGE = (
    "title",
    "title_en",
    "description",
    "description_en",
    "use_within_days",
    "price_eur_cent",
    "sale_from",
    "sale_until",
    "is_on_sale",
)


def _require_window(wanted: Mapping[str, Any]) -> None:
    begins, ends = wanted["sale_from"], wanted["sale_until"]
    if begins is not None and ends is not None and ends <= begins:
        raise InputError("sale_window_empty", "The sale has to end after it begins.")


async def product_named(connection: Connection, name: str) -> Product:
    """Return a product.

    Raises
    ------
    NotFoundError
        ``product_unknown``.
    """
    found = await store.products(connection, name=name)
    if not found:
        raise NotFoundError("product_unknown", "There is no such product.", product=name)
    return found[0]


async def own_product(connection: Connection, name: str, organisation_id: int) -> Product:
    """Return a product of an organisation's own service.

    Raises
    ------
    NotFoundError
        ``product_unknown``.
    ForbiddenError
        ``tourism_service_not_own``.
    """
    product = await product_named(connection, name)
    _require_own(product.organisation_id, organisation_id)
    return product


async def own_service(connection: Connection, name: str, organisation_id: int) -> TourismService:
    """Return an organisation's own service of kind tourism.

    Raises
    ------
    NotFoundError
        ``tourism_service_unknown``.
    ForbiddenError
        ``tourism_service_not_own``.
    """
    service = await store.find_tourism_service(connection, name)
    if service is None:
        raise NotFoundError("tourism_service_unknown", "There is no such service of kind tourism.", service=name)
    _require_own(service.organisation_id, organisation_id)
    return service


def _require_own(owner_id: int, organisation_id: int) -> None:
    if owner_id != organisation_id:
        raise ForbiddenError("tourism_service_not_own", "Another organisation runs this service.")


async def propose(
    connection: Connection, product: Product, venue: str, settlement_eur_cent: int, *, actor: str, now: datetime
) -> Agreement:
    """Propose to a partner that a product is taken at a venue, at a rate; at one's own venue it holds at once.

    A proposal that was not answered is replaced; what was agreed before holds until this one is accepted.

    Raises
    ------
    NotFoundError
        ``venue_unknown_there``.
    """
    await store.hold_product(connection, product.product_id)
    found = await store.find_venue(connection, product.service_id, venue)
    if found is None:
        raise NotFoundError("venue_unknown_there", "The service has no such venue.", venue=venue)
    is_own = found.organisation_id == product.organisation_id
    await store.end_agreements(connection, product.product_id, found.venue_id, at=now, is_proposed_alone=not is_own)
    accepted_at = now if is_own else None
    number = await store.insert_agreement(
        connection, product.product_id, found.venue_id, settlement_eur_cent, at=now, accepted_at=accepted_at
    )
    if is_own:
        await _renew_rules(connection, product, now=now)
    action = "agreement.accepted" if is_own else "agreement.proposed"
    told = {"product": product.name, "venue": venue, "settlement_eur_cent": settlement_eur_cent}
    await record(connection, at=now, actor=actor, action=action, subject=f"agreement/{number}", facts=told)
    return (await store.agreements(connection, product.organisation_id, agreement_id=number))[0]


async def accept(
    connection: Connection, agreement_id: int, organisation_id: int, *, actor: str, now: datetime
) -> Agreement:
    """Accept what was proposed for a venue of one's own; it holds from now on.

    Raises
    ------
    NotFoundError
        ``agreement_unknown``.
    ForbiddenError
        ``venue_not_own``.
    ConflictError
        ``agreement_not_open``.
    """
    agreement, product = await _held(connection, agreement_id, organisation_id)
    if agreement.partner_id != organisation_id:
        raise ForbiddenError("venue_not_own", "Another organisation keeps this venue: it accepts.")
    if not await store.accept_agreement(connection, agreement_id, at=now):
        raise ConflictError("agreement_not_open", "The proposal was accepted, taken back or replaced already.")
    await _renew_rules(connection, product, now=now)
    told = {"product": product.name, "venue": agreement.venue, "settlement_eur_cent": agreement.settlement_eur_cent}
    subject = f"agreement/{agreement_id}"
    await record(connection, at=now, actor=actor, action="agreement.accepted", subject=subject, facts=told)
    return (await store.agreements(connection, organisation_id, agreement_id=agreement_id))[0]


async def end(connection: Connection, agreement_id: int, organisation_id: int, *, actor: str, now: datetime) -> None:
    """End what was agreed or proposed at a venue, by either side: the product opens it no more from now on.

    Raises
    ------
    NotFoundError
        ``agreement_unknown``.
    ConflictError
        ``agreement_not_open``.
    """
    agreement, product = await _held(connection, agreement_id, organisation_id)
    if agreement.ended_at is not None:
        raise ConflictError("agreement_not_open", "It ended already.")
    venue = await store.find_venue(connection, product.service_id, agreement.venue)
    if venue is not None:
        is_proposed_alone = agreement.accepted_at is None
        await store.end_agreements(
            connection, product.product_id, venue.venue_id, at=now, is_proposed_alone=is_proposed_alone
        )
    await _renew_rules(connection, product, now=now)
    told = {"product": product.name, "venue": agreement.venue}
    subject = f"agreement/{agreement_id}"
    await record(connection, at=now, actor=actor, action="agreement.ended", subject=subject, facts=told)


async def _held(connection: Connection, agreement_id: int, organisation_id: int) -> tuple[Agreement, Product]:
    """Return an agreement as it stands once nobody else can change it."""
    found = await store.agreements(connection, organisation_id, agreement_id=agreement_id)
    if not found:
        raise NotFoundError("agreement_unknown", "There is no such agreement of yours.", agreement_id=agreement_id)
    await store.hold_product(connection, found[0].product_id)
    found = await store.agreements(connection, organisation_id, agreement_id=agreement_id)
    return found[0], (await store.products(connection, product_id=found[0].product_id))[0]


async def _renew_rules(connection: Connection, product: Product, *, now: datetime) -> None:
    """Say to readers what a product opens, by a rule for each venue: transport is never counted."""
    await _begin_change(connection, product.service_id)
    venues = await store.open_venues(connection, product_id=product.product_id)
    contents = {
        one.name: rule_of(product, one.name, None if one.kind == "transport" else product.max_entries_per_venue)
        for one in venues
    }
    await store.keep_rules(connection, product, contents, at=now)


async def _begin_change(connection: Connection, service_id: int) -> None:
    if await take_revision(connection, service_id, None) is None:
        raise ConflictError("service_closed", "The service is closed for good.")


def rule_of(product: Product, venue: str, most: int | None) -> dict[str, Any]:
    """Return the rule that opens a venue, as `enjoy.reader.rules` reads it."""
    return {
        "rights": [product.number],
        "venues": [venue],
        "windows": [],
        "closed_on": [],
        "start_on": None,
        "end_on": None,
        "uses": [] if most is None else [{"most": most, "per": "ever", "each_venue": True}],
        "pause_s": 0,
        "lasts_s": product.duration_s if product.starts_at_first_use else None,
        "proof": None,
        "price_class": product.name,
    }
