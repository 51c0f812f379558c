"""What every request may use, opened once for the life of the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.access_log import AccessLog
from api.metrics import RequestMetrics
from api.news import News
from core.clock import Clock
from core.settings import Settings
from db.connection import Connection, Pool, Role, borrow, open_pool


@dataclass(frozen=True, slots=True)
class Context:
    """Hold the settings, the pools and the live news of one application.

    Attributes
    ----------
    settings : Settings
        As read at the start of the process.
    readers, writers : Pool
        Connections that may read, and those that may plan and command.
    sharing, publishing : Pool
        Connections that read published data, and those that publish; each acts for whoever calls.
    news : News
        What changes, as it changes.
    metrics : RequestMetrics
        Counts and times of requests.
    access_log : AccessLog
        Who reads what is stored of a single usage point.
    """

    settings: Settings
    readers: Pool
    writers: Pool
    sharing: Pool
    publishing: Pool
    news: News
    metrics: RequestMetrics
    access_log: AccessLog

    @property
    def clock(self) -> Clock:
        """Return the clock that the platform acts on."""
        return self.settings.clock


def make_context(settings: Settings, database_url: str) -> Context:
    """Return a context whose pools are not open yet."""
    writers = open_pool(database_url, Role.COMPUTE, min_size=0, max_size=2)
    return Context(
        settings,
        readers=open_pool(database_url, Role.READ),
        writers=writers,
        sharing=open_pool(database_url, Role.ENJOY_READ, min_size=0, max_size=4),
        publishing=open_pool(database_url, Role.ENJOY_WRITE, min_size=0, max_size=2),
        news=News(database_url),
        metrics=RequestMetrics(),
        access_log=AccessLog(writers),
    )


@asynccontextmanager
async def opened(context: Context) -> AsyncIterator[None]:
    """Keep pools open and news flowing for as long as the block runs."""
    pools = context.readers, context.writers, context.sharing, context.publishing
    async with pools[0], pools[1], pools[2], pools[3], context.access_log.storing(), context.news.following():
        yield


def context_of(request: Request) -> Context:
    """Return the context of the application that answers a request."""
    context: Context = request.app.state.context
    return context


async def _read(request: Request) -> AsyncIterator[Connection]:
    async with borrow(context_of(request).readers) as connection:
        yield connection


async def _write(request: Request) -> AsyncIterator[Connection]:
    async with borrow(context_of(request).writers) as connection:
        yield connection


InContext = Annotated[Context, Depends(context_of)]
#: A connection that may read, for the time of one request.
#: `scope="function"` gives it back, committed, before the answer is sent: what was answered is then stored.
Reading = Annotated[Connection, Depends(_read, scope="function")]
#: The same for as long as the answer is being sent, for answers that are read while they are sent.
Lasting = Annotated[Connection, Depends(_read, scope="request")]
#: A connection that may plan and command; its transaction is committed when the route returns.
Writing = Annotated[Connection, Depends(_write, scope="function")]
