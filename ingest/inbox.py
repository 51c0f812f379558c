"""What has been received and not been judged yet: bounded, never dropped."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from ingest.session import Message

#: Payloads held, from receipt to acknowledgement, before the sockets are no longer read. [bytes]
HELD_BYTES: Final = 64 << 20


class Inbox:
    """Hold messages between the sessions and the batches.

    Parameters
    ----------
    pause : callable
        Stops reading the sessions (True) or lets them go on (False).
    held_bytes : int
        Payload bytes, from `put` to `release`, above which reading stops. [bytes]

    Notes
    -----
    One read of the socket may pass the limit. Reading goes on below half of it.
    """

    def __init__(self, pause: Callable[[bool], None], held_bytes: int = HELD_BYTES) -> None:
        self._pause = pause
        self._limit = held_bytes
        self._messages: deque[Message] = deque()
        self._held = 0
        self._is_paused = False
        self._arrived = asyncio.Event()

    def put(self, messages: Sequence[Message]) -> None:
        """Take over messages; stop reading when there are enough."""
        self._messages.extend(messages)
        self._held += size_of(messages)
        self._arrived.set()
        if self._held > self._limit and not self._is_paused:
            self._is_paused = True
            self._pause(True)

    def release(self, messages: Sequence[Message]) -> None:
        """Forget messages that have been acknowledged; read on when few are left."""
        self._held -= size_of(messages)
        if self._is_paused and self._held < self._limit // 2:
            self._is_paused = False
            self._pause(False)

    async def take(self, *, byte_count: int) -> list[Message]:
        """Wait for messages and return the oldest: about `byte_count` of payload, at least one message."""
        await self._arrived.wait()
        taken: list[Message] = []
        while self._messages and byte_count > 0:
            message = self._messages.popleft()
            byte_count -= len(message.payload) + _OVERHEAD_BYTES
            taken.append(message)
        if not self._messages:
            self._arrived.clear()
        return taken


#: What a message weighs besides its payload: topic, packet and objects. [bytes]
_OVERHEAD_BYTES: Final = 200


def size_of(messages: Sequence[Message]) -> int:
    """Return what `messages` weigh together. [bytes]."""
    return sum(len(message.payload) for message in messages) + _OVERHEAD_BYTES * len(messages)
