"""Publish a fleet's present: power each minute, load curves each slot, needs each evening; and obey commands."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Final

import structlog

from core.broker_address import BrokerAddress
from core.clock import Clock
from core.slots import SLOT_S, slot_floor
from simulators.counts import Counts
from simulators.fleet import Fleet
from simulators.flexible import MINUTE_S
from simulators.links import FleetLinks
from simulators.loss import Loss
from simulators.stopping import unless_stalled
from simulators.updates import Updates
from simulators.updating import Updating

log = structlog.get_logger()

_LATE_S: Final = 300  # a snapshot later than this tells nobody anything; slots are never left out
_DRAIN_S: Final = 3.0


class LiveFleet:
    """Run a fleet on a clock.

    Parameters
    ----------
    fleet : Fleet
        The fleet.
    clock : Clock
        Time it lives in.
    broker : BrokerAddress
        Where to connect.
    counts : Counts
        What is counted.
    live_every_s : int, default 60
        Replayed time between two snapshots, a multiple of 60. [s]
    updates : Updates, optional
        How the gateways take firmware; None: they do not listen to offers.
    loss : Loss, optional
        Which messages get lost on the way; None: none.
    """

    def __init__(
        self,
        fleet: Fleet,
        clock: Clock,
        broker: BrokerAddress,
        counts: Counts,
        *,
        live_every_s: int = 60,
        updates: Updates | None = None,
        loss: Loss | None = None,
    ) -> None:
        self._fleet, self._clock, self._counts, self._live_every_s = fleet, clock, counts, live_every_s
        self._news: asyncio.Queue[tuple[int, bytes | None]] = asyncio.Queue()
        self._published_s = 0
        self._evening_announced = False
        self._updates = updates
        self._updating = updates and Updating(updates, clock, report=self._report_update, introduce=self._introduce)
        self._links = FleetLinks(
            fleet,
            broker,
            counts,
            on_command=lambda gateway, payload: self._news.put_nowait((gateway, payload)),
            on_online=lambda gateway: self._news.put_nowait((gateway, None)),
            on_firmware=self._updating.offered if self._updating else None,
            loss=loss,
        )

    async def run(self, *, since: datetime, until: datetime | None, stop: asyncio.Event) -> None:
        """Publish from the slot that begins at `since` on, until `until` or until `stop` is set."""
        async with self._links, asyncio.TaskGroup() as tasks:
            attending = tasks.create_task(self._attend(), name="commands")
            updating = tasks.create_task(self._updating.run(), name="firmware") if self._updating else None
            await unless_stalled(self._tick(int(slot_floor(since).timestamp()), until, stop), stop, self._counts)
            attending.cancel()
            if updating is not None:
                updating.cancel()
            await self._say_goodbye()

    async def _tick(self, next_slot_s: int, until: datetime | None, stop: asyncio.Event) -> None:
        at_s = int(self._clock.now().timestamp()) // MINUTE_S * MINUTE_S
        while not stop.is_set() and (until is None or at_s <= until.timestamp()):
            await self._wait(at_s, stop)
            if stop.is_set():
                return
            next_slot_s = await self._publish_slots(next_slot_s, at_s)
            await self._announce(at_s)
            late = self._clock.now().timestamp() - at_s > _LATE_S
            if at_s % self._live_every_s == 0 and not late:
                await self._publish_power(at_s)
            at_s += MINUTE_S

    async def _wait(self, at_s: int, stop: asyncio.Event) -> None:
        wait_s = self._clock.wall_s_until(datetime.fromtimestamp(at_s, UTC))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(wait_s, 1e-3))

    async def _publish_slots(self, first_s: int, now_s: int) -> int:
        """Publish the slots that are over; return the start of the next one."""
        end_s = now_s - now_s % SLOT_S
        self._published_s = max(self._published_s, now_s)
        slots = (end_s - first_s) // SLOT_S
        if slots <= 0:
            return first_s
        import_wh, export_wh = self._fleet.slot_wh(first_s, slots)
        for gateway in range(len(self._fleet.network.gateways)):
            await self._links.batch(gateway, first_s, import_wh, export_wh)
        return end_s

    async def _publish_power(self, at_s: int) -> None:
        power_w = self._fleet.power_w(at_s)
        self._published_s = max(self._published_s, at_s + MINUTE_S)
        for gateway in range(len(self._fleet.network.gateways)):
            await self._links.snapshot(gateway, at_s, power_w)

    async def _announce(self, at_s: int) -> None:
        """Announce once an evening what the resources need: when it opens, or when the fleet starts within it."""
        wanted = self._fleet.load.wanted(at_s)
        if not wanted:
            self._evening_announced = False
        if not wanted or self._evening_announced:
            return
        self._evening_announced = True
        flexible, orders = self._fleet.load.flexible, self._fleet.orders
        needs: dict[int, list[tuple[str, int, int, int, int]]] = {}
        for resource, energy_wh, available_s, ready_s in wanted:
            need = (orders.names[resource], energy_wh, int(flexible.rated_power_w[resource]), available_s, ready_s)
            needs.setdefault(self._fleet.gateway_of(int(flexible.usage_point[resource])), []).append(need)
        for gateway, mine in needs.items():
            await self._links.announce(gateway, at_s, mine)
        log.info("flexibility_announced", resources=sum(map(len, needs.values())), at=at_s)

    async def _attend(self) -> None:
        """Introduce gateways that came online, and take commands."""
        while True:
            gateway, payload = await self._news.get()
            now_s = int(self._clock.now().timestamp())
            if payload is None:
                await self._links.introduce(gateway, now_s)
                continue
            # What has been published already cannot be changed any more.
            answer = self._fleet.orders.take(
                payload, self._links.attached(gateway), now_s, in_force_s=self._published_s
            )
            if answer is not None:
                await self._links.answer(gateway, answer)

    async def _report_update(self, gateway: int, told: dict[str, object]) -> None:
        await self._links.report_update(gateway, told)

    async def _introduce(self, gateway: int, now_s: int) -> None:
        if self._updates is not None:
            self._links.firmware_version[gateway] = self._updates.version(gateway)
        await self._links.introduce(gateway, now_s)

    async def _say_goodbye(self) -> None:
        now_s = int(self._clock.now().timestamp())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                for gateway in range(len(self._fleet.network.gateways)):
                    await self._links.leave(gateway, now_s)
                await self._links.drained()


async def live(
    fleet: Fleet,
    *,
    clock: Clock,
    broker: BrokerAddress,
    since: datetime | None = None,
    until: datetime | None = None,
    live_every_s: int = 60,
    stop: asyncio.Event | None = None,
    counts: Counts | None = None,
    updates: Updates | None = None,
    loss: Loss | None = None,
) -> Counts:
    """Run a fleet on a clock until told to stop.

    Parameters
    ----------
    fleet : Fleet
        The fleet.
    clock : Clock
        Time it lives in, at any speed.
    broker : BrokerAddress
        Where to connect.
    since : datetime, optional
        First slot that has not been published yet, such as the end of a back-fill; None: the slot that runs now.
    until : datetime, optional
        Replayed time at which to stop; None: never.
    live_every_s : int, default 60
        Replayed time between two snapshots of power, a multiple of 60. [s]
    stop : asyncio.Event, optional
        Stops the fleet when it is set, within seconds even where the broker is gone.
    counts : Counts, optional
        Where to count, for who wants to watch meanwhile.
    updates : Updates, optional
        How the gateways take firmware; None: they do not listen to offers.
    loss : Loss, optional
        Which messages get lost on the way; None: none.

    Returns
    -------
    Counts
        What was published and acknowledged. Every slot that ended before the stop was published, unless the broker took
        no more messages.
    """
    counts = counts or Counts()
    running = LiveFleet(fleet, clock, broker, counts, live_every_s=live_every_s, updates=updates, loss=loss)
    await running.run(since=since or clock.now(), until=until, stop=stop or asyncio.Event())
    log.info("live_ended", **counts.summary())
    return counts
