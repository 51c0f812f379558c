"""The end of tasks that run until they are cancelled, and what became of work that may fail."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

#: So long a task may take to put things in order before it is cancelled once more. [s]
PATIENCE_S: Final = 10.0


async def end(task: "asyncio.Future[Any]", *, patience_s: float = PATIENCE_S) -> None:
    """Cancel a task, and wait until it has ended.

    Parameters
    ----------
    task : asyncio.Task
        One that may have ended already.
    patience_s : float, optional
        After so long it is cancelled again: until Python 3.12, ``asyncio.wait_for`` forgets that it was cancelled when
        what it waited for comes in the same moment, and a pool's connections are waited for with it.

    Raises
    ------
    Exception
        What the task ended with, unless it was cancelled.
    """
    await _ended(task, patience_s)
    if not task.cancelled():
        task.result()


async def outcome_of(work: Awaitable[object]) -> BaseException | None:
    """Do some work to its end, or until cancelled; return what went wrong, of a group of errors the first."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task])
    finally:
        await _ended(task, PATIENCE_S)
    error = None if task.cancelled() else task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _ended(task: "asyncio.Future[Any]", patience_s: float) -> None:
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=patience_s)
