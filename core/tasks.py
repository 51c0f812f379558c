"""The end of tasks that run until they are cancelled."""

import asyncio
from typing import Any, Final

#: So long a task may take to put things in order before it is cancelled once more. [s]
PATIENCE_S: Final = 10.0


async def end(task: asyncio.Task[Any], *, patience_s: float = PATIENCE_S) -> None:
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
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=patience_s)
    if not task.cancelled():
        task.result()
