"""Write, then acknowledge: never the other way round, and never half."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from core.clock import Clock
from db.connection import Connection
from db.deliveries import Claim
from db.writing import BatchCounts, Refusal, write_prepared
from ingest.batch import Batch
from ingest.contents import store_contents
from ingest.inbox import Inbox
from ingest.line import DatabaseLine
from ingest.load import Load
from ingest.metrics import Metrics

_log = structlog.get_logger()

#: How long a batch may take to finish when the process is asked to stop. [s]
_GRACE_S: Final = 3.5


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch; `late_refused` was found while storing, so is not among the values received before."""

    counts: BatchCounts
    late_refused: int


class Writer:
    """Write batches one after the other and acknowledge their messages.

    Parameters
    ----------
    line : DatabaseLine
        Connection that nobody else uses.
    inbox : Inbox
        Is told which messages are done with.
    metrics : Metrics
        Counts.
    clock : Clock
        Time at which values become known.
    claim : callable
        Returns the worker's name and the shards that it writes for.
    committed : callable
        Is called with each batch and what became of it after its commit.
    """

    def __init__(
        self,
        line: DatabaseLine,
        inbox: Inbox,
        metrics: Metrics,
        clock: Clock,
        *,
        claim: Callable[[], Claim],
        committed: Callable[[Batch, Written], None],
    ) -> None:
        self._line = line
        self._inbox = inbox
        self._metrics = metrics
        self._clock = clock
        self._claim = claim
        self._committed = committed
        self._next: asyncio.Queue[Batch] = asyncio.Queue(maxsize=1)
        self._is_writing = False
        self._load = Load()
        self.write_s = 0.0  # what writing the last batch took [s]

    def is_free(self) -> bool:
        """Tell whether a batch handed over now would be written at once."""
        return not self._is_writing and self._next.empty()

    def is_pressed(self) -> bool:
        """Tell whether writing takes so much of the time that what can wait should stand back."""
        return not self._next.empty() or self._load.is_high(asyncio.get_running_loop().time())

    async def hand_over(self, batch: Batch) -> None:
        """Prepare a batch, in a thread and beside the one that is being written, and queue it; wait for room."""
        await asyncio.to_thread(batch.prepare, self._clock.now())
        await self._next.put(batch)

    async def run(self) -> None:
        """Write batches until cancelled; the one that is being written then is finished first."""
        while True:
            batch = await self._next.get()
            self._is_writing = True
            await _finish(asyncio.create_task(self._write(batch)))
            self._is_writing = False

    async def _write(self, batch: Batch) -> None:
        began_s = asyncio.get_running_loop().time()
        with self._metrics.batch_s.time():
            written = await self._line.retry(lambda connection: self._store(connection, batch))
            batch.acknowledge()
        ended_s = asyncio.get_running_loop().time()
        self.write_s = ended_s - began_s
        self._load.note(began_s, ended_s)
        self._inbox.release(batch.parcels)
        counts = written.counts
        self._metrics.receive(written.late_refused)
        self._metrics.commit(
            messages=batch.message_count,
            stored=counts.stored,
            duplicate=counts.duplicate,
            revised=counts.revised,
            refused=counts.refused,
        )
        self._committed(batch, written)
        _log.debug("batch_written", messages=batch.message_count, received=counts.received, refused=counts.refused)

    async def _store(self, connection: Connection, batch: Batch) -> Written:
        values = batch.prepared
        assert values is not None  # noqa: S101 - `hand_over` prepares each; for the type checker
        late = await store_contents(connection, batch.contents, at=values.known_at)
        refusals: list[Refusal] = [*batch.refusals, *late]
        claim = self._claim()
        counts = await write_prepared(
            connection,
            values,
            worker=claim.worker,
            message_count=batch.message_count,
            refusals=refusals,
            claim=claim,
        )
        return Written(counts, sum(refusal.refused_count for refusal in late))


async def _finish(writing: asyncio.Task[None]) -> None:
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing], timeout=_GRACE_S)
        writing.cancel()  # does nothing to one that is done; else the broker will send its messages again
        await asyncio.wait([writing])
        raise
