"""Connections and a clock, as the worker gives them to its jobs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from core.clock import Clock
from db.connection import Connection, Role, connect, translated_errors
from enjoy.acting import Connect


def standing(now: datetime) -> Clock:
    """Return a clock that shows one time."""
    return Clock(datetime.now(UTC) + timedelta(days=1), now)


def lending(url: str) -> Connect:
    """Return what lends connections of a database."""

    @asynccontextmanager
    async def lend(role: Role) -> AsyncIterator[Connection]:
        async with translated_errors(), await connect(url, role) as connection:
            yield connection

    return lend
