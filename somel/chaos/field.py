"""The gateways' side of the storm, in a thread of its own, and the proxy that all connections go through."""

import asyncio
import random
import threading
import time
from collections.abc import Callable
from typing import Final

from core.broker_address import BrokerAddress
from core.errors import InvariantError
from core.identifiers import Topic, shard_of
from core.tasks import cancel
from simulators.counts import Counts
from simulators.keeping import first_numbers
from simulators.messages import CBOR
from simulators.session import GatewaySession
from somel.chaos.proxy import Proxy
from somel.chaos.readings import GATEWAYS, Readings, gateway_name

_READY_WITHIN_S: Final = 30.0
_PACE_S: Final = 0.05
#: As much is published before the storm is over; the rest comes after it. [ratio]
_BEFORE_END: Final = 0.95


class Field:
    """Publish readings while the main thread, to which the servers are tied, lets things fail.

    Parameters
    ----------
    readings : Readings
        What is published.
    broker_port : callable
        Returns where the broker listens.
    shards : int
        Shards of the installation.
    seed : int
        Chooses the places of the cuts.
    span_s : float
        Publishing is spread over about so long. [s]
    """

    def __init__(
        self, readings: Readings, broker_port: Callable[[], int], *, shards: int, seed: int, span_s: float
    ) -> None:
        self.counts = Counts()
        self.port = 0
        self.is_done = threading.Event()
        self._readings = readings
        self._shards = shards
        self._span_s = span_s
        self._began_s = 0.0
        self._is_calm = threading.Event()
        self._ready = threading.Event()
        self._go = threading.Event()
        self._stop = threading.Event()
        self._proxy = Proxy(broker_port, random.Random(seed))  # noqa: S311 - a storm that can be repeated
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="field", daemon=True)

    def open(self) -> None:
        """Open the proxy."""
        self._thread.start()
        if not self._ready.wait(_READY_WITHIN_S):
            raise InvariantError("chaos_field_late", "The proxy did not open.")

    def go(self) -> None:
        """Begin to publish."""
        self._began_s = time.monotonic()
        self._go.set()

    def calm(self) -> None:
        """Publish the rest, without waiting: the storm is over."""
        self._is_calm.set()

    def cut(self) -> None:
        """Cut all connections, each inside its next packet."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._proxy.cut)

    @property
    def cuts(self) -> int:
        """Connections cut so far."""
        return self._proxy.cuts

    def close(self) -> None:
        """End everything."""
        self._stop.set()
        self._thread.join()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.port = await self._proxy.start()
        self._ready.set()
        publishing = asyncio.create_task(self._publish_all())
        while not self._stop.is_set():
            await asyncio.sleep(_PACE_S)
            if publishing.done():
                publishing.result()
                self.is_done.set()
        await cancel(publishing)
        await self._proxy.stop()

    async def _publish_all(self) -> None:
        while not self._go.is_set():  # noqa: ASYNC110 - set in another thread
            await asyncio.sleep(_PACE_S)
        first = int(first_numbers(1)[0])
        async with asyncio.TaskGroup() as gateways:
            for gateway in range(GATEWAYS):
                gateways.create_task(self._publish(gateway, first))

    async def _publish(self, gateway: int, sequence: int) -> None:
        name = gateway_name(gateway)
        shard = shard_of(name, self._shards)
        session = GatewaySession(
            name,
            BrokerAddress("127.0.0.1", self.port),
            self.counts,
            stored_topic=str(Topic(shard, name, "stored")),
        )
        topic, sent = str(Topic(shard, name, "batch")), 0
        async with session:
            for number, payload, count in self._readings.messages(gateway, sequence):
                await self._in_time(sent)
                await session.publish(topic, payload, CBOR, values=count, sequence=number)
                sent += count
            await session.spoken_to(_READY_WITHIN_S)
            await session.drained()

    async def _in_time(self, sent: int) -> None:
        """Wait until it is time for a gateway that has sent so many readings to send the next."""
        progress = sent * GATEWAYS / self._readings.count
        while not self._is_calm.is_set():
            passed = (time.monotonic() - self._began_s) / self._span_s
            if progress <= min(passed, _BEFORE_END):
                return
            await asyncio.sleep(_PACE_S)
