"""The task that tells subscribers of changes: one for all API processes, by a lock that ends with whoever holds it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

import structlog

from api.webhooks.delivery import Courier, Patience
from api.webhooks.openadr_queue import OpenadrQueue
from core.errors import PlatformError
from core.settings import Settings
from core.tasks import end, outcome_of
from db.connection import Connection, Role, connect
from db.notifications import forget_old, listen_for_news, lock_notifying, wait_for_news
from grid.openadr.fan_out import fan_out
from outward.callbacks import Callbacks, callbacks

_log = structlog.get_logger()

_AGAIN_AFTER_S: Final = 1.0
_LOOK_EVERY_S: Final = 2.0
_FORGET_EVERY_S: Final = 3_600.0
#: Tables whose news may make something due.
_TABLES: Final = ("openadr_change", "openadr_delivery")


async def notify(settings: Settings, *, database_url: str, door: Callbacks | None = None) -> None:
    """Tell subscribers of changes until cancelled; whatever goes wrong is logged and tried again.

    Parameters
    ----------
    settings : Settings
        How long callbacks are tried, and where they may be.
    database_url : str
        Database of the platform.
    door : Callbacks, optional
        The way out; that of the process by default.

    Notes
    -----
    Any number of processes may run this: one works, the others wait until its connection ends.
    """
    way_out = door or callbacks(is_development=settings.openadr_development)
    patience = Patience(
        settings.openadr_callback_attempts, settings.openadr_callback_wait_s, settings.openadr_callback_give_up_s
    )
    await keep_at(lambda: _work(database_url, way_out, patience))


async def keep_at(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do some work until cancelled, anew whenever it ends; why it ended is logged."""
    said = ""
    while True:
        said = _say_why(await outcome_of(work()), said)
        await asyncio.sleep(_AGAIN_AFTER_S)


def _say_why(error: BaseException | None, said: str) -> str:
    """Log why the work ended: what passes by itself in a line, once, what is our fault in full; return what it was."""
    if not isinstance(error, PlatformError):
        _log.error("notifying failed", exc_info=error, again_after_s=_AGAIN_AFTER_S)
        return ""
    if error.code != said:
        _log.warning("notifying interrupted", code=error.code, reason=error.message, again_after_s=_AGAIN_AFTER_S)
    return error.code


async def _work(database_url: str, door: Callbacks, patience: Patience) -> None:
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        while not await lock_notifying(connection):  # noqa: ASYNC110 - who holds it is another process
            await asyncio.sleep(_AGAIN_AFTER_S)
        courier = Courier(OpenadrQueue(connection), door, patience)
        async with (
            await connect(database_url, Role.COMPUTE, autocommit=True) as listening,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(courier.run(), name="deliver")
            tasks.create_task(_follow(listening, courier), name="fan out")


async def _follow(connection: Connection, courier: Courier) -> None:
    """Fan out what changes, and forget from time to time what was told long ago."""
    loop = asyncio.get_running_loop()
    await listen_for_news(connection)
    forgot_s = -_FORGET_EVERY_S
    while True:
        if loop.time() - forgot_s >= _FORGET_EVERY_S:
            await forget_old(connection)
            forgot_s = loop.time()
        if not await fan_out(connection):
            await wait_for_news(connection, _TABLES, within_s=_LOOK_EVERY_S)
        courier.tell()


@contextlib.asynccontextmanager
async def notifying(settings: Settings, *, database_url: str) -> AsyncIterator[None]:
    """Notify for as long as the block runs."""
    task = asyncio.create_task(notify(settings, database_url=database_url))
    try:
        yield
    finally:
        await end(task)
