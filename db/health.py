"""Reads that show how ingest is doing: counts that add up, the last batch, what was refused and why."""

from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("health")

#: Above every refused_message_id.
NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """Hold what all workers have committed: ``received = stored + duplicate + revised + refused``."""

    batch_count: int
    message_count: int
    received: int
    stored: int
    duplicate: int
    revised: int
    refused: int
    received_last_minute: int
    messages_last_minute: int


@dataclass(frozen=True, slots=True)
class IngestBatch:
    """Hold one committed transaction of ingest."""

    ingest_batch_id: int
    worker: str
    committed_at: datetime
    message_count: int
    received: int
    stored: int
    duplicate: int
    revised: int
    refused: int


@dataclass(frozen=True, slots=True)
class RefusedCount:
    """Count what was refused with one code: messages, and values within them."""

    code: str
    message_count: int
    refused_count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """Hold one refusal and the start of the payload that caused it."""

    refused_message_id: int
    received_at: datetime
    topic: str
    content_type: str | None
    code: str
    reason: str
    refused_count: int
    payload_bytes: int
    payload: bytes


async def ingest_counts(connection: Connection) -> IngestCounts:
    """Return the sums over all batches, and of the last 60 seconds by the server's clock."""
    counts = await one_row(connection, IngestCounts, _SQL["ingest_counts"])
    return counts or IngestCounts(0, 0, 0, 0, 0, 0, 0, 0, 0)


async def last_batch(connection: Connection) -> IngestBatch | None:
    """Return the newest batch, or None before the first."""
    return await one_row(connection, IngestBatch, _SQL["last_batch"])


async def refused_by_code(connection: Connection) -> list[RefusedCount]:
    """Return what was refused, by code."""
    return await all_rows(connection, RefusedCount, _SQL["refused_by_code"])


async def refused_messages(
    connection: Connection, *, limit: int, payload_limit: int, code: str | None = None, before: int = NEWEST
) -> list[RefusedMessage]:
    """Return up to `limit` refusals older than `before`, newest first, with up to `payload_limit` bytes of each."""
    parameters = {"limit": limit, "payload_limit": payload_limit, "code": code, "before": before}
    return await all_rows(connection, RefusedMessage, _SQL["refused_messages"], parameters)
