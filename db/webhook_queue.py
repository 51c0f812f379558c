"""The queue of webhooks for who carries what is in it: changes become deliveries, deliveries are taken or given up."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from db.changes import RecordChange
from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row, run
from db.statements import statements

_SQL: Final = statements("webhook_queue")
_CHANGES: Final = statements("changes")
#: Held by the one process that fans out and delivers.
_LOCK: Final = 0x736F6D_656E6A6F
#: How long changes are kept for readers who come back, and deliveries for people to look at. [days]
CHANGE_DAYS, _DELIVERED_DAYS, _FAILED_DAYS = 7, 7, 30


@dataclass(frozen=True, slots=True)
class Listener:
    """A webhook that wants to be told of a dataset."""

    webhook_id: int
    organisation_id: int
    dataset_id: int
    dataset: str
    events: list[str]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """Something to tell a webhook; `body` is JSON, as it will be sent."""

    webhook_id: int
    dataset_id: int
    number: int
    body: str


@dataclass(frozen=True, slots=True)
class DueWebhook:
    """A webhook that may be called now and for which something waits."""

    webhook_id: int
    organisation_id: int
    failure_count: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The first delivery in the queue of a webhook.

    Attributes
    ----------
    age_s : float
        How long it has been tried. [s]
    is_wanted : bool
        Whether the webhook's organisation may read the dataset still, and the webhook names it.
    secret : bytes
        Signs.
    secret_before : bytes or None
        Signs as well, for a while.
    """

    webhook_delivery_id: int
    url: str
    body: str
    attempt_count: int
    age_s: float
    failure_count: int
    is_wanted: bool
    secret: bytes
    secret_before: bytes | None


async def lock_telling(connection: Connection) -> bool:
    """Become the one process that tells webhooks, for as long as the connection lives; tell whether we are."""
    async with translated_errors():
        row = await (await connection.execute(_SQL["lock_telling"], {"lock": _LOCK})).fetchone()
    return row is not None and bool(row[0])


async def waiting_changes(connection: Connection, *, limit: int) -> list[RecordChange]:
    """Return changes that are not fanned out yet, and hold them until the transaction ends."""
    return await all_rows(connection, RecordChange, _CHANGES["waiting_changes"], {"limit": limit})


async def listeners_of(connection: Connection, dataset_ids: Sequence[int]) -> list[Listener]:
    """Return the webhooks that want to be told of datasets; whether they may is not looked at here."""
    return await all_rows(connection, Listener, _SQL["listeners_of"], {"dataset_ids": list(dataset_ids)})


async def put_deliveries(
    connection: Connection, changes: Sequence[RecordChange], deliveries: Sequence[NewDelivery]
) -> None:
    """Queue what is to be told of changes, and note that they are told; committed by the caller, or nothing is."""
    rows = [asdict(one) for one in deliveries]
    columns = {f"{name}s": [row[name] for row in rows] for name in ("webhook_id", "dataset_id", "number")}
    async with translated_errors():
        if rows:
            await connection.execute(_SQL["put_deliveries"], {**columns, "bodies": [row["body"] for row in rows]})
        told = {"dataset_ids": [one.dataset_id for one in changes], "numbers": [one.number for one in changes]}
        await connection.execute(_CHANGES["mark_told"], told)


async def due_webhooks(
    connection: Connection, *, busy: Sequence[int], per_organisation: int, limit: int
) -> list[DueWebhook]:
    """Return webhooks that are not `busy`, may be called and have something waiting; those that work come first."""
    wanted = {"busy": list(busy), "per_organisation": per_organisation, "limit": limit}
    return await all_rows(connection, DueWebhook, _SQL["due_webhooks"], wanted)


async def next_delivery(connection: Connection, webhook_id: int) -> Delivery | None:
    """Return what a webhook is to be told next."""
    return await one_row(connection, Delivery, _SQL["next_delivery"], {"webhook_id": webhook_id})


async def mark_delivered(connection: Connection, delivery_id: int, answer: str) -> None:
    """Note that a webhook has taken a delivery, and that it works."""
    await run(connection, _SQL["mark_delivered"], delivery_id=delivery_id, answer=answer)


async def mark_failed(
    connection: Connection,
    delivery_id: int,
    answer: str,
    *,
    wait_s: float,
    is_last: bool,
    is_gone: bool,
    disable_s: float,
) -> None:
    """Note that a webhook has not taken a delivery, and disable it where it is gone or has failed for too long.

    Parameters
    ----------
    connection : Connection
        In the role `Role.ENJOY_ACCOUNT`.
    delivery_id : int
        What it did not take.
    answer : str
        What came instead.
    wait_s : float
        How long it is left alone. [s]
    is_last : bool
        Whether this delivery is given up.
    is_gone : bool
        Whether it said that it will never come back.
    disable_s : float
        For how long it may fail. [s]
    """
    facts = {"answer": answer, "wait_s": wait_s, "is_last": is_last, "is_gone": is_gone, "disable_s": disable_s}
    await run(connection, _SQL["mark_failed"], delivery_id=delivery_id, **facts)
    await run(connection, _SQL["drop_disabled"], delivery_id=delivery_id, answer="Given up: the webhook is disabled.")


async def give_up(connection: Connection, delivery_id: int, *, give_up_s: float) -> None:
    """Give up everything that has waited too long in the queue of a delivery. [s]."""
    answer = "Given up: those before it could not be delivered for too long."
    await run(connection, _SQL["give_up"], delivery_id=delivery_id, give_up_s=give_up_s, answer=answer)


async def withdraw_delivery(connection: Connection, delivery_id: int, answer: str) -> None:
    """Give up a delivery that is no longer wanted, without a word against its webhook; what it says is forgotten."""
    await run(connection, _SQL["withdraw_delivery"], delivery_id=delivery_id, answer=answer)


async def forget_old(connection: Connection) -> None:
    """Remove changes and deliveries of long ago."""
    await run(connection, _SQL["forget_deliveries"], delivered_days=_DELIVERED_DAYS, failed_days=_FAILED_DAYS)
    async with translated_errors():
        await connection.execute(_CHANGES["forget_changes"], {"days": CHANGE_DAYS})
