"""Notifications to callbacks, as operators see them and have them tried again."""

from collections.abc import Sequence
from typing import Literal

from core.clock import WALL_CLOCK
from db import audit, notifications
from db.connection import Role, connect
from db.notifications import ListedDelivery

Status = Literal["pending", "delivered", "failed"]


async def read_deliveries(database_url: str, status: Status | None, limit: int) -> list[ListedDelivery]:
    """Return the newest notifications, newest first."""
    async with await connect(database_url, Role.OWNER) as connection:
        return await notifications.deliveries(connection, status=status, limit=limit)


async def try_again(database_url: str, delivery_ids: Sequence[int] | None) -> int:
    """Have notifications that were given up tried again, these or all; return how many."""
    async with await connect(database_url, Role.OWNER) as connection:
        count = await notifications.retry_deliveries(connection, delivery_ids)
        if count:
            await audit.record(
                connection,
                at=WALL_CLOCK.now(),
                actor="operator",
                action="openadr_delivery.retried",
                subject="openadr_delivery",
                facts={"deliveries": "all" if delivery_ids is None else list(delivery_ids), "count": count},
            )
        return count
