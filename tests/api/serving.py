"""The API as a user has it: a real server on a free port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from api.server import run
from core.settings import Settings


@contextlib.asynccontextmanager
async def served(settings: Settings, database_url: str) -> AsyncIterator[str]:
    """Serve for as long as the block runs; give the address, without the last slash."""
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(run(settings, database_url=database_url, ready=address.set_result))
    waiting: set[asyncio.Future[Any]] = {task, address}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield address.result().rstrip("/")
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
