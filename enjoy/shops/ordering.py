"""An order is placed: all that it takes is taken in one transaction, or nothing is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID, uuid4

from core.errors import ConflictError, InputError, InvariantError, NotFoundError
from db import orders as store
from db.access import hash_of
from db.connection import Connection
from db.orders import NewOrder, Order
from db.shops import Shop
from db.stock import Slot, find_product, find_slot
from enjoy.shops.order_secret import code_of, hash_of_code, new_salt, secret_of
from enjoy.shops.telling import tell

MOST_LINES: Final = 50
_MOST_EUR_CENT: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what a customer asks for.

    Attributes
    ----------
    quantities : mapping
        Pieces by product.
    slot_id : int
        When it is collected.
    payment : str
        ``at_shop`` or ``handoff``.
    email, phone : str or None
        How to reach the customer, where they said.
    note : str
        What they say to the shop.
    language : str
        ``fr`` or ``en``.
    """

    quantities: Mapping[int, int]
    slot_id: int
    payment: Literal["at_shop", "handoff"]
    email: str | None
    phone: str | None
    note: str
    language: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """Hold what opens an order that is not there yet; made outside of the transaction, for it takes a while.

    Attributes
    ----------
    order_id : UUID
        Its key.
    salt : bytes
        Stored; makes the secret together with what the caller alone knows.
    secret : str
        Opens it; stored nowhere.
    code_hash : bytes
        What is kept of the pickup code.
    """

    order_id: UUID
    salt: bytes
    secret: str
    code_hash: bytes


def new_credentials(known: str) -> Credentials:
    """Return what opens a new order, from what the caller alone knows; takes 10 ms."""
    order_id, salt = uuid4(), new_salt()
    secret = secret_of(salt, known)
    return Credentials(order_id, salt, secret, hash_of_code(code_of(secret), order_id))


async def place(
    connection: Connection,
    shop: Shop,
    asked: Asked,
    made: Credentials,
    *,
    key: str | None,
    link: str,
    now: datetime,
) -> tuple[Order, str, bool]:
    """Place an order; return it, its secret, and whether it was placed before.

    Parameters
    ----------
    connection : Connection
        In the role `Role.ENJOY_SHOP`; on an error nothing may be committed.
    shop : Shop
        Of which.
    asked : Asked
        What is asked for.
    made : Credentials
        What opens it.
    key : str or None
        The request's ``Idempotency-Key``.
    link : str
        Address of the customer's page; the order's key and secret are put behind it.
    now : datetime
        Time.

    Raises
    ------
    InputError
        ``product_unknown``, ``slot_unknown``, ``payment_not_offered``, ``idempotency_key_reused``, ``order_too_large``.
    ConflictError
        ``stock_spent``, ``slot_full``, ``slot_closed``, ``shop_closed``.
    """
    _check(shop, asked)
    order = _new(shop, asked, made, key)
    if not await store.insert_order(connection, order, asked.quantities, now=now):
        return await _again(connection, shop, order, asked, key, now=now)
    amount = await _take(connection, shop, order, asked, now=now)
    state: store.State = "placed" if asked.payment == "at_shop" else "draft"
    minutes = shop.accept_within_min if state == "placed" else shop.pay_within_min
    due_at, grace = now + timedelta(minutes=minutes), timedelta(minutes=shop.grace_min)
    await store.fix_order(connection, order, amount, state, due_at=due_at, grace=grace)
    for step in ("draft", "placed") if state == "placed" else ("draft",):
        await store.note_transition(connection, made.order_id, step, actor="customer", reason="", now=now)
    placed = await found(connection, order_id=made.order_id)
    await tell(connection, shop, placed, link=f"{link}#{made.order_id}.{made.secret}", now=now)
    return placed, made.secret, False


async def found(connection: Connection, *, order_id: UUID, shop_id: int | None = None) -> Order:
    """Return an order, of a shop where one is named.

    Raises
    ------
    NotFoundError
        ``order_unknown``.
    """
    order = await store.find_order(connection, order_id=order_id, shop_id=shop_id)
    if order is None:
        raise NotFoundError("order_unknown", "There is no such order.")
    return order


def _check(shop: Shop, asked: Asked) -> None:
    if shop.state != "listed":
        raise ConflictError("shop_closed", "The shop takes no orders.")
    if asked.payment == "handoff" and shop.provider_url is None:
        raise InputError("payment_not_offered", "At this shop all is paid on the spot.", field="payment")


def _new(shop: Shop, asked: Asked, made: Credentials, key: str | None) -> NewOrder:
    said = repr((sorted(asked.quantities.items()), asked.slot_id, asked.payment, asked.email, asked.phone, asked.note))
    return NewOrder(
        order_id=made.order_id,
        shop_id=shop.shop_id,
        slot_id=asked.slot_id,
        payment=asked.payment,
        email=asked.email,
        phone=asked.phone,
        note=asked.note,
        language=asked.language,
        secret_sha256=hash_of(made.secret),
        secret_salt=made.salt,
        code_hash=made.code_hash,
        key_sha256=None if key is None else sha256(key.encode()).digest(),
        request_sha256=sha256(said.encode()).digest(),
    )


async def _again(
    connection: Connection, shop: Shop, order: NewOrder, asked: Asked, key: str | None, *, now: datetime
) -> tuple[Order, str, bool]:
    """Return what the same request was answered before, or say why nothing was stored."""
    before = None
    if key is not None:
        before = await store.find_order(connection, shop_id=shop.shop_id, key_sha256=order.key_sha256)
    if before is None or key is None:
        slot = await find_slot(connection, shop.shop_id, order.slot_id)
        if slot is None:
            raise InputError("slot_unknown", f"The shop has no slot {order.slot_id}.", field="slot_id")
        for product_id, quantity in sorted(asked.quantities.items()):
            await _say_why_not(connection, shop, product_id, quantity)
        raise _no_place(slot, shop, now=now)
    if before.request_sha256 != order.request_sha256:
        raise InputError("idempotency_key_reused", "This key came with another request before; take a new one.")
    if before.secret_salt is None:
        raise InvariantError("order_without_secret", "An order that is found by its key has lost its secret.")
    return before, secret_of(before.secret_salt, key), True


async def _take(connection: Connection, shop: Shop, order: NewOrder, asked: Asked, *, now: datetime) -> int:
    """Take the pieces, in the order in which everybody locks, and then the place; return what it costs."""
    amount = 0
    for product_id, quantity in sorted(asked.quantities.items()):
        cost = await store.take_product(connection, order, product_id, quantity, now=now)
        if cost is None:
            await _say_why_not(connection, shop, product_id, quantity)
            raise ConflictError("stock_spent", "Somebody gave some back at this moment; ask again.")
        amount += cost
    if amount > _MOST_EUR_CENT:
        raise InputError("order_too_large", "An order is worth 100,000 euros at most.", field="lines")
    if not await store.take_slot(connection, order, amount, earliest=now + timedelta(minutes=shop.lead_min)):
        raise _no_place(await find_slot(connection, shop.shop_id, asked.slot_id), shop, now=now)
    return amount


async def _say_why_not(connection: Connection, shop: Shop, product_id: int, quantity: int) -> None:
    product = await find_product(connection, shop.shop_id, product_id)
    if product is None or not product.is_offered:
        raise InputError("product_unknown", f"The shop does not offer product {product_id}.", field="lines")
    if product.stock is None or product.stock >= quantity:
        return
    message = f"There are not {quantity} of “{product.title}” any more."
    raise ConflictError("stock_spent", message, product_id=product_id, stock=product.stock)


def _no_place(slot: Slot | None, shop: Shop, *, now: datetime) -> ConflictError:
    """Say why a slot has no place."""
    if slot is None or slot.closed_by is not None or slot.starts_at < now + timedelta(minutes=shop.lead_min):
        return ConflictError("slot_closed", "The slot takes no orders any more; choose another.")
    return ConflictError("slot_full", "The slot is full; choose another.")
