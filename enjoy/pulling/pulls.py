"""The job of pulling: sources that are due are asked, their items become records, failures are noted and put off."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from core.clock import Clock
from core.datasets import Contract
from core.errors import ConflictError, InputError, NotFoundError, PlatformError, RetryableError
from db.audit import record
from db.connection import Connection, Role
from db.dataset_rows import Published
from db.datasets import act_for, find_published
from db.records import Written
from db.sources import Source, delete_source, due_sources, find_source, mark_failed, mark_pulled, put_source
from enjoy.acting import Connect, act_for_all
from enjoy.publishing import receive
from enjoy.pulling.fetch import Fetcher, read_url
from enjoy.pulling.gbfs import feeds_of, stations_of, with_defaults
from enjoy.pulling.mapping import SourceMapping, items_of, records_of

_log = structlog.get_logger()

#: Sources that are asked at the same time.
_AT_ONCE: Final = 4
#: A source that goes on failing is asked this often, or at its own period where that is longer.
LONGEST_WAIT: Final = timedelta(hours=1)
LEAST_PERIOD_S: Final = 10
KINDS: Final = ("gbfs", "json")


class Pulls:
    """Pull what is due.

    Parameters
    ----------
    is_development : bool, default False
        Whether sources may be at addresses that are not public.
    """

    def __init__(self, *, is_development: bool = False) -> None:
        self._fetcher = Fetcher(is_development=is_development)

    async def __call__(self, connect: Connect, clock: Clock) -> None:
        """Pull the sources that are due."""
        async with connect(Role.ENJOY_WRITE) as connection:
            await act_for_all(connection)
            due = await due_sources(connection, now=clock.now(), limit=_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for source in due:
                tasks.create_task(self._pull(connect, clock, source), name=f"pull {source.dataset}")

    async def _pull(self, connect: Connect, clock: Clock, source: Source) -> None:
        try:
            await self._take_over(connect, clock, source)
        except (InputError, RetryableError, ConflictError) as error:
            await _note_failure(connect, clock.now(), source, error)

    async def _take_over(self, connect: Connect, clock: Clock, source: Source) -> None:
        document, is_new = await self._read(source)
        now = clock.now()
        try:
            async with connect(Role.ENJOY_WRITE) as connection:
                await act_for(connection, [source.organisation_id])
                published = await find_published(connection, source.dataset)
                if published is None:
                    return
                written, refused = Written(0, 0, 0), 0
                if is_new or source.succeeded_at is None:  # the second: declared anew, perhaps with another mapping
                    records = _records(document, source, published.contract(), now)
                    received = await receive(connection, published, records, source=f"pull/{source.kind}", now=now)
                    written, refused = received.written, len(received.refusals)
                period = timedelta(seconds=source.period_s)
                await mark_pulled(connection, source, written, refused, now=now, next_try_at=now + period)
        except PlatformError:
            self._fetcher.forget(source.url)  # else the next answer would be taken for one that is stored
            raise

    async def _read(self, source: Source) -> tuple[Any, bool]:
        """Return what a source says, and whether it is something new."""
        first = await self._fetcher.fetch(source.url)
        if source.kind == "json":
            return _parsed(first.body), first.is_new
        feeds = feeds_of(_parsed(first.body))
        information, status = await asyncio.gather(
            self._fetcher.fetch(feeds.information), self._fetcher.fetch(feeds.status)
        )
        is_new = first.is_new or information.is_new or status.is_new
        return (_parsed(information.body), _parsed(status.body)), is_new


def _records(document: Any, source: Source, contract: Contract, now: datetime) -> list[dict[str, object]]:
    mapping = SourceMapping.of(source.mapping)
    if source.kind == "gbfs":
        information, status = document
        stations = stations_of(information, status)
        return records_of(stations, status, with_defaults(mapping, contract), contract, pulled_at=now)
    return records_of(items_of(document, mapping), document, mapping, contract, pulled_at=now)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("source_malformed", "The source's answer cannot be read as JSON.") from error


async def _note_failure(connect: Connect, now: datetime, source: Source, error: PlatformError) -> None:
    wait = waits(timedelta(seconds=source.period_s), source.failure_count + 1)
    _log.warning("source_failed", dataset=source.dataset, code=error.code, reason=error.message)
    async with connect(Role.ENJOY_WRITE) as connection:
        await act_for(connection, [source.organisation_id])
        await mark_failed(connection, source, code=error.code, reason=error.message, now=now, next_try_at=now + wait)


def waits(period: timedelta, failures: int) -> timedelta:
    """Return how long a source is left alone after so many failures in a row: twice as long after each, within bounds.

    Examples
    --------
    >>> [waits(timedelta(minutes=1), failures).total_seconds() for failures in (1, 2, 3, 9)]
    [60.0, 120.0, 240.0, 3600.0]
    """
    return max(period, min(LONGEST_WAIT, period * 2.0 ** min(failures - 1, 20)))


async def declare_source(
    connection: Connection,
    published: Published,
    *,
    kind: str,
    url: str,
    period_s: int,
    mapping: SourceMapping,
    actor: str,
    now: datetime,
) -> Source:
    """Have records of a dataset pulled from a source, in the place of the one before; return it.

    Raises
    ------
    InputError
        ``source_unfit`` or ``mapping_invalid``.
    """
    read_url(url)
    mapping.check(published.contract())
    if kind not in KINDS or period_s < LEAST_PERIOD_S:
        raise InputError("source_unfit", f"A source is {' or '.join(KINDS)}, asked every {LEAST_PERIOD_S} s at most.")
    dataset_id, stored = published.dataset.dataset_id, mapping.stored()
    await put_source(
        connection, dataset_id, kind=kind, url=url, period_s=period_s, mapping=stored, declared_by=actor, now=now
    )
    subject, facts = f"dataset/{published.dataset.name}", {"kind": kind, "url": url, "period_s": period_s}
    await record(connection, at=now, actor=actor, action="source.declared", subject=subject, facts=facts)
    return await source_of(connection, published)


async def source_of(connection: Connection, published: Published) -> Source:
    """Return the source of a dataset.

    Raises
    ------
    NotFoundError
        ``source_unknown``.
    """
    found = await find_source(connection, published.dataset.dataset_id)
    if found is None:
        raise NotFoundError("source_unknown", "The dataset is pulled from no source.", dataset=published.dataset.name)
    return found


async def remove_source(connection: Connection, published: Published, *, actor: str, now: datetime) -> None:
    """Pull no more; its records stay.

    Raises
    ------
    NotFoundError
        ``source_unknown``.
    """
    await source_of(connection, published)
    await delete_source(connection, published.dataset.dataset_id)
    subject = f"dataset/{published.dataset.name}"
    await record(connection, at=now, actor=actor, action="source.removed", subject=subject, facts={})
