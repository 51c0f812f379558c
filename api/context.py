"""What every request may use, opened once for the life of the application."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.access_log import AccessLog
from api.enjoy.traffic import Traffic
from api.metrics import RequestMetrics
from api.news import News
from core.clock import WALL_CLOCK, Clock
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
    exporting : Pool
        A few that read published data for as long as a file takes.
    accounts : Pool
        Connections that keep accounts and keys of Enjoy.
    passes, shops : Pool
        Connections that keep holders and their passes, and shops and their orders.
    news : News
        What changes, as it changes.
    traffic : Traffic
        What is known of the requests to Enjoy.
    metrics : RequestMetrics
        Counts and times of requests.
    access_log : AccessLog
        Who reads what is stored of a single usage point.
    wall : Clock
        What people and their phones go by: the wall clock, whatever is replayed; tests set another.
    """

    settings: Settings
    readers: Pool
    writers: Pool
    sharing: Pool
    publishing: Pool
    exporting: Pool
    accounts: Pool
    passes: Pool
    shops: Pool
    news: News
    traffic: Traffic
    metrics: RequestMetrics
    access_log: AccessLog
    wall: Clock = WALL_CLOCK

    @property
    def clock(self) -> Clock:
        """Return the clock that the platform acts on."""
        return self.settings.clock


def make_context(settings: Settings, database_url: str, *, wall: Clock = WALL_CLOCK) -> Context:
    """Return a context whose pools are not open yet."""
    readers = open_pool(database_url, Role.READ)
    accounts = open_pool(database_url, Role.ENJOY_ACCOUNT, min_size=0, max_size=2)
    writers = open_pool(database_url, Role.COMPUTE, min_size=0, max_size=2)
    news = News(database_url)
    return Context(
        settings,
        readers=readers,
        writers=writers,
        sharing=open_pool(database_url, Role.ENJOY_READ, min_size=0, max_size=4, is_for_many=True),
        publishing=open_pool(database_url, Role.ENJOY_WRITE, min_size=0, max_size=6),
        exporting=open_pool(database_url, Role.ENJOY_READ, min_size=0, max_size=3),
        accounts=accounts,
        passes=open_pool(database_url, Role.ENJOY_PASS, min_size=0, max_size=6),
        shops=open_pool(database_url, Role.ENJOY_SHOP, min_size=0, max_size=6),
        news=news,
        traffic=Traffic(settings, readers, accounts, news),
        metrics=RequestMetrics(),
        access_log=AccessLog(writers),
        wall=wall,
    )


@asynccontextmanager
async def opened(context: Context) -> AsyncIterator[None]:
    """Keep pools open and news flowing for as long as the block runs."""
    sharing = (context.sharing, context.publishing, context.exporting, context.accounts)
    pools = (context.readers, context.writers, *sharing, context.passes, context.shops)
    async with AsyncExitStack() as stack:
        for pool in pools:
            await stack.enter_async_context(pool)
        await stack.enter_async_context(context.news.following())
        await stack.enter_async_context(context.traffic.following())
        await stack.enter_async_context(context.access_log.storing())
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
