"""Messages of publishers that wait to be published, and those that were given up."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("inbox")
#: How long messages that were given up are kept for people to look at.
KEPT_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message as it came; see the comments of ``catalogue.inbox``."""

    received_at: datetime
    dataset: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message that waits; see the comments of ``catalogue.inbox``."""

    inbox_id: int
    received_at: datetime
    dataset: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """Say how many messages wait for a dataset."""

    dataset: str
    messages: int


async def insert_messages(connection: Connection, messages: Sequence[NewMessage]) -> None:
    """Store messages, all or none."""
    async with translated_errors(), connection.transaction(), connection.cursor() as cursor:
        await cursor.executemany(_SQL["insert_message"], [asdict(one) for one in messages])


async def waiting_datasets(connection: Connection) -> list[Waiting]:
    """Return the names that messages wait for, of datasets and of none."""
    return await all_rows(connection, Waiting, _SQL["waiting_datasets"])


async def waiting_messages(connection: Connection, dataset: str, *, limit: int, after: int = 0) -> list[Message]:
    """Return messages for a dataset in the order received, and lock them until the transaction ends."""
    asked = {"dataset": dataset, "limit": limit, "after": after}
    return await all_rows(connection, Message, _SQL["waiting_messages"], asked)


async def delete_messages(connection: Connection, messages: Sequence[Message]) -> None:
    """Delete messages that were published."""
    async with translated_errors():
        await connection.execute(_SQL["delete_messages"], {"inbox_ids": [one.inbox_id for one in messages]})


async def refuse_message(connection: Connection, message: Message, *, code: str, reason: str, now: datetime) -> None:
    """Give up a message, and keep it."""
    facts = {"inbox_id": message.inbox_id, "code": code, "reason": reason, "now": now}
    async with translated_errors():
        await connection.execute(_SQL["refuse_message"], facts)


async def refuse_dataset(connection: Connection, dataset: str, *, code: str, reason: str, now: datetime) -> None:
    """Give up all messages that wait for a name, and keep them."""
    async with translated_errors():
        facts = {"dataset": dataset, "code": code, "reason": reason, "now": now}
        await connection.execute(_SQL["refuse_dataset"], facts)


async def forget_refused_messages(connection: Connection, *, now: datetime) -> None:
    """Delete messages that were given up long ago."""
    async with translated_errors():
        await connection.execute(_SQL["forget_refused_messages"], {"before": now - KEPT_FOR})
