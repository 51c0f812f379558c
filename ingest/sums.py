"""Sums by place follow the readings: as soon as they rest, or now and then while they pour in."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import structlog

from core.clock import Clock
from db.rollup import roll_up_pending
from ingest.line import DatabaseLine
from ingest.metrics import Metrics

_log = structlog.get_logger()

_REST_S: Final = 0.5
_LOOK_EVERY_S: Final = 1.0
#: During a back-fill sums are made this seldom, for each would be made again by the next batch. [s]
_LONGEST_WAIT_S: Final = 30.0


class Sums:
    """Recompute the sums that batches have touched.

    Parameters
    ----------
    line : DatabaseLine
        Connection that nobody else uses.
    metrics : Metrics
        Counts.
    clock : Clock
        Time stamped on the sums.
    is_pressed : callable
        Tells whether readings pour in.
    """

    def __init__(self, line: DatabaseLine, metrics: Metrics, clock: Clock, *, is_pressed: Callable[[], bool]) -> None:
        self._line = line
        self._metrics = metrics
        self._clock = clock
        self._is_pressed = is_pressed
        self._pending = asyncio.Event()
        self._pending.set()  # what a former process left

    def note(self, value_count: int) -> None:
        """Note that a batch was committed."""
        if value_count:
            self._pending.set()

    async def run(self) -> None:
        """Follow the batches of all workers until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):  # other workers' batches are not told
                await asyncio.wait_for(self._pending.wait(), _LOOK_EVERY_S)
                await self._rest()
            self._pending.clear()
            slots = await self._line.retry(lambda connection: roll_up_pending(connection, self._clock.now()))
            self._metrics.slots.inc(slots)
            _log.debug("rolled_up", slots=slots)

    async def _rest(self) -> None:
        waited_s = 0.0
        while waited_s < _LONGEST_WAIT_S:
            await asyncio.sleep(_REST_S)
            waited_s += _REST_S
            if not self._is_pressed():
                return
