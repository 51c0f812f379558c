"""Wait for what a gateway brings about."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_LOOK_S: Final = 0.05


async def until(condition: Callable[[], bool], within_s: float = float("inf")) -> bool:
    """Look again and again until a condition holds; return whether it does."""
    until_s = time.monotonic() + within_s
    while not condition() and time.monotonic() < until_s:  # noqa: ASYNC110 - conditions are judgements of all that was seen
        await asyncio.sleep(_LOOK_S)
    return condition()
