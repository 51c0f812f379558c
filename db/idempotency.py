"""Requests that are answered once: the answer is kept under the caller's key, in the transaction of what it tells."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection, translated_errors
from db.rows import one_row
from db.statements import statements

_SQL: Final = statements("idempotency")
#: How long an answer is kept.
KEPT_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and to which request."""

    request_sha256: bytes
    answer: str


async def take_key(connection: Connection, organisation_id: int, key: str) -> bool:
    """Take a key for this transaction, unless another one has it now."""
    async with translated_errors():
        asked = {"organisation_id": organisation_id, "key": key}
        row = await (await connection.execute(_SQL["take_key"], asked)).fetchone()
    return row is not None and bool(row[0])


async def find_answer(connection: Connection, organisation_id: int, key: str, *, now: datetime) -> Answer | None:
    """Return what was answered under a key, or None where nothing was, or too long ago."""
    asked = {"organisation_id": organisation_id, "key": key, "after": now - KEPT_FOR}
    return await one_row(connection, Answer, _SQL["find_answer"], asked)


async def keep_answer(connection: Connection, organisation_id: int, key: str, answer: Answer, *, now: datetime) -> None:
    """Keep what is answered under a key."""
    facts = {
        "organisation_id": organisation_id,
        "key": key,
        "request_sha256": answer.request_sha256,
        "answer": answer.answer,
        "now": now,
    }
    async with translated_errors():
        await connection.execute(_SQL["keep_answer"], facts)


async def forget_answers(connection: Connection, *, now: datetime) -> int:
    """Forget answers that were kept long enough, of those acted for; return how many."""
    async with translated_errors():
        cursor = await connection.execute(_SQL["forget_answers"], {"before": now - KEPT_FOR})
    return cursor.rowcount
