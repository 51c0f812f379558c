"""End when told to, also where the broker that one waits for is gone."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import structlog

from simulators.counts import Counts

log = structlog.get_logger()

#: So long may nothing at all move, once all should end, until it ends as it is. [s]
PATIENCE_S: Final = 3.0


async def unless_stalled(
    work: Coroutine[object, object, object], stop: asyncio.Event, counts: Counts, *, patience_s: float = PATIENCE_S
) -> bool:
    """Do some publishing to its end; once told to stop, only as long as the broker goes on taking messages.

    Parameters
    ----------
    work : coroutine
        What publishes; it is cancelled when it has to end before its time.
    stop : asyncio.Event
        Set by who wants it to end.
    counts : Counts
        What `work` counts: by these it is seen whether anything moves.
    patience_s : float, default 3
        How long nothing may move after the stop. [s]

    Returns
    -------
    bool
        Whether `work` came to its end. If not, a warning says how much waits for the broker's word.
    """
    doing, told = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({doing, told}, return_when=asyncio.FIRST_COMPLETED)
        before = None
        while not doing.done() and before != (now := _moved(counts)):
            before = now
            await asyncio.wait({doing}, timeout=patience_s)
        if doing.done():
            doing.result()
            return True
    finally:
        await _end(doing, told)
    waiting = counts.messages_published - counts.messages_acknowledged
    log.warning("stopped_unfinished", messages_waiting=waiting, values_waiting=counts.values_in_flight)
    return False


async def _end(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _moved(counts: Counts) -> tuple[int, int, int]:
    return counts.messages_published, counts.messages_acknowledged, counts.messages_stored
