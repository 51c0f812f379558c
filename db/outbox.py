"""What is to be told of orders, by e-mail or webhook: written with what it tells of, taken by one worker at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row, run
from db.statements import statements

_SQL: Final = statements("outbox")
Kind = Literal["email", "webhook", "provider"]
Status = Literal["pending", "sent", "dead"]
#: After every message, in the order of `messages_of`.
NEWEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class NewMessage:
    """Hold something to tell; webhooks go where the shop says when they are sent."""

    kind: Kind
    recipient: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Message:
    """Hold a message that is due, and where it goes."""

    outbox_id: int
    message_id: UUID
    kind: Kind
    recipient: str
    subject: str
    body: str
    made_at: datetime
    attempt_count: int
    url: str | None
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """Tell what became of a message; not what it says, nor to whom."""

    outbox_id: int
    message_id: UUID
    order_id: UUID | None
    kind: Kind
    subject: str
    status: Status
    made_at: datetime
    attempt_count: int
    answer: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Count messages that were not sent."""

    kind: Kind
    status: Status
    message_count: int
    oldest_at: datetime


async def put_messages(
    connection: Connection, shop_id: int, order_id: UUID | None, messages: Sequence[NewMessage], *, now: datetime
) -> None:
    """Write down what is to be told, in the caller's transaction."""
    if not messages:
        return
    columns = {
        "kinds": [one.kind for one in messages],
        "recipients": [one.recipient for one in messages],
        "subjects": [one.subject for one in messages],
        "bodies": [one.body for one in messages],
    }
    await run(connection, _SQL["put_messages"], shop_id=shop_id, order_id=order_id, now=now, **columns)


async def next_message(connection: Connection, kinds: Sequence[Kind], *, now: datetime) -> Message | None:
    """Return a message that is due and that nobody else has, and hold it until the transaction ends."""
    return await one_row(connection, Message, _SQL["next_message"], {"kinds": list(kinds), "now": now})


async def mark_sent(connection: Connection, outbox_id: int, answer: str, *, now: datetime) -> None:
    """Note that a message was taken; what it said, and to whom, is forgotten."""
    await run(connection, _SQL["mark_sent"], outbox_id=outbox_id, answer=answer, now=now)


async def mark_failed(
    connection: Connection, outbox_id: int, answer: str, *, due_from: datetime, is_last: bool, now: datetime
) -> None:
    """Note that a message was not taken: it is tried again later, or given up."""
    facts = {"outbox_id": outbox_id, "answer": answer, "due_from": due_from, "is_last": is_last, "now": now}
    await run(connection, _SQL["mark_failed"], **facts)


async def messages_of(
    connection: Connection, shop_id: int, *, status: Status | None, limit: int, before: int = NEWEST
) -> list[ListedMessage]:
    """Return what was told for a shop, the newest first."""
    wanted = {"shop_id": shop_id, "status": status, "limit": limit, "before": before}
    return await all_rows(connection, ListedMessage, _SQL["messages_of"], wanted)


async def send_again(connection: Connection, shop_id: int, *, now: datetime) -> int:
    """Queue again what was given up for a shop; return how many."""
    async with translated_errors():
        return (await connection.execute(_SQL["send_again"], {"shop_id": shop_id, "now": now})).rowcount


async def waiting(connection: Connection) -> list[Waiting]:
    """Count what was not sent, in all shops."""
    return await all_rows(connection, Waiting, _SQL["waiting"])


async def forget_messages(connection: Connection, *, before: datetime) -> int:
    """Remove messages of long ago, sent or not; return how many."""
    async with translated_errors():
        return (await connection.execute(_SQL["forget_messages"], {"before": before})).rowcount
