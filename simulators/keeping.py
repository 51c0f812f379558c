"""What a gateway keeps until the platform says that it is stored: in memory, as long as the simulator runs."""

import asyncio
import contextlib
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from simulators.counts import Counts

log = structlog.get_logger()

#: Messages kept before a gateway waits or, where no platform has ever spoken, forgets the oldest.
MOST_KEPT: Final = 1_024
_NUMBERS_A_SECOND: Final = 20  # bits
#: What is called missing is not sent again sooner: it may be on its way. [s]
_AGAIN_AFTER_S: Final = 3.0
#: What nobody has spoken of is sent again after so long, then twice as long, up to the longest. [s]
_SILENT_S, _LONGEST_SILENT_S = 10.0, 600.0
#: What the broker has taken although nobody had subscribed is lost already. [s]
_UNHEARD_S: Final = 2.0


def first_numbers(gateways: int) -> NDArray[np.int64]:
    """Return where gateways that do not remember their counters begin: far above all that they have used before.

    Returns
    -------
    ndarray, shape (gateway,), int64
        The clock in seconds times 2^20, as the specification has it.
    """
    return np.full(gateways, int(time.time()) << _NUMBERS_A_SECOND, np.int64)


class StoredWord(msgspec.Struct, frozen=True):
    """A ``stored`` message: all from `first` to `highest` is stored but for the ranges `missing`, ends included."""

    first: int
    through: int
    highest: int
    missing: list[tuple[int, int]]

    def covers(self, sequence: int) -> bool:
        """Tell whether a message is stored."""
        inside = self.first <= sequence <= self.highest
        return inside and not any(low <= sequence <= high for low, high in self.missing)

    def lacks(self, sequence: int) -> bool:
        """Tell whether a message should have been there by now."""
        return sequence <= self.highest and not self.covers(sequence)


@dataclass(slots=True)
class Numbered:
    """One message with its sequence number, when it was last sent and how long to wait for a word about it. [s]."""

    sequence: int
    topic: str
    payload: bytes
    content_type: str
    values: int
    sent_s: float = 0.0
    patience_s: float = _SILENT_S

    def send_again(self, now_s: float) -> None:
        """Note that it is sent once more."""
        self.sent_s = now_s
        self.patience_s = min(2 * self.patience_s, _LONGEST_SILENT_S)


class Keeper:
    """Keep one gateway's messages.

    Parameters
    ----------
    counts : Counts
        Where messages stored are counted.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._kept: dict[int, Numbered] = {}
        self._spoken_to = asyncio.Event()
        self._changed = asyncio.Event()

    async def room(self) -> None:
        """Wait until there is room for one more."""
        while len(self._kept) >= MOST_KEPT and self._spoken_to.is_set():
            await self._change()

    def keep(self, message: Numbered) -> None:
        """Keep a message that is being sent."""
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        message.sent_s = time.monotonic()
        self._kept[message.sequence] = message

    def drop(self, sequence: int) -> None:
        """Forget a message that can never be delivered."""
        self._kept.pop(sequence, None)
        self._changed.set()

    def unheard(self, sequence: int) -> None:
        """Note that the broker took a message for which nobody had subscribed: it goes out again soon."""
        if sequence in self._kept:
            self._kept[sequence].patience_s = _UNHEARD_S

    def take(self, payload: bytes) -> list[Numbered]:
        """Take the platform's word; return what has to be sent again."""
        try:
            word = msgspec.json.decode(payload, type=StoredWord)
        except msgspec.DecodeError:
            log.warning("stored_word_unreadable")
            return []
        self._spoken_to.set()
        for sequence in [sequence for sequence in self._kept if word.covers(sequence)]:
            message = self._kept.pop(sequence)
            self._counts.messages_stored += 1
            self._counts.values_stored += message.values
        self._changed.set()
        now_s = time.monotonic()
        return self._again(
            [
                message
                for message in self._kept.values()
                if word.lacks(message.sequence) and now_s - message.sent_s >= _AGAIN_AFTER_S
            ],
            now_s,
        )

    def due(self) -> list[Numbered]:
        """Return what has waited too long for a word of a platform that does speak."""
        now_s = time.monotonic()
        if not self._spoken_to.is_set():
            return []
        return self._again(
            [message for message in self._kept.values() if now_s - message.sent_s >= message.patience_s], now_s
        )

    def all_but(self, sequences: Collection[int | None]) -> list[Numbered]:
        """Return everything that is kept, except for what is on its way."""
        messages = [message for sequence, message in self._kept.items() if sequence not in sequences]
        return self._again(messages, time.monotonic())

    async def emptied(self) -> None:
        """Wait until everything is stored; where no platform has spoken there is nothing to wait for."""
        while self._kept and self._spoken_to.is_set():
            await self._change()

    async def spoken_to(self, within_s: float) -> bool:
        """Wait for the platform's first word while something is kept; return whether it has come."""
        if self._kept:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._spoken_to.wait(), within_s)
        return self._spoken_to.is_set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _again(self, messages: list[Numbered], now_s: float) -> list[Numbered]:
        for message in messages:
            message.send_again(now_s)
        return messages
