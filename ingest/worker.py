"""One ingest worker: owns its sessions, its database connections and every task."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

import structlog

from core.broker_address import BrokerAddress
from core.errors import PlatformError
from core.settings import Settings
from ingest.arrangement import arrange, shard_client_id
from ingest.batch import Gatherer
from ingest.decode import warm_up
from ingest.inbox import Inbox
from ingest.line import database_lines
from ingest.metrics import Metrics
from ingest.outage import Outage
from ingest.outbox import Outbox
from ingest.registry import Judge
from ingest.session import Session
from ingest.sparkplug.hearing import Hearing
from ingest.sparkplug.session import CLIENT_ID as SPARKPLUG
from ingest.sparkplug.session import HostSession
from ingest.sums import Sums
from ingest.vee.validator import Validator
from ingest.writer import Writer

_log = structlog.get_logger()

_BROKER_NOTE: Final = "Ingest goes on trying; what gateways deliver to the broker meanwhile waits there."


class Worker:
    """Wire the parts of one worker that has every shard.

    Parameters
    ----------
    settings : Settings
        What the operator set.
    database_url, mqtt_url : str
        Where the servers are.
    """

    def __init__(self, settings: Settings, *, database_url: str, mqtt_url: str) -> None:
        clock, self.metrics = settings.clock, Metrics()
        self._lines = lines = database_lines(database_url)
        self._inbox = Inbox(self._pause)
        self._judge = Judge(lines["registry"], clock, Hearing(self._ask_for_rebirth))
        self._sums = Sums(lines["sums"], self.metrics, clock, flood_rows=settings.ingest_batch_rows)
        self._writer = Writer(
            lines["write"],
            self._inbox,
            self.metrics,
            clock,
            worker=settings.ingest_worker,
            committed=self._sums.note,
        )
        self._validator = Validator(
            lines["vee"],
            self.metrics.registry,
            clock,
            every_s=settings.vee_every_s,
            rest_s=settings.vee_rest_s,
            estimated=self._sums.note,
            limits_changed=self._judge.load,
        )
        self._gatherer = Gatherer(
            self._inbox, self._judge, rows=settings.ingest_batch_rows, linger_s=settings.ingest_linger_s
        )
        address = BrokerAddress.parse(mqtt_url)
        outage = Outage("broker", address=f"{address.host}:{address.port}", note=_BROKER_NOTE)
        self._sessions: dict[str, Session] = {
            subscription.client_id: Session(
                address,
                subscription,
                receive_maximum=settings.ingest_receive_maximum,
                receive=self._inbox.put,
                outage=outage,
                clock=clock,
            )
            for subscription in arrange(range(settings.shards), strays=settings.ingest_strays)
        }
        self._host: HostSession | None = None
        if settings.sparkplug_group:
            self._host = self._sessions[SPARKPLUG] = HostSession(
                address,
                group=settings.sparkplug_group,
                host=settings.sparkplug_host,
                receive_maximum=settings.ingest_receive_maximum,
                receive=self._inbox.put,
                outage=outage,
            )
        by_shard = {shard: self._sessions[shard_client_id(shard)] for shard in range(settings.shards)}
        self._outbox = Outbox(
            lines["commands"],
            by_shard,
            self.metrics,
            clock,
            answer_s=settings.command_answer_s,
            attempts=settings.command_attempts,
        )

    async def run(self, ready: Callable[[], None]) -> None:
        """Work until cancelled.

        Notes
        -----
        The sessions outlive everything else: a batch that is being written when the worker is stopped is still
        acknowledged.
        """
        warm_up()
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as sessions:
            for line in self._lines.values():
                stack.push_async_callback(line.close)
            await self._judge.load()
            for client_id, session in self._sessions.items():
                sessions.create_task(session.run(), name=client_id)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._gather(), name="gather")
                tasks.create_task(self._writer.run(), name="write")
                tasks.create_task(self._sums.run(), name="sums")
                tasks.create_task(self._validator.run(), name="validate")
                tasks.create_task(self._outbox.run(), name="commands")
                tasks.create_task(self._announce(ready), name="ready")

    async def _gather(self) -> None:
        while True:
            batch = await self._gatherer.gather(self._writer.is_free)
            self.metrics.receive(batch.value_count)
            await self._writer.hand_over(batch)

    async def _announce(self, ready: Callable[[], None]) -> None:
        for session in self._sessions.values():
            await session.is_subscribed.wait()
        _log.info("ingest_ready", sessions=len(self._sessions))
        ready()

    def _ask_for_rebirth(self, node: str) -> None:
        if self._host is not None:
            self._host.ask_for_rebirth(node)

    def _pause(self, is_paused: bool) -> None:
        for session in self._sessions.values():
            session.pause(paused=is_paused)


async def run(settings: Settings, *, database_url: str, mqtt_url: str, ready: Callable[[], None] | None = None) -> None:
    """Store what gateways publish and send them their commands, until cancelled.

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
        Is called once when every session is subscribed.

    Raises
    ------
    ConfigurationError
        When database or broker refuse us for good; what passes by itself is waited for.
    """
    worker = Worker(settings, database_url=database_url, mqtt_url=mqtt_url)
    try:
        with worker.metrics.served(settings.ingest_metrics_port):
            await worker.run(ready or (lambda: None))
    except BaseExceptionGroup as group:
        raise _first(group) from group


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what went wrong: of several failures of tasks, one that says who must act."""
    leaves = [_first(error) if isinstance(error, BaseExceptionGroup) else error for error in group.exceptions]
    return next((error for error in leaves if isinstance(error, PlatformError)), leaves[0])
