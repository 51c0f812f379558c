"""Sources that records of datasets are pulled from, and how that goes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from db.connection import Connection
from db.records import Written
from db.rows import all_rows, one_row, run
from db.statements import statements

_SQL: Final = statements("sources")


@dataclass(frozen=True, slots=True)
class Source:
    """Describe a source and how it goes; see the comments of ``catalogue.source``."""

    dataset_id: int
    organisation_id: int
    dataset: str
    kind: str
    url: str
    period_s: int
    mapping: Any
    declared_at: datetime
    next_try_at: datetime
    tried_at: datetime | None
    succeeded_at: datetime | None
    failure_count: int
    error_code: str | None
    error: str | None
    inserted_count: int
    updated_count: int
    unchanged_count: int
    refused_count: int


async def put_source(
    connection: Connection,
    dataset_id: int,
    *,
    kind: str,
    url: str,
    period_s: int,
    mapping: Mapping[str, Any],
    declared_by: str,
    now: datetime,
) -> None:
    """Store a source, in the place of the one before; it is due at once."""
    facts = {
        "dataset_id": dataset_id,
        "kind": kind,
        "url": url,
        "period_s": period_s,
        "mapping": json.dumps(mapping),
        "declared_by": declared_by,
        "now": now,
    }
    await run(connection, _SQL["put_source"], **facts)


async def delete_source(connection: Connection, dataset_id: int) -> None:
    """Pull no more."""
    await run(connection, _SQL["delete_source"], dataset_id=dataset_id)


async def find_source(connection: Connection, dataset_id: int) -> Source | None:
    """Return the source of a dataset, or None."""
    return await one_row(connection, Source, _SQL["find_source"], {"dataset_id": dataset_id})


async def due_sources(connection: Connection, *, now: datetime, limit: int) -> list[Source]:
    """Return sources that are due, of those acted for, the longest due first."""
    return await all_rows(connection, Source, _SQL["due_sources"], {"now": now, "limit": limit})


async def mark_pulled(
    connection: Connection, source: Source, written: Written, refused: int, *, now: datetime, next_try_at: datetime
) -> None:
    """Note a success, unless the source was declared anew meanwhile."""
    facts = asdict(written) | {"refused": refused, "now": now, "next_try_at": next_try_at}
    await run(connection, _SQL["mark_pulled"], **facts, **_which(source))


async def mark_failed(
    connection: Connection, source: Source, *, code: str, reason: str, now: datetime, next_try_at: datetime
) -> None:
    """Note a failure, unless the source was declared anew meanwhile."""
    facts = {"code": code, "reason": reason, "now": now, "next_try_at": next_try_at}
    await run(connection, _SQL["mark_failed"], **facts, **_which(source))


def _which(source: Source) -> dict[str, Any]:
    return {"dataset_id": source.dataset_id, "declared_at": source.declared_at}
