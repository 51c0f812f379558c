"""Offers of firmware to a running fleet: each is carried out beside everything else."""

import asyncio
from collections.abc import Awaitable, Callable

from core.clock import Clock
from simulators.updates import Updates


class Updating:
    """Carry out offers as they arrive.

    Parameters
    ----------
    updates : Updates
        How gateways take firmware.
    clock : Clock
        Time they live in.
    report : callable
        Publishes an ``update`` of a gateway, given by its index.
    introduce : callable
        Publishes what a gateway is, once it runs another version.
    """

    def __init__(
        self,
        updates: Updates,
        clock: Clock,
        *,
        report: Callable[[int, dict[str, object]], Awaitable[None]],
        introduce: Callable[[int, int], Awaitable[None]],
    ) -> None:
        self._updates, self._clock, self._report, self._introduce = updates, clock, report, introduce
        self._offers: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self._busy: dict[int, asyncio.Lock] = {}

    def offered(self, gateway: int, payload: bytes) -> None:
        """Note an offer that arrived."""
        self._offers.put_nowait((gateway, payload))

    async def run(self) -> None:
        """Carry out offers until cancelled; a gateway does one after the other."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                gateway, payload = await self._offers.get()
                tasks.create_task(self._carry_out(gateway, payload), name=f"update of gateway {gateway}")

    async def _carry_out(self, gateway: int, payload: bytes) -> None:
        async with self._busy.setdefault(gateway, asyncio.Lock()):
            before, now_s = self._updates.version(gateway), int(self._clock.now().timestamp())

            async def report(told: dict[str, object]) -> None:
                await self._report(gateway, told)

            await self._updates.take(gateway, payload, now_s, report)
            if self._updates.version(gateway) != before:
                await self._introduce(gateway, now_s)
