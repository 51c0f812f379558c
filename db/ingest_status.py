"""How ingest is doing now: workers, their shards and counts, refusals of the last hour, gateways that are silent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from db.rows import all_rows
from db.statements import statements
from db.workers import LOCKED_NAMES, LOCKED_SHARDS

_SQL: Final = statements("ingest_status")


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """Hold one worker, alive or gone; `host` to `seen_at` are None for what wrote batches without being a worker.

    ``received = stored + duplicate + revised + refused``, of all that was committed in its name; `in_flight` comes on
    top of it. `shards` has -1 for what there is once in an installation.
    """

    worker: str
    host: str | None
    pid: int | None
    is_alive: bool
    shards: list[int]
    started_at: datetime | None
    seen_at: datetime | None
    in_flight: int
    is_sound: bool
    received_per_s: float
    messages_per_s: float
    message_count: int
    received: int
    stored: int
    duplicate: int
    revised: int
    refused: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefusedLately:
    """Count what was refused with one code in the last hour: messages, and values within them."""

    code: str
    message_count: int
    refused_count: int


@dataclass(frozen=True, slots=True)
class SilentGateway:
    """Hold a gateway that has not been heard for long, `heard_at` None: never; `silent_count` counts all of them."""

    name: str
    heard_at: datetime | None
    silent_count: int


async def workers(connection: Connection) -> list[WorkerStatus]:
    """Return all workers, the living first."""
    return await all_rows(connection, WorkerStatus, _SQL["workers"], {"names": LOCKED_NAMES, "shards": LOCKED_SHARDS})


async def refused_lately(connection: Connection) -> list[RefusedLately]:
    """Return what was refused in the last hour, by code."""
    return await all_rows(connection, RefusedLately, _SQL["refused_lately"])


async def silent_gateways(connection: Connection, *, silent_after_s: float, limit: int) -> list[SilentGateway]:
    """Return up to `limit` gateways that have not been heard for `silent_after_s` seconds, the latest heard first."""
    return await all_rows(
        connection, SilentGateway, _SQL["silent_gateways"], {"silent_after_s": silent_after_s, "limit": limit}
    )
