"""What has been received and not been judged yet: bounded, never dropped."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from ingest.parcel import Parcel

#: Payloads held, from receipt to acknowledgement, before the sockets are no longer read. [bytes]
HELD_BYTES: Final = 16 << 20


class Inbox:
    """Hold messages between the sessions and the batches.

    Parameters
    ----------
    pause : callable
        Stops reading the sessions (True) or lets them go on (False).
    held_bytes : int
        Payload bytes, from `put` to `release`, above which reading stops. [bytes]

    Attributes
    ----------
    waiting_bytes : int
        What nobody has taken yet. [bytes]

    Notes
    -----
    One read of the socket may pass the limit. Reading goes on below half of it.
    """

    def __init__(self, pause: Callable[[bool], None], held_bytes: int = HELD_BYTES) -> None:
        self._pause = pause
        self._limit = held_bytes
        self._parcels: deque[Parcel] = deque()
        self._held = 0
        self.waiting_bytes = 0  # of what nobody has taken yet
        self._is_paused = False
        self._arrived = asyncio.Event()

    def put(self, messages: Parcel) -> None:
        """Take over messages; stop reading when there are enough."""
        self._parcels.append(messages)
        weight = int(messages.weights.sum())
        self._held += weight
        self.waiting_bytes += weight
        self._arrived.set()
        if self._held > self._limit and not self._is_paused:
            self._is_paused = True
            self._pause(True)

    def release(self, messages: Sequence[Parcel]) -> None:
        """Forget messages that have been acknowledged; read on when few are left."""
        self._held -= sum(int(parcel.weights.sum()) for parcel in messages)
        if self._is_paused and self._held < self._limit // 2:
            self._is_paused = False
            self._pause(False)

    async def take(self, *, byte_count: int) -> Parcel:
        """Wait for messages and return the oldest, which weigh about `byte_count`; at least one."""
        await self._arrived.wait()
        taken: list[Parcel] = []
        while self._parcels and byte_count > 0:
            parcel = self._parcels.popleft()
            weight = np.cumsum(parcel.weights)
            fitting = 1 + int(np.searchsorted(weight, byte_count))
            if fitting < len(parcel):
                self._parcels.appendleft(parcel[fitting:])
                parcel = parcel[:fitting]
            byte_count -= int(weight[len(parcel) - 1])
            self.waiting_bytes -= int(weight[len(parcel) - 1])
            taken.append(parcel)
        if not self._parcels:
            self._arrived.clear()
        return Parcel.join(taken)
