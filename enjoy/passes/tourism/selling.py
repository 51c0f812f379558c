"""Passes are sold: by who runs the service or by whom it admits, as links at once or as vouchers in stock."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid4

from core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from db import tourism_products
from db import tourism_sales as store
from db.audit import record
from db.connection import Connection
from db.idempotency import take_key
from db.tourism_payments import hold_payment
from db.tourism_products import Product
from db.tourism_sales import NewSale, Payment, Sale, SaleKind
from enjoy.passes.secret import PassSecret
from enjoy.passes.tourism.claims import claim_of, hash_of_claim
from enjoy.passes.tourism.ending import end_codes
from enjoy.passes.tourism.paying import PAYABLE_FOR, give_back, require_payable
from enjoy.passes.tourism.using import LILLE

#: A pass that begins at a time of one's choosing is sold this long before at most. [days]
_EARLIEST: Final = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Say what is to be sold.

    Attributes
    ----------
    product : str
        Name.
    kind : {"link", "voucher"}
        Sold now, or printed in stock.
    pass_count : int
        How many.
    reference : str
        The seller's own.
    starts_at : datetime or None
        When they begin, where the product does not begin at its first use.
    payment : {"seller", "awaited"}
        Paid to the seller, or handed off to a provider.
    key : str or None
        The seller's, that makes the request the same as another.
    request_sha256 : bytes
        Of all that was asked.
    """

    product: str
    kind: SaleKind
    pass_count: int
    reference: str
    starts_at: datetime | None
    payment: Payment
    key: str | None
    request_sha256: bytes


@dataclass(frozen=True, slots=True)
class Sold:
    """Hold a sale and the codes that open its passes."""

    sale: Sale
    claims: list[str]
    is_replayed: bool


async def sell(
    connection: Connection, secret: PassSecret, wanted: Wanted, organisation_id: int, *, actor: str, now: datetime
) -> Sold:
    """Sell passes; the same request with the same key within a day is answered the same, and sells nothing more.

    Raises
    ------
    NotFoundError
        ``product_unknown``.
    ForbiddenError
        ``seller_not_admitted``.
    ConflictError
        ``product_not_on_sale``, ``handoff_not_offered``, or ``idempotency_key_in_use``.
    InputError
        ``pass_start_invalid``, ``handoff_refused``, or ``idempotency_key_reused``.
    """
    before = await _repeated(connection, wanted, organisation_id)
    sale_id = before or uuid4()
    if before is None:
        product = await _sellable(connection, wanted.product, organisation_id, now=now)
        if wanted.payment != "seller":
            await require_payable(connection, product, wanted.kind)
        sale = _sale(product, wanted, sale_id, organisation_id, now=now)
        claims = [claim_of(secret, sale_id, number) for number in range(1, wanted.pass_count + 1)]
        await store.insert_sale(connection, sale, [hash_of_claim(claim) for claim in claims])
        told = {"product": product.name, "kind": wanted.kind, "pass_count": wanted.pass_count}
        await record(connection, at=now, actor=actor, action="sale.made", subject=f"sale/{sale_id}", facts=told)
    stored = await own_sale(connection, sale_id, organisation_id)
    claims = [claim_of(secret, sale_id, number) for number in range(1, stored.pass_count + 1)]
    return Sold(stored, claims, is_replayed=before is not None)


async def _repeated(connection: Connection, wanted: Wanted, organisation_id: int) -> UUID | None:
    if wanted.key is None:
        return None
    if not await take_key(connection, organisation_id, wanted.key):
        raise ConflictError("idempotency_key_in_use", "A request with this key is being answered; ask again later.")
    found = await store.find_repeated(connection, organisation_id, wanted.key)
    if found is None:
        return None
    if found.request_sha256 != wanted.request_sha256:
        raise InputError("idempotency_key_reused", "This key came with another request before; take a new one.")
    return found.sale_id


async def _sellable(connection: Connection, name: str, organisation_id: int, *, now: datetime) -> Product:
    found = await tourism_products.products(connection, name=name)
    if not found:
        raise NotFoundError("product_unknown", "There is no such product.", product=name)
    product = found[0]
    is_admitted = product.organisation_id == organisation_id or await tourism_products.is_seller(
        connection, product.service_id, organisation_id
    )
    if not is_admitted:
        raise ForbiddenError("seller_not_admitted", "Who runs the service has not admitted you as a seller.")
    if not is_on_sale(product, now):
        raise ConflictError("product_not_on_sale", "The product is not on sale now.", product=name)
    return product


def is_on_sale(product: Product, now: datetime) -> bool:
    """Tell whether a product is sold at a time."""
    is_early = product.sale_from is not None and now < product.sale_from
    is_late = product.sale_until is not None and now >= product.sale_until
    return product.is_on_sale and not is_early and not is_late


def _sale(product: Product, wanted: Wanted, sale_id: UUID, organisation_id: int, *, now: datetime) -> NewSale:
    is_fixed = not product.starts_at_first_use
    if (wanted.starts_at is not None) != is_fixed:
        message = "A start is given exactly where the product does not begin at its first use."
        raise InputError("pass_start_invalid", message)
    use_until = end_of_day(now + timedelta(days=product.use_within_days))
    if wanted.starts_at is not None:
        if not now - timedelta(days=1) <= wanted.starts_at <= now + _EARLIEST:
            raise InputError("pass_start_invalid", "The start has to lie within two years from today.")
        use_until = wanted.starts_at + timedelta(seconds=product.duration_s)
    return NewSale(
        sale_id=sale_id,
        product_id=product.product_id,
        organisation_id=organisation_id,
        kind=wanted.kind,
        pass_count=wanted.pass_count,
        price_eur_cent=product.price_eur_cent,
        reference=wanted.reference,
        payment=wanted.payment,
        payment_due_at=None if wanted.payment == "seller" else now + PAYABLE_FOR,
        starts_at=wanted.starts_at,
        use_until=use_until,
        sold_at=now,
        idempotency_key=wanted.key,
        request_sha256=wanted.request_sha256 if wanted.key else None,
    )


def end_of_day(at: datetime) -> datetime:
    """Return the midnight in Lille after a time."""
    tomorrow = at.astimezone(LILLE).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=LILLE)


async def own_sale(connection: Connection, sale_id: UUID, organisation_id: int) -> Sale:
    """Return a sale that an organisation made, or of passes of its services.

    Raises
    ------
    NotFoundError
        ``sale_unknown``.
    """
    found = await store.sales(connection, organisation_id, sale_id=sale_id)
    if not found:
        raise NotFoundError("sale_unknown", "There is no such sale of yours.", sale=str(sale_id))
    return found[0]


async def cancel(
    connection: Connection,
    sale_id: UUID,
    organisation_id: int,
    numbers: list[int] | None,
    *,
    actor: str,
    now: datetime,
) -> Sale:
    """Take passes of a sale back, or all that were never used; their codes are revoked at once.

    Raises
    ------
    NotFoundError
        ``sale_unknown``, or ``sold_pass_unknown``.
    ConflictError
        ``sold_pass_used``: one of those that are named was used, and none is taken back.
    """
    await own_sale(connection, sale_id, organisation_id)
    payment = await hold_payment(connection, sale_id)
    there = {one.number: one for one in await store.sold_passes(connection, sale_id)}
    wanted = sorted(set(numbers)) if numbers is not None else [n for n, one in there.items() if not one.is_started]
    unknown = [number for number in wanted if number not in there]
    if unknown:
        raise NotFoundError("sold_pass_unknown", "The sale has no such pass.", numbers=unknown)
    used = [number for number in wanted if there[number].is_started]
    if used:
        raise ConflictError("sold_pass_used", "What was used is not taken back.", numbers=used)
    count = await store.cancel_passes(connection, sale_id, wanted, at=now)
    if payment is not None:
        await give_back(connection, payment, count, now=now)
    for subject_id in (there[number].subject_id for number in wanted):
        if subject_id is not None:
            await end_codes(connection, subject_id, now=now)
    told = {"pass_count": len(wanted)}
    await record(connection, at=now, actor=actor, action="sale.cancelled", subject=f"sale/{sale_id}", facts=told)
    return await own_sale(connection, sale_id, organisation_id)
