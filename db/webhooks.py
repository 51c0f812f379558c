"""Webhooks of organisations: where they are, what they are told, and what became of it, for those whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from db.connection import Connection
from db.rows import all_rows, one_integer, one_row, run, stored
from db.statements import statements

_SQL: Final = statements("webhooks")
Status = Literal["pending", "delivered", "failed"]
#: After every delivery, in the order of `deliveries_of`.
NEWEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Webhook:
    """Describe a webhook; see the comments of ``catalogue.webhook``. Its secret is shown once."""

    webhook_id: int
    url: str
    datasets: list[str]
    events: list[str]
    created_at: datetime
    before_until: datetime | None
    failure_count: int
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None
    pending_count: int


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """Tell what became of a delivery; see the comments of ``catalogue.webhook_delivery``."""

    webhook_delivery_id: int
    dataset: str
    number: int
    status: Status
    made_at: datetime
    attempt_count: int
    answer: str | None
    ended_at: datetime | None
    body: str


async def insert_webhook(
    connection: Connection,
    organisation_id: int,
    *,
    url: str,
    datasets: Sequence[str],
    events: Sequence[str],
    secret: bytes,
) -> int:
    """Store a webhook and return its key."""
    facts = {
        "organisation_id": organisation_id,
        "url": url,
        "datasets": list(datasets),
        "events": list(events),
        "secret": secret,
    }
    return stored(await one_integer(connection, _SQL["insert_webhook"], facts))


async def list_webhooks(connection: Connection) -> list[Webhook]:
    """Return the webhooks of whom the transaction acts for, the oldest first."""
    return await all_rows(connection, Webhook, _SQL["list_webhooks"], {"webhook_id": None})


async def find_webhook(connection: Connection, webhook_id: int) -> Webhook | None:
    """Return a webhook of whom the transaction acts for, or None."""
    return await one_row(connection, Webhook, _SQL["list_webhooks"], {"webhook_id": webhook_id})


async def change_webhook(
    connection: Connection, webhook_id: int, *, url: str, datasets: Sequence[str], events: Sequence[str]
) -> None:
    """Say anew where a webhook is and what it is told; it is called again, should it have been disabled."""
    facts = {"url": url, "datasets": list(datasets), "events": list(events)}
    await run(connection, _SQL["change_webhook"], webhook_id=webhook_id, **facts)


async def rotate_secret(connection: Connection, webhook_id: int, secret: bytes, *, overlap: timedelta) -> None:
    """Give a webhook another secret; for a while the one before signs as well."""
    await run(connection, _SQL["rotate_secret"], webhook_id=webhook_id, secret=secret, overlap=overlap)


async def delete_webhook(connection: Connection, webhook_id: int) -> None:
    """Delete a webhook; what waits for it is given up."""
    await run(connection, _SQL["delete_webhook"], webhook_id=webhook_id)
    await run(connection, _SQL["drop_queue"], webhook_id=webhook_id, answer="Given up: the webhook was deleted.")


async def deliveries_of(
    connection: Connection, webhook_id: int, *, status: Status | None, limit: int, before: int = NEWEST
) -> list[ListedDelivery]:
    """Return what a webhook was told, the newest first."""
    wanted = {"webhook_id": webhook_id, "status": status, "limit": limit, "before": before}
    return await all_rows(connection, ListedDelivery, _SQL["deliveries_of"], wanted)


async def deliver_again(connection: Connection, webhook_id: int, delivery_id: int | None) -> int:
    """Queue again what was given up, one or all of a webhook; return how many."""
    wanted = {"webhook_id": webhook_id, "delivery_id": delivery_id}
    return await one_integer(connection, _SQL["deliver_again"], wanted) or 0
