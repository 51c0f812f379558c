"""The end of tasks that run until they are cancelled, and what became of work that may fail."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

#: So long a task may take to put things in order before it is cancelled once more. [s]
PATIENCE_S: Final = 10.0


async def end(task: "asyncio.Future[Any]", *, patience_s: float = PATIENCE_S) -> None:
    """Cancel a task, wait until it has ended, and have what it failed with fail here.

    Parameters
    ----------
    task : asyncio.Task
        One that may have ended already.
    patience_s : float, optional
        As for `cancel`.

    Raises
    ------
    Exception
        What the task ended with, unless it was cancelled.
    """
    await cancel(task, patience_s=patience_s)
    if not task.cancelled():
        task.result()


async def cancel(*tasks: "asyncio.Future[Any]", patience_s: float = PATIENCE_S) -> None:
    """Cancel tasks, and wait until all have ended; what they ended with stays with them.

    Parameters
    ----------
    *tasks : asyncio.Task
        Any number; they may have ended already.
    patience_s : float, optional
        After so long they are cancelled again: until Python 3.12, ``asyncio.wait_for`` forgets that it was cancelled
        when what it waited for comes in the same moment, and a pool's connections are waited for with it. [s]
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=patience_s)


async def outcome_of(work: Awaitable[object]) -> BaseException | None:
    """Do some work to its end, or until cancelled; return what went wrong, of a group of errors the first."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task])
    finally:
        await cancel(task)
    error = None if task.cancelled() else task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
