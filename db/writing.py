"""The way in: one batch of values, refusals and counts, in one transaction that may be repeated without harm."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import errors
from psycopg.pq import TransactionStatus

from core.errors import InvariantError
from core.slots import SLOT_S
from db.columns import IntervalColumns, ReadingColumns
from db.connection import Connection, translated_errors
from db.deliveries import Claim, hold_shards
from db.merging import Counts, copy_rows, merge_rows
from db.preparing import Prepared, prepare
from db.statements import statements

_SQL: Final = statements("writing")
_ATTEMPTS: Final = 6
_PAUSE_S: Final = 0.05
_LONGEST_TEXT: Final = 1_000
_LONGEST_PAYLOAD: Final = 4_096


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say what was refused of one message, and why.

    Attributes
    ----------
    topic : str
        Topic it came on.
    content_type : str or None
        Its MQTT 5 content type.
    code : str
        Stable code of the reason.
    reason : str
        The reason as a sentence.
    refused_count : int
        Values refused, ``>= 1``; a message that cannot be read counts as one.
    payload : bytes
        The whole payload; its beginning is kept.
    """

    topic: str
    content_type: str | None
    code: str
    reason: str
    refused_count: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """What became of a batch; ``received = stored + duplicate + revised + refused``."""

    ingest_batch_id: int
    received: int
    stored: int
    duplicate: int
    revised: int
    refused: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """One batch, sorted, with all that is written beside its values."""

    worker: str
    message_count: int
    values: Prepared
    refusals: Sequence[Refusal]
    claim: Claim | None


async def write_batch(
    connection: Connection,
    *,
    worker: str,
    message_count: int,
    intervals: IntervalColumns,
    readings: ReadingColumns,
    refusals: Sequence[Refusal],
    known_at: datetime,
    claim: Claim | None = None,
) -> BatchCounts:
    """Write one batch and commit it: afterwards its messages may be acknowledged.

    Parameters
    ----------
    connection : Connection
        In the role `Role.INGEST`, outside any transaction.
    worker : str
        Who writes.
    message_count : int
        Messages that are acknowledged by it.
    intervals, readings : IntervalColumns, ReadingColumns
        Values in the order they were received; of the same key twice, the later one wins.
    refusals : sequence of Refusal
        What was refused.
    known_at : datetime
        When these values became known (aware UTC).
    claim : Claim, optional
        Shards that must still be the worker's when it commits.

    Returns
    -------
    BatchCounts
        Exact counts; those of a batch that had been written before are all `duplicate`.

    Raises
    ------
    RetryableError
        Nothing was written, or nobody knows whether it was: write the same batch again.
    ConflictError
        ``shard_taken``: nothing was written, and another worker will.

    Notes
    -----
    Rows are copied straight into the hypertables; a unique violation has the batch merged through a staging table
    instead, which costs about three times as much. A deadlock with another worker is tried again here.
    """
    return await write_prepared(
        connection,
        prepare(intervals, readings, known_at),
        worker=worker,
        message_count=message_count,
        refusals=refusals,
        claim=claim,
    )


async def write_prepared(
    connection: Connection,
    values: Prepared,
    *,
    worker: str,
    message_count: int,
    refusals: Sequence[Refusal],
    claim: Claim | None = None,
) -> BatchCounts:
    """Write one batch whose values are sorted and encoded already; all else as `write_batch`."""
    if connection.info.transaction_status is not TransactionStatus.IDLE:
        raise InvariantError("transaction_open", "A batch has to be committed by itself: the connection is in use.")
    batch = _Batch(worker, message_count, values, refusals, claim)
    direct = values.intervals.keys_are_unique and values.readings.keys_are_unique
    async with translated_errors():
        for attempt in range(1, _ATTEMPTS):
            try:
                return await _write(connection, batch, direct=direct)
            except errors.UniqueViolation:
                direct = False
            except (errors.DeadlockDetected, errors.SerializationFailure):
                direct = False
                await asyncio.sleep(_PAUSE_S * attempt * random.random())  # noqa: S311 - only to part two workers
        return await _write(connection, batch, direct=False)


async def _write(connection: Connection, batch: _Batch, *, direct: bool) -> BatchCounts:
    values = batch.values
    async with connection.transaction():
        if batch.claim is not None:
            await hold_shards(connection, batch.claim)
        if direct:
            counts = await copy_rows(connection, values.intervals, values.encoded_intervals)
            counts += await copy_rows(connection, values.readings, values.encoded_readings)
        else:
            counts = await merge_rows(connection, values.intervals, values.known_at)
            counts += await merge_rows(connection, values.readings, values.known_at)
        return await _record(connection, batch, counts)


async def _record(connection: Connection, batch: _Batch, counts: Counts) -> BatchCounts:
    refused = sum(refusal.refused_count for refusal in batch.refusals)
    facts = {
        "received": counts.stored + counts.duplicate + counts.revised + refused,
        "stored": counts.stored,
        "duplicate": counts.duplicate,
        "revised": counts.revised,
        "refused": refused,
    }
    names = {"worker": batch.worker, "message_count": batch.message_count}
    async with connection.pipeline():
        if batch.refusals:
            await connection.execute(_SQL["record_refusals"], _refusal_arrays(batch.refusals))
        if batch.values.touched["usage_point_id"] and counts.stored + counts.revised:
            # What was replaced may have been an hour long: its second half changes too.
            beyond_s = SLOT_S if counts.revised else 0
            await connection.execute(_SQL["mark_pending"], {**batch.values.touched, "beyond_s": beyond_s})
        cursor = await connection.execute(_SQL["record_batch"], {**names, **facts})
        row = await cursor.fetchone()
    if row is None:
        raise InvariantError("batch_not_recorded", "The database recorded a batch without giving it a key.")
    return BatchCounts(ingest_batch_id=row[0], **facts)


def _refusal_arrays(refusals: Sequence[Refusal]) -> dict[str, list[Any]]:
    return {
        "topic": [_storable(refusal.topic) for refusal in refusals],
        "content_type": [
            None if refusal.content_type is None else _storable(refusal.content_type) for refusal in refusals
        ],
        "code": [refusal.code for refusal in refusals],
        "reason": [_storable(refusal.reason) for refusal in refusals],
        "refused_count": [refusal.refused_count for refusal in refusals],
        "payload_bytes": [len(refusal.payload) for refusal in refusals],
        "payload": [refusal.payload[:_LONGEST_PAYLOAD] for refusal in refusals],
    }


def _storable(text: str) -> str:
    """Return the beginning of a text from outside, without what PostgreSQL cannot store."""
    return text[:_LONGEST_TEXT].replace("\0", "\ufffd").encode(errors="replace").decode()
