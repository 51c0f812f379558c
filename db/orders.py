"""Orders as they are kept: each step is one conditional update, and nothing is read to decide what is written.

Whoever takes or gives back locks in one order: the order, its products by their keys, its slot. So nobody waits for
somebody who waits for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row, run
from db.statements import statements

_SQL: Final = statements("orders")
State = Literal["draft", "placed", "accepted", "ready", "collected", "refused", "cancelled", "expired", "no_show"]
#: After every order that was made at the same time, in the order of `orders_of_shop`.
_LAST_ID: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """Hold what is known of an order before anything is taken for it; see ``shop.customer_order``."""

    order_id: UUID
    shop_id: int
    slot_id: int
    payment: str
    email: str | None
    phone: str | None
    note: str
    language: str
    secret_sha256: bytes
    secret_salt: bytes
    code_hash: bytes
    key_sha256: bytes | None
    request_sha256: bytes


@dataclass(frozen=True, slots=True)
class Order:
    """Describe an order; see the comments of ``shop.customer_order``."""

    order_id: UUID
    shop_id: int
    shop: str
    slot_id: int
    starts_at: datetime
    ends_at: datetime
    state: State
    state_at: datetime
    created_at: datetime
    due_at: datetime | None
    collect_by: datetime
    amount_eur_cent: int
    payment: str
    payment_state: str
    email: str | None
    phone: str | None
    note: str
    language: str
    code_hash: bytes | None
    secret_salt: bytes | None
    request_sha256: bytes | None
    forgotten_at: datetime | None

    @property
    def reference(self) -> str:
        """Return what people call it: not a secret, and not unique for ever."""
        return self.order_id.hex[:8].upper()


@dataclass(frozen=True, slots=True)
class HeldLine:
    """Say how many pieces of a product an order holds."""

    product_id: int
    held: int


@dataclass(frozen=True, slots=True)
class Line:
    """Say what was ordered."""

    order_id: UUID
    product_id: int
    quantity: int
    title: str
    unit: str
    price_eur_cent: int
    vat_ratio: float


@dataclass(frozen=True, slots=True)
class Transition:
    """Say what became of an order."""

    to_state: State
    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Over:
    """Name an order whose time is over."""

    order_id: UUID
    shop_id: int
    state: State


@dataclass(frozen=True, slots=True)
class Figure:
    """Count orders of a day that ended, or are, in a state."""

    day: date
    state: State
    order_count: int
    amount_eur_cent: int


@dataclass(frozen=True, slots=True)
class Move:
    """Hold a step of an order.

    Attributes
    ----------
    to_state : str
        What it becomes.
    from_states : sequence of str
        What it has to be.
    over_at, open_at : datetime or None
        Only if the time that it has in its state is over by then, or is not.
    due_at : datetime or None
        By when the next step is due, where that is new.
    """

    to_state: State
    from_states: Sequence[State]
    over_at: datetime | None = None
    open_at: datetime | None = None
    due_at: datetime | None = None


async def insert_order(
    connection: Connection, order: NewOrder, quantities: Mapping[int, int], *, now: datetime
) -> bool:
    """Store a draft; tell whether it is new, and the shop takes orders and may have what is wanted."""
    wanted = {"product_ids": list(quantities), "quantities": list(quantities.values())}
    return await run(connection, _SQL["insert_order"], now=now, **wanted, **asdict(order)) > 0


async def take_product(
    connection: Connection, order: NewOrder, product_id: int, quantity: int, *, now: datetime
) -> int | None:
    """Take pieces for an order; return what they cost, or None where there are not so many. [euro cents]."""
    facts = {"order_id": order.order_id, "shop_id": order.shop_id, "product_id": product_id, "quantity": quantity}
    return await one_integer(connection, _SQL["take_product"], {**facts, "now": now})


async def take_slot(connection: Connection, order: NewOrder, amount_eur_cent: int, *, earliest: datetime) -> bool:
    """Take a place in the slot of an order; tell whether there was one."""
    facts = {"shop_id": order.shop_id, "slot_id": order.slot_id, "earliest": earliest}
    return await run(connection, _SQL["take_slot"], amount_eur_cent=amount_eur_cent, **facts) > 0


async def fix_order(
    connection: Connection, order: NewOrder, amount_eur_cent: int, state: State, *, due_at: datetime, grace: timedelta
) -> None:
    """Say what a new order costs and what is due next."""
    facts = {"order_id": order.order_id, "amount_eur_cent": amount_eur_cent, "state": state}
    await run(connection, _SQL["fix_order"], due_at=due_at, grace=grace, **facts)


async def move_order(connection: Connection, shop_id: int, order_id: UUID, move: Move, *, now: datetime) -> bool:
    """Move an order of a shop one step; tell whether it was what it has to be."""
    step = {**asdict(move), "from_states": list(move.from_states)}
    return await run(connection, _SQL["move_order"], shop_id=shop_id, order_id=order_id, now=now, **step) > 0


async def note_transition(
    connection: Connection, order_id: UUID, to_state: State, *, actor: str, reason: str, now: datetime
) -> None:
    """Note what became of an order, and who did it."""
    facts = {"order_id": order_id, "to_state": to_state, "actor": actor, "reason": reason, "now": now}
    await run(connection, _SQL["note_transition"], **facts)


async def give_back(connection: Connection, order_id: UUID, *, now: datetime) -> None:
    """Give back what an order held, which this transaction has just moved out of a state that holds."""
    for line in await all_rows(connection, HeldLine, _SQL["held_lines"], {"order_id": order_id}):
        await run(connection, _SQL["give_back_product"], order_id=order_id, now=now, **asdict(line))
    await let_go(connection, order_id)
    await run(connection, _SQL["give_back_slot"], order_id=order_id)


async def let_go(connection: Connection, order_id: UUID) -> None:
    """Hold nothing of the stock for an order any more: it is gone."""
    await run(connection, _SQL["let_go"], order_id=order_id)


async def find_order(
    connection: Connection,
    *,
    order_id: UUID | None = None,
    shop_id: int | None = None,
    secret_sha256: bytes | None = None,
    key_sha256: bytes | None = None,
) -> Order | None:
    """Return the order for which all that is given is true, or None."""
    wanted = {"order_id": order_id, "shop_id": shop_id, "secret_sha256": secret_sha256, "key_sha256": key_sha256}
    return await one_row(connection, Order, _SQL["find_order"], wanted)


async def orders_of_shop(
    connection: Connection,
    shop_id: int,
    states: Sequence[State],
    *,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
) -> list[Order]:
    """Return a shop's orders in some states, the newest first."""
    last, last_id = before or ("infinity", _LAST_ID)
    wanted = {"shop_id": shop_id, "states": list(states), "limit": limit, "before": last, "before_id": last_id}
    return await all_rows(connection, Order, _SQL["orders_of_shop"], wanted)


async def lines_of(connection: Connection, order_ids: Sequence[UUID]) -> dict[UUID, list[Line]]:
    """Return what was ordered, by order."""
    found: dict[UUID, list[Line]] = {order_id: [] for order_id in order_ids}
    for line in await all_rows(connection, Line, _SQL["lines_of"], {"order_ids": list(order_ids)}):
        found[line.order_id].append(line)
    return found


async def transitions_of(connection: Connection, order_id: UUID) -> list[Transition]:
    """Return what became of an order, from its beginning."""
    return await all_rows(connection, Transition, _SQL["transitions_of"], {"order_id": order_id})


async def over(connection: Connection, *, shop_id: int | None, now: datetime, limit: int) -> list[Over]:
    """Return orders whose time is over, of one shop or of all."""
    return await all_rows(connection, Over, _SQL["over"], {"shop_id": shop_id, "now": now, "limit": limit})


async def try_code(
    connection: Connection, shop_id: int, order_id: UUID, *, most: int, closed_for: timedelta, now: datetime
) -> bool:
    """Count a pickup code that is about to be tried; tell whether it may be."""
    facts = {"shop_id": shop_id, "order_id": order_id, "most": most, "closed_for": closed_for}
    return await run(connection, _SQL["try_code"], now=now, **facts) > 0


async def take_payment_message(
    connection: Connection, shop_id: int, message_id: str, order_id: UUID, *, now: datetime
) -> bool:
    """Note that a provider said something; tell whether it is new."""
    facts = {"shop_id": shop_id, "message_id": message_id, "order_id": order_id}
    return await run(connection, _SQL["take_payment_message"], now=now, **facts) > 0


async def note_paid(connection: Connection, order_id: UUID, payment_id: str) -> bool:
    """Note that an order is paid; tell whether it was not before."""
    return await run(connection, _SQL["note_paid"], order_id=order_id, payment_id=payment_id) > 0


async def forget_customers(connection: Connection, *, before: datetime, now: datetime) -> int:
    """Forget who made orders that ended before a time; return how many."""
    async with translated_errors():
        return (await connection.execute(_SQL["forget_customers"], {"before": before, "now": now})).rowcount


async def figures(connection: Connection, shop_id: int, *, since: datetime, until: datetime) -> list[Figure]:
    """Count a shop's orders by day and state."""
    return await all_rows(connection, Figure, _SQL["figures"], {"shop_id": shop_id, "since": since, "until": until})
