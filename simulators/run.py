"""One run of a fleet: a back-fill, then live until it is stopped."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.broker_address import BrokerAddress
from core.settings import Settings
from core.slots import slot_floor
from simulators.counts import Counts
from simulators.fleet import Fleet
from simulators.live import live
from simulators.loss import Loss
from simulators.publisher import backfill
from simulators.updates import Updates


@dataclass(frozen=True, slots=True)
class RunCounts:
    """Hold what a run published: its back-fill (None when there was none) and its live part."""

    backfill: Counts | None
    live: Counts | None

    def summary(self) -> dict[str, object]:
        """Return every count by name, and the values of both parts added up."""
        parts = {"backfill": self.backfill, "live": self.live}
        there = [counts for counts in parts.values() if counts is not None]
        return {
            **{name: counts.summary() for name, counts in parts.items() if counts is not None},
            "values_published": sum(counts.values_published for counts in there),
            "values_acknowledged": sum(counts.values_acknowledged for counts in there),
        }


async def run(
    settings: Settings,
    *,
    fleet: Fleet,
    broker: BrokerAddress,
    days: int = 0,
    go_live: bool = True,
    until: datetime | None = None,
    stop: asyncio.Event | None = None,
    since: datetime | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_live: Callable[[], None] | None = None,
    updates: Updates | None = None,
    loss: Loss | None = None,
) -> RunCounts:
    """Publish the last `days` days, then run live, without a gap between the two.

    Parameters
    ----------
    settings : Settings
        For the clock.
    fleet : Fleet
        The fleet, registered.
    broker : BrokerAddress
        Where to publish.
    days : int, default 0
        Days to back-fill, up to the slot that runs now. [days]
    go_live : bool, default True
        Whether to go on live.
    until, stop
        When to stop, as :func:`simulators.live.live` takes them; a back-fill goes on to its end as long as the broker
        takes its messages.
    on_progress : callable, optional
        Called with the back-fill's values acknowledged and in all.
    since : datetime, optional
        First slot of the live part, and end of the back-fill; None: the slot that runs now.
    on_live : callable, optional
        Called when the live part begins.
    updates : Updates, optional
        How the gateways take firmware; None: they do not listen to offers.
    loss : Loss, optional
        Which messages of the live part get lost on the way; None: none.
    """
    clock = settings.clock
    since = since or slot_floor(clock.now())
    past = present = None
    if days > 0:
        past = await backfill(
            fleet,
            start=since - timedelta(days=days),
            end=since,
            broker=broker,
            on_progress=on_progress,
            stop=stop,
        )
    if go_live:
        if on_live is not None:
            on_live()
        present = await live(
            fleet,
            clock=clock,
            broker=broker,
            since=since,
            until=until,
            stop=stop,
            updates=updates,
            loss=loss,
        )
    return RunCounts(past, present)
