"""The life of an order: from which state which step may be taken, by whom, and what it gives back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.clock import WALL_CLOCK, Clock
from core.errors import ConflictError
from db import orders as store
from db.connection import Connection, Role
from db.orders import Move, Order, State
from db.shops import Shop, find_shop
from enjoy.acting import Connect
from enjoy.shops.ordering import found
from enjoy.shops.telling import tell

#: Orders that did not come about: what they held is there for others again.
GIVEN_BACK: Final = frozenset({"refused", "cancelled", "expired"})
#: Of these, stock is gone: handed out, or waited for in vain.
GONE: Final = frozenset({"collected", "no_show"})
ENDED: Final = GIVEN_BACK | GONE
OPEN: Final[tuple[State, ...]] = ("draft", "placed", "accepted", "ready")
PROCESS: Final = "process/enjoy"
_AT_ONCE: Final = 200
#: How long after the end of an order its customer is forgotten.
_FORGOTTEN_AFTER: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Step:
    """Say what somebody does to an order, and from which states."""

    to_state: State
    from_states: tuple[State, ...]


ACCEPT: Final = Step("accepted", ("placed",))
REFUSE: Final = Step("refused", ("placed", "accepted"))
READY: Final = Step("ready", ("accepted",))
COLLECT: Final = Step("collected", ("ready",))
PAID: Final = Step("placed", ("draft",))
_CANCEL: Final[dict[str, Step]] = {
    "accepted": Step("cancelled", ("draft", "placed")),
    "ready": Step("cancelled", ("draft", "placed", "accepted")),
}
#: What becomes of an order whose time is over, by what it was.
_OVER: Final[dict[State, Step]] = {
    "draft": Step("expired", ("draft",)),
    "placed": Step("expired", ("placed",)),
    "accepted": Step("expired", ("accepted",)),
    "ready": Step("no_show", ("ready",)),
}
_WHY_OVER: Final[dict[State, str]] = {
    "draft": "unpaid",
    "placed": "not_accepted",
    "accepted": "not_ready",
    "ready": "not_collected",
}


def cancelling(shop: Shop) -> Step:
    """Return how customers of a shop cancel."""
    return _CANCEL[shop.cancel_until]


async def take(
    connection: Connection,
    shop: Shop,
    order_id: UUID,
    step: Step,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> Order:
    """Take a step with an order, which somebody wants.

    Parameters
    ----------
    connection : Connection
        In the role `Role.ENJOY_SHOP`; on an error nothing may be committed.
    shop : Shop
        Whose order it is.
    order_id : UUID
        Which.
    step : Step
        What is done.
    actor : str
        Who does it.
    now : datetime
        Time.
    reason : str, default ""
        Why, for the other side.

    Raises
    ------
    NotFoundError
        ``order_unknown``: the shop has no such order.
    ConflictError
        ``order_not_so``: it is in another state, or its time is over.
    """
    due_at = now + timedelta(minutes=shop.accept_within_min) if step is PAID else None
    move = Move(step.to_state, step.from_states, open_at=now, due_at=due_at)
    if not await store.move_order(connection, shop.shop_id, order_id, move, now=now):
        order = await found(connection, order_id=order_id, shop_id=shop.shop_id)
        message = f"The order is {order.state}, and cannot become {step.to_state}."
        raise ConflictError("order_not_so", message, state=order.state)
    return await _follow_up(connection, shop, order_id, step, actor=actor, reason=reason, now=now)


async def end_if_over(connection: Connection, shop: Shop, order: Order, *, now: datetime) -> Order:
    """Let an order expire whose time is over, and return it as it is."""
    step = _OVER.get(order.state)
    if step is None or not await _end(connection, shop, order.order_id, order.state, now=now):
        return order
    return await found(connection, order_id=order.order_id)


async def end_what_is_over(lend: Connect, _clock: Clock, *, wall: Clock = WALL_CLOCK) -> int:
    """Let all orders expire whose time is over, each by itself; return how many did."""
    count, now = 0, wall.now()
    async with lend(Role.ENJOY_SHOP) as connection:
        waiting = await store.over(connection, shop_id=None, now=now, limit=_AT_ONCE)
    for one in waiting:
        async with lend(Role.ENJOY_SHOP) as connection:
            shop = await find_shop(connection, shop_id=one.shop_id)
            if shop is not None:
                count += await _end(connection, shop, one.order_id, one.state, now=now)
    return count


async def forget_customers(lend: Connect, _clock: Clock, *, wall: Clock = WALL_CLOCK) -> int:
    """Forget who made orders that ended a while ago; return how many."""
    now = wall.now()
    async with lend(Role.ENJOY_SHOP) as connection:
        return await store.forget_customers(connection, before=now - _FORGOTTEN_AFTER, now=now)


async def _end(connection: Connection, shop: Shop, order_id: UUID, state: State, *, now: datetime) -> bool:
    step = _OVER[state]
    move = Move(step.to_state, step.from_states, over_at=now)
    if not await store.move_order(connection, shop.shop_id, order_id, move, now=now):
        return False  # somebody was faster
    await _follow_up(connection, shop, order_id, step, actor=PROCESS, reason=_WHY_OVER[state], now=now)
    return True


async def _follow_up(
    connection: Connection, shop: Shop, order_id: UUID, step: Step, *, actor: str, reason: str, now: datetime
) -> Order:
    """Do in the same transaction what follows from a step: note it, give back, tell."""
    await store.note_transition(connection, order_id, step.to_state, actor=actor, reason=reason, now=now)
    if step.to_state in GIVEN_BACK:
        await store.give_back(connection, order_id, now=now)
    elif step.to_state in GONE:
        await store.let_go(connection, order_id)
    order = await found(connection, order_id=order_id, shop_id=shop.shop_id)
    await tell(connection, shop, order, reason=reason, now=now)
    return order
