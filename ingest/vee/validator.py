"""Validation goes on beside ingest: in small steps, with rests between them, once per installation."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from core.clock import Clock
from core.errors import InputError, InvariantError
from db.vee import pending_spans
from ingest.line import DatabaseLine
from ingest.vee import comparing_kernels, kernels
from ingest.vee.steps import Step, take_step

_log = structlog.get_logger()

#: Rest after a step, as part of what the step took: validation never takes more than two thirds of a processor.
_REST_RATIO: Final = 0.5
#: While readings pour in validation stands back, but for a step now and then: what is late is validated late. [s]
_LONGEST_WAIT_S: Final = 30.0
_LOOK_S: Final = 0.25


class VeeMetrics:
    """Count what validation does; one set for each worker, although only one worker at a time validates."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counters = {
            name: Counter(f"somel_vee_{name}", text, registry=registry)
            for name, text in (
                ("days_checked", "Days of usage points that were validated"),
                ("values_checked", "Values read for it"),
                ("findings", "Findings that are new or have changed"),
                ("findings_cleared", "Findings that later data healed"),
                ("values_estimated", "Values estimated for slots without one"),
                ("gaps_left", "Gaps that could not be estimated"),
                ("estimates_replaced", "Estimates of which measured values replaced a part or all"),
            )
        }
        self.pending = Gauge("somel_vee_spans_pending", "Changed spans not validated yet", registry=registry)
        self.step_s = Gauge("somel_vee_step_seconds", "How long the last step took [s]", registry=registry)

    def add(self, step: Step) -> None:
        """Note what a step did."""
        for name, count in (
            ("days_checked", step.checked.days),
            ("values_checked", step.checked.values),
            ("findings", step.checked.found),
            ("findings_cleared", step.checked.cleared),
            ("values_estimated", step.estimated.values),
            ("gaps_left", step.estimated.left),
            ("estimates_replaced", step.checked.replaced),
        ):
            self._counters[name].inc(count)


class Validator:
    """Validate what changed, every day that is over, and estimate gaps, until cancelled.

    Parameters
    ----------
    line : DatabaseLine
        Connection that nobody else uses.
    registry : CollectorRegistry
        Where its metrics are kept.
    clock : Clock
        Tells which days are over.
    every_s : float
        Pause when there is nothing to do. [s]
    rest_s : float
        How long a day must not have changed before its gaps are estimated. [s]
    estimated, limits_changed : callable
        Are called after values were stored, and when an operator has changed a limit.
    is_pressed : callable
        Tells whether readings pour in.
    """

    def __init__(
        self,
        line: DatabaseLine,
        registry: CollectorRegistry,
        clock: Clock,
        *,
        every_s: float,
        rest_s: float,
        estimated: Callable[[int], None],
        limits_changed: Callable[[], Awaitable[object]],
        is_pressed: Callable[[], bool] = lambda: False,
    ) -> None:
        self._line = line
        self._metrics = VeeMetrics(registry)
        self._clock = clock
        self._every_s = every_s
        self._rest_s = rest_s
        self._estimated = estimated
        self._limits_changed = limits_changed
        self._is_pressed = is_pressed
        self._limits: tuple[object, ...] = ()

    async def run(self) -> None:
        """Go on until cancelled; a step that fails by our fault is logged and tried again: readings come first."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                while await self._step():
                    pass
            except (InputError, InvariantError) as error:
                _log.error("validation_failed", code=error.code, message=error.message)
                await self._line.close()

    async def _step(self) -> bool:
        """Do one step and rest; tell whether there may be more to do."""
        await self._stand_back()
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        step = await self._line.retry(lambda connection: take_step(connection, self._clock.now(), rest_s=self._rest_s))
        self._metrics.add(step)
        await self._watch_limits(step)
        if step.estimated.values:
            self._estimated(step.estimated.values)
        if step.is_idle:
            self._metrics.pending.set(await self._line.retry(pending_spans))
            return False
        took_s = loop.time() - began_s
        self._metrics.step_s.set(took_s)
        _log.debug("validated", days=step.checked.days, estimated=step.estimated.values, took_s=round(took_s, 3))
        await asyncio.sleep(took_s * _REST_RATIO)
        return True

    async def _stand_back(self) -> None:
        """Wait for a moment in which readings do not pour in; not for ever."""
        waited_s = 0.0
        while self._is_pressed() and waited_s < _LONGEST_WAIT_S:
            await asyncio.sleep(_LOOK_S)
            waited_s += _LOOK_S

    async def _watch_limits(self, step: Step) -> None:
        if not step.limits:
            return
        if self._limits and step.limits != self._limits:
            await self._limits_changed()
        self._limits = step.limits


def warm_up() -> None:
    """Compile the kernels of validation, or load them from Numba's cache; half a minute the first time on a machine."""
    kernels.warm_up()
    comparing_kernels.warm_up()
