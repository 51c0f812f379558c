"""One ingest worker: owns its sessions, its database connections and every task."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

import structlog

from core.errors import ConflictError, PlatformError
from core.settings import Settings
from db.deliveries import Claim
from ingest.batch import Batch, Gatherer
from ingest.holdings import Holdings
from ingest.inbox import Inbox
from ingest.leases import Leases
from ingest.line import database_lines
from ingest.metrics import Metrics
from ingest.notifier import Notifier
from ingest.openadr.reports import Reports
from ingest.outbox import Outbox
from ingest.parcel import Parcel
from ingest.plain import warm_up
from ingest.publications import Publications
from ingest.quota import Quota
from ingest.registry import Judge
from ingest.sparkplug.hearing import Hearing
from ingest.stored import StoredWords
from ingest.sums import Sums
from ingest.vee import validator
from ingest.vee.validator import Validator
from ingest.writer import Writer, Written

_log = structlog.get_logger()

_DRAIN_LOOK_S: Final = 0.02
_OVERTAKEN_NOTE: Final = (
    "This worker starts anew; what it had in flight was not acknowledged and goes to the new owner."
)


class Worker:
    """Wire the parts of one worker; which shards it has is settled between all of them while they run.

    Parameters
    ----------
    settings : Settings
        What the operator set.
    database_url, mqtt_url : str
        Where the servers are.
    metrics : Metrics
        Counts of the process.
    """

    def __init__(self, settings: Settings, *, database_url: str, mqtt_url: str, metrics: Metrics) -> None:
        clock, self._metrics = settings.clock, metrics
        self._lines = lines = database_lines(database_url)
        self._inbox = Inbox(self._pause)
        self._holdings = Holdings(settings, mqtt_url, receive=self._receive, duties=self._perform_duties)
        self._judge = Judge(
            lines["registry"], clock, Hearing(self._holdings.ask_for_rebirth), Quota(settings.ingest_hourly_messages)
        )
        self._writer = Writer(lines["write"], self._inbox, metrics, clock, claim=self._claim, committed=self._committed)
        self._sums = Sums(lines["sums"], metrics, clock, is_pressed=self._writer.is_pressed)
        self._validator = Validator(
            lines["vee"],
            metrics.registry,
            clock,
            every_s=settings.vee_every_s,
            rest_s=settings.vee_rest_s,
            estimated=self._sums.note,
            limits_changed=self._judge.load,
            is_pressed=self._writer.is_pressed,
        )
        self._reports = Reports(lines["reports"], clock, every_s=settings.vee_every_s, stored=self._sums.note)
        self._gatherer = Gatherer(
            self._inbox,
            self._judge,
            rows=settings.ingest_batch_rows,
            linger_s=settings.ingest_linger_s,
            messages=max(1, settings.ingest_receive_maximum // 2),
        )
        self._leases = Leases(
            database_url,
            name=settings.ingest_worker,
            shards=settings.shards,
            begin=self._begin,
            end=self._end,
            facts=lambda: (metrics.outstanding, metrics.is_sound),
        )
        self._outbox = self._make_outbox(settings)
        self._notifier = Notifier(lines["openadr"], mqtt_url)
        self._publications = Publications(lines["publications"], mqtt_url, clock)
        self._words = StoredWords(lines["stored"], self._holdings.tell, lambda: self._judge.registry)
        self._messages_received = self._messages_done = 0

    def _make_outbox(self, settings: Settings) -> Outbox:
        return Outbox(
            self._lines["commands"],
            self._holdings.sessions,
            self._metrics,
            settings.clock,
            answer_s=settings.command_answer_s,
            attempts=settings.command_attempts,
            images_url=settings.images_url,
        )

    async def run(self, ready: Callable[[], None]) -> None:
        """Work until cancelled.

        Notes
        -----
        The sessions outlive everything else: a batch that is being written when the worker is stopped is still
        acknowledged. The leases end last, when nothing of ours can be committed any more.
        """
        # Before any shard is ours: compiling holds up everything else for seconds, and others would take us for dead.
        warm_up()
        validator.warm_up()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._leases.close)
            for line in self._lines.values():
                stack.push_async_callback(line.close)
            stack.push_async_callback(self._words.close)
            await self._judge.load()
            async with self._holdings, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._leases.run(), name="leases")
                tasks.create_task(self._gather(), name="gather")
                tasks.create_task(self._writer.run(), name="write")
                tasks.create_task(self._outbox.run(), name="commands")
                tasks.create_task(self._words.run(), name="stored")
                tasks.create_task(self._judge.watch(self._lines["quarantine"]), name="quarantine")
                tasks.create_task(self._announce(ready), name="ready")

    async def _gather(self) -> None:
        while True:
            batch = await self._gatherer.gather(self._writer.is_free, write_s=self._writer.write_s)
            self._metrics.receive(batch.value_count)
            await self._writer.hand_over(batch)

    async def _announce(self, ready: Callable[[], None]) -> None:
        await self._leases.has_looked.wait()
        await self._holdings.subscribed()
        _log.info("ingest_ready", worker=self._leases.worker, shards=sorted(self._leases.mine))
        ready()

    def _receive(self, messages: Parcel) -> None:
        self._messages_received += len(messages)
        self._inbox.put(messages)

    def _claim(self) -> Claim:
        return Claim(self._leases.worker, sorted(self._leases.mine))

    def _committed(self, batch: Batch, written: Written) -> None:
        counts = written.counts
        self._messages_done += batch.message_count
        settled = counts.stored + counts.duplicate + counts.revised + counts.refused
        self._metrics.check(received=batch.value_count + written.late_refused, settled=settled)
        self._sums.note(settled - counts.refused)
        self._words.note(batch.gateway_ids, batch.sequences)

    async def _begin(self, shard: int) -> None:
        self._holdings.begin(shard)
        self._metrics.shards.set(len(self._leases.mine))

    async def _end(self, shard: int) -> None:
        """Read no more of a shard, and end its session when all that it has brought is acknowledged."""
        self._holdings.still(shard)
        received = self._messages_received
        while self._messages_done < received:  # noqa: ASYNC110 - batches are committed in the order received
            await asyncio.sleep(_DRAIN_LOOK_S)
        await self._holdings.end(shard)
        self._metrics.shards.set(len(self._leases.mine) - 1)

    async def _perform_duties(self) -> None:
        async with asyncio.TaskGroup() as duties:
            duties.create_task(self._sums.run(), name="sums")
            duties.create_task(self._validator.run(), name="validate")
            duties.create_task(self._notifier.run(), name="openadr")
            duties.create_task(self._reports.run(), name="reports")
            duties.create_task(self._publications.run(), name="publications")

    def _pause(self, is_paused: bool) -> None:
        self._holdings.pause_all(paused=is_paused)


async def run(settings: Settings, *, database_url: str, mqtt_url: str, ready: Callable[[], None] | None = None) -> None:
    """Store what gateways publish and send them their commands, as one of any number of workers, until cancelled.

    Cancelling ends it within 5 s: the batch that is being written is finished and acknowledged first.

    Parameters
    ----------
    settings : Settings
        What the operator set.
    database_url : str
        Migrated database.
    mqtt_url : str
        Broker, ``mqtt://[user:password@]host:port``.
    ready : callable, optional
        Is called when every session of its shards is subscribed.

    Raises
    ------
    ConfigurationError
        When database or broker refuse us for good; what passes by itself is waited for.
    """
    while True:
        metrics = Metrics()
        worker = Worker(settings, database_url=database_url, mqtt_url=mqtt_url, metrics=metrics)
        try:
            with metrics.served(settings.ingest_metrics_port):
                await worker.run(ready or (lambda: None))
        except BaseExceptionGroup as group:
            error = _first(group)
            if not (isinstance(error, ConflictError) and error.code == "shard_taken"):
                raise error from group
            _log.warning("overtaken", reason=error.message, note=_OVERTAKEN_NOTE)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what went wrong: of several failures of tasks, one that says who must act."""
    leaves = [_first(error) if isinstance(error, BaseExceptionGroup) else error for error in group.exceptions]
    return next((error for error in leaves if isinstance(error, PlatformError)), leaves[0])
