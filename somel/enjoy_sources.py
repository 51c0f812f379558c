"""Sources that datasets of Enjoy are pulled from, for the command line."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from db.sources import Source
from enjoy.pulling.mapping import SourceMapping
from enjoy.pulling.pulls import declare_source, remove_source, source_of
from somel.enjoy import OPERATOR, publishing_dataset


async def declare(
    database_url: str, dataset: str, *, kind: str, url: str, period_s: int, mapping: SourceMapping
) -> None:
    """Have records of a dataset pulled from a source.

    Raises
    ------
    NotFoundError
        ``dataset_unknown``.
    InputError
        ``source_unfit`` or ``mapping_invalid``.
    """
    async with publishing_dataset(database_url, dataset) as (connection, published):
        await declare_source(
            connection,
            published,
            kind=kind,
            url=url,
            period_s=period_s,
            mapping=mapping,
            actor=OPERATOR,
            now=datetime.now(UTC),
        )


async def read_source(database_url: str, dataset: str) -> Source:
    """Return the source of a dataset.

    Raises
    ------
    NotFoundError
        ``dataset_unknown`` or ``source_unknown``.
    """
    async with publishing_dataset(database_url, dataset) as (connection, published):
        return await source_of(connection, published)


async def stop_pulling(database_url: str, dataset: str) -> None:
    """Pull no more.

    Raises
    ------
    NotFoundError
        ``dataset_unknown`` or ``source_unknown``.
    """
    async with publishing_dataset(database_url, dataset) as (connection, published):
        await remove_source(connection, published, actor=OPERATOR, now=datetime.now(UTC))


def told(source: Source) -> Iterator[str]:
    """Yield how a source goes, line by line."""
    yield f"{source.dataset} is pulled from {source.url} ({source.kind}) every {source.period_s} s"
    if source.succeeded_at is not None:
        counts = f"{source.inserted_count:,} new, {source.updated_count:,} corrected, {source.refused_count:,} refused"
        yield f"last success {source.succeeded_at:%Y-%m-%d %H:%M:%S}Z: {counts}"
    if source.error is not None:
        yield f"failed {source.failure_count} times since: {source.error} [{source.error_code}]"
    yield f"next try {source.next_try_at:%Y-%m-%d %H:%M:%S}Z"


def constants_of(given: Mapping[str, str]) -> dict[str, object]:
    """Return constants by field: numbers and truths where a value is written as JSON has them, else texts.

    Examples
    --------
    >>> constants_of({"places": "12", "name": "Rihour", "open": "true"})
    {'places': 12, 'name': 'Rihour', 'open': True}
    """
    constants: dict[str, object] = {}
    for name, text in given.items():
        try:
            constants[name] = json.loads(text)
        except ValueError:
            constants[name] = text
    return constants
