"""Publish a fleet's past: whole days of load curves, as fast as the broker takes them."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from core.broker_address import BrokerAddress
from core.errors import InputError
from core.slots import SLOT_S, SLOTS_PER_DAY, require_aware
from simulators.counts import Counts
from simulators.fleet import Fleet
from simulators.links import FleetLinks
from simulators.stopping import unless_stalled

log = structlog.get_logger()

_YIELD_EVERY: Final = 4  # messages between two looks at the sockets


async def backfill(
    fleet: Fleet,
    *,
    start: datetime,
    end: datetime,
    broker: BrokerAddress,
    on_progress: Callable[[int, int], None] | None = None,
    stop: asyncio.Event | None = None,
) -> Counts:
    """Publish every meter's slots in ``[start, end)`` and wait until all of them are acknowledged and stored.

    Parameters
    ----------
    fleet : Fleet
        The fleet.
    start, end : datetime
        Span, aware, both on a slot's edge.
    broker : BrokerAddress
        Where to connect.
    on_progress : callable, optional
        Called with the numbers of values acknowledged and to publish in all.
    stop : asyncio.Event, optional
        Ends it, when it is set, as soon as the broker takes no more messages.

    Returns
    -------
    Counts
        What was published and acknowledged.

    Notes
    -----
    One ``batch`` per gateway and 48 slots, in the order of time. The same span gives the same values whenever it is
    published, so repeating a back-fill stores nothing new. Where no platform says what it has stored, the broker's
    acknowledgements are all there is.

    Raises
    ------
    InputError
        ``span_invalid`` when an end is not on a slot's edge or nothing lies between.
    ConfigurationError, RetryableError
        When the broker refuses the gateways, or is not there.
    """
    first_s, slots = slot_span(start, end)
    counts, total = Counts(), fleet.value_count(slots)
    report = on_progress or (lambda _done, _total: None)
    async with FleetLinks(fleet, broker, counts) as links:
        publishing = _publish(links, first_s, slots, lambda: report(counts.values_acknowledged, total))
        await unless_stalled(publishing, stop or asyncio.Event(), counts)
    report(counts.values_acknowledged, total)
    log.info("backfill_published", **counts.summary())
    return counts


async def _publish(links: FleetLinks, first_s: int, slots: int, report: Callable[[], None]) -> None:
    fleet, sent = links.fleet, 0
    for offset in range(0, slots, SLOTS_PER_DAY):
        day_s, day_slots = first_s + offset * SLOT_S, min(SLOTS_PER_DAY, slots - offset)
        import_wh, export_wh = fleet.slot_wh(day_s, day_slots)
        for gateway in range(len(fleet.network.gateways)):
            await links.batch(gateway, day_s, import_wh, export_wh)
            sent += 1
            if sent % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        report()
    await links.spoken_to()
    await links.drained()


def slot_span(start: datetime, end: datetime) -> tuple[int, int]:
    """Return the first slot's start, UTC epoch, and the number of slots in ``[start, end)``. [s].

    Raises
    ------
    InputError
        ``span_invalid`` when an end is not on a slot's edge or nothing lies between.
    """
    start_s, end_s = (require_aware(instant).timestamp() for instant in (start, end))
    if start_s % SLOT_S or end_s % SLOT_S or end_s <= start_s:
        raise InputError(
            "span_invalid",
            "A span starts and ends on a half-hour, and its end is later than its start.",
            start=start.isoformat(),
            end=end.isoformat(),
        )
    return int(start_s), int(end_s - start_s) // SLOT_S
