"""Notifications of OpenADR: changes that wait to be told, to whom, and what became of each telling."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row, run
from db.statements import statements

_SQL: Final = statements("notifications")
#: Held by the one process that fans out and delivers.
_LOCK: Final = 0x736F6D_6F616472
#: How long what has been told is kept for people to look at. [days]
_CHANGE_DAYS, _DELIVERY_DAYS, _PUBLICATION_DAYS = 30, 30, 2


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was created, updated or deleted; `object` is as business logic sees it."""

    openadr_change_id: int
    operation: str
    object_type: str
    object_id: str
    object: Any
    client_id: str | None
    ven_id: str | None
    program_id: str | None
    targets: list[str]
    program_targets: list[str]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a client that is not revoked; `granted` are the targets of its VEN and resources."""

    subscription_id: str
    client_id: str
    role: str
    program_id: str | None
    targets: list[str]
    object_operations: Any
    granted: list[str]


@dataclass(frozen=True, slots=True)
class Ven:
    """A VEN whose client is not revoked; `granted` are the targets of it and its resources."""

    ven_id: str
    client_id: str
    granted: list[str]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A notification to put into the queue of a callback; JSON, as it will be sent."""

    subscription_id: str
    callback_url: str
    openadr_change_id: int
    notification: str


@dataclass(frozen=True, slots=True)
class NewPublication:
    """A notification to put into the queue of the broker; JSON, as it will be published."""

    topic: str
    notification: str


@dataclass(frozen=True, slots=True)
class DueCallback:
    """A callback that may be called now and for which something waits."""

    openadr_callback_id: int
    client_id: str
    failure_count: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The first notification in the queue of a callback.

    Attributes
    ----------
    age_s : float
        How long it has been tried. [s]
    failure_count : int
        Attempts of the callback that failed since the last that did not.
    is_wanted : bool
        Whether the subscription still names the callback, and its client is not revoked.
    bearer_token : str or None
        What the subscription says now.
    """

    openadr_delivery_id: int
    callback_url: str
    notification: str
    attempt_count: int
    age_s: float
    failure_count: int
    is_wanted: bool
    bearer_token: str | None


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """A notification to a callback, for people."""

    openadr_delivery_id: int
    status: Literal["pending", "delivered", "failed"]
    client_id: str
    subscription_id: str
    callback_url: str
    object_type: str
    operation: str
    object_id: str
    made_at: datetime
    attempt_count: int
    answer: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Publication:
    """A notification that the broker has not taken yet."""

    openadr_publication_id: int
    topic: str
    notification: str


async def waiting_changes(connection: Connection, *, limit: int) -> list[Change]:
    """Return changes that nobody was told of, in their order, and lock them until the transaction ends."""
    return await all_rows(connection, Change, _SQL["waiting_changes"], {"row_limit": limit})


async def subscriptions(connection: Connection) -> list[Subscription]:
    """Return all subscriptions."""
    return await all_rows(connection, Subscription, _SQL["subscriptions"])


async def vens(connection: Connection) -> list[Ven]:
    """Return all VENs."""
    return await all_rows(connection, Ven, _SQL["vens"])


async def put_notifications(
    connection: Connection,
    changes: Sequence[Change],
    deliveries: Sequence[NewDelivery],
    publications: Sequence[NewPublication],
) -> None:
    """Queue what is to be told of changes, and note that they are told; committed by the caller, or nothing is."""
    await run(
        connection,
        _SQL["put_deliveries"],
        subscription_ids=[delivery.subscription_id for delivery in deliveries],
        callback_urls=[delivery.callback_url for delivery in deliveries],
        change_ids=[delivery.openadr_change_id for delivery in deliveries],
        notifications=[delivery.notification for delivery in deliveries],
    )
    await run(
        connection,
        _SQL["put_publications"],
        topics=[publication.topic for publication in publications],
        notifications=[publication.notification for publication in publications],
    )
    await run(connection, _SQL["mark_fanned_out"], change_ids=[change.openadr_change_id for change in changes])


async def lock_notifying(connection: Connection) -> bool:
    """Become the one process that fans out and delivers, for as long as the connection lives; tell whether we are."""
    async with translated_errors():
        row = await (await connection.execute(_SQL["lock_notifying"], {"lock": _LOCK})).fetchone()
    return row is not None and bool(row[0])


async def due_callbacks(
    connection: Connection, *, busy: Sequence[int], per_client: int, limit: int
) -> list[DueCallback]:
    """Return callbacks that are not `busy`, may be called and have something waiting.

    Parameters
    ----------
    connection : Connection
        In the role `Role.COMPUTE`.
    busy : sequence of int
        Keys of those that are being called.
    per_client : int
        Most of one client.
    limit : int
        Most in all; those that work come first.
    """
    parameters = {"busy": list(busy), "per_client": per_client, "row_limit": limit}
    return await all_rows(connection, DueCallback, _SQL["due_callbacks"], parameters)


async def next_delivery(connection: Connection, callback_id: int) -> Delivery | None:
    """Return what a callback is to be told next."""
    return await one_row(connection, Delivery, _SQL["next_delivery"], {"callback_id": callback_id})


async def mark_delivered(connection: Connection, delivery: Delivery, answer: str) -> None:
    """Note that a callback has taken a notification, and that it works."""
    await run(connection, _SQL["mark_delivered"], delivery_id=delivery.openadr_delivery_id, answer=answer)


async def mark_attempt_failed(
    connection: Connection, delivery: Delivery, answer: str, *, wait_s: float, is_last: bool
) -> None:
    """Note that a callback has not taken a notification: it is left alone for a while, or that one is given up.

    Parameters
    ----------
    connection : Connection
        In the role `Role.COMPUTE`.
    delivery : Delivery
        What it did not take.
    answer : str
        What came instead.
    wait_s : float
        How long the callback is left alone. [s]
    is_last : bool
        Whether this notification is given up.
    """
    facts = {"answer": answer, "wait_s": wait_s, "is_last": is_last}
    await run(connection, _SQL["mark_attempt_failed"], delivery_id=delivery.openadr_delivery_id, **facts)


async def give_up(connection: Connection, delivery: Delivery, *, give_up_s: float) -> None:
    """Give up everything that has waited too long in the queue of a delivery. [s]."""
    answer = "Given up: those before it could not be delivered for too long."
    await run(connection, _SQL["give_up"], delivery_id=delivery.openadr_delivery_id, give_up_s=give_up_s, answer=answer)


async def withdraw_delivery(connection: Connection, delivery: Delivery, answer: str) -> None:
    """Give up a notification that is no longer wanted, without a word against its callback."""
    await run(connection, _SQL["withdraw_delivery"], delivery_id=delivery.openadr_delivery_id, answer=answer)


async def deliveries(
    connection: Connection, *, status: Literal["pending", "delivered", "failed"] | None, limit: int
) -> list[ListedDelivery]:
    """Return the newest notifications to callbacks, newest first, of one status or of all."""
    return await all_rows(connection, ListedDelivery, _SQL["deliveries"], {"status": status, "row_limit": limit})


async def retry_deliveries(connection: Connection, delivery_ids: Sequence[int] | None) -> int:
    """Queue again what was given up, these or all; return how many. Committed by the caller."""
    chosen = None if delivery_ids is None else list(delivery_ids)
    return await one_integer(connection, _SQL["retry_deliveries"], {"delivery_ids": chosen}) or 0


async def forget_old(connection: Connection) -> None:
    """Remove what was told, or given up, long ago."""
    await run(connection, _SQL["forget_changes"], days=_CHANGE_DAYS)
    await run(connection, _SQL["forget_deliveries"], days=_DELIVERY_DAYS)
    await run(connection, _SQL["forget_publications"], days=_PUBLICATION_DAYS)


async def due_publications(connection: Connection, *, limit: int) -> list[Publication]:
    """Return what the broker has not taken yet, in order."""
    return await all_rows(connection, Publication, _SQL["due_publications"], {"row_limit": limit})


async def mark_published(connection: Connection, publication_ids: Sequence[int]) -> None:
    """Note that the broker has taken notifications."""
    await run(connection, _SQL["mark_published"], publication_ids=list(publication_ids))


async def listen_for_news(connection: Connection) -> None:
    """Ask to be told of changes from now on; the connection must be in autocommit mode."""
    async with translated_errors():
        await connection.execute("LISTEN somel")


async def wait_for_news(connection: Connection, tables: Sequence[str], *, within_s: float) -> bool:
    """Wait until one of some tables has changed, or the time is up; tell which. [s]."""
    async with translated_errors(), aclosing(connection.notifies(timeout=within_s)) as notices:
        async for notice in notices:
            if notice.payload.partition("/")[0] in tables:  # some say which row, too
                return True
    return False
