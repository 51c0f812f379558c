"""Gathers judged messages until there are enough, or they have waited long enough."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from db.columns import IntervalColumns, ReadingColumns
from db.preparing import Prepared, prepare
from db.writing import Refusal
from ingest.inbox import Inbox
from ingest.judging import Content, Judged
from ingest.parcel import Parcel

#: About what one value weighs in a payload; decides how much is decoded in one go. [bytes]
_VALUE_BYTES: Final = 6
#: Where less than that waits, a moment is given to what comes next: judging costs the same for one and for many. [s]
_MOMENT_S: Final = 0.01
#: Writing may take so much of the time when little comes: a commit costs the same for one value and for a thousand.
_LINGER_PER_WRITE: Final = 6.0


@dataclass(slots=True)
class Batch:
    """What one transaction writes, and the messages that it acknowledges."""

    parcels: list[Parcel] = field(default_factory=list)
    intervals: list[IntervalColumns] = field(default_factory=list)
    readings: list[ReadingColumns] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    gateway_ids: list[npt.NDArray[np.int32]] = field(default_factory=list)
    sequences: list[npt.NDArray[np.int64]] = field(default_factory=list)
    value_count: int = 0
    prepared: Prepared | None = None

    def add(self, judged: Judged) -> None:
        """Append what a number of messages hold."""
        messages = judged.messages
        self.parcels.append(messages if isinstance(messages, Parcel) else Parcel.of(messages))
        self.intervals.append(judged.intervals)
        self.readings.append(judged.readings)
        self.contents.extend(judged.contents)
        self.refusals.extend(judged.refusals)
        self.gateway_ids.append(judged.gateway_id)
        self.sequences.append(judged.sequence)
        self.value_count += judged.value_count

    def prepare(self, known_at: datetime) -> None:
        """Do all that can be done before the database is asked."""
        intervals, readings = IntervalColumns.join(self.intervals), ReadingColumns.join(self.readings)
        self.intervals, self.readings = [], []
        self.prepared = prepare(intervals, readings, known_at)

    @property
    def message_count(self) -> int:
        """Messages that it acknowledges."""
        return sum(map(len, self.parcels))

    def acknowledge(self) -> None:
        """Send the acknowledgements, each on the connection that its message came on, in the order received."""
        Parcel.join(self.parcels).acknowledge()


class Gatherer:
    """Gather batches of at least `rows` values, or of what came within `linger_s` of the first message.

    Parameters
    ----------
    inbox : Inbox
        Where messages come from.
    judge : callable
        Judges messages; may wait for the database.
    rows : int
        Values that make a batch full.
    linger_s : float
        Longest wait for a batch to fill while the writer is free. [s]
    messages : int, optional
        Messages that make it full; not so many that the broker would have to wait for acknowledgements.
    """

    def __init__(
        self,
        inbox: Inbox,
        judge: Callable[[Parcel], Awaitable[Judged]],
        *,
        rows: int,
        linger_s: float,
        messages: int | None = None,
    ) -> None:
        self._inbox = inbox
        self._judge = judge
        self._rows = rows
        self._messages = rows if messages is None else messages
        self._linger_s = linger_s
        self._judged_bytes = rows * _VALUE_BYTES

    async def gather(self, is_writer_free: Callable[[], bool], *, write_s: float | None = None) -> Batch:
        """Return the next batch; while the writer is busy it goes on growing, up to its full size.

        Parameters
        ----------
        is_writer_free : callable
            Tells whether a batch would be written at once.
        write_s : float, optional
            What writing the batch before took: little comes when that was short, and waiting long is not worth it. [s]
        """
        loop = asyncio.get_running_loop()
        batch = Batch()
        batch.add(await self._judge(await self._take()))
        linger_s = self._linger_s if write_s is None else min(self._linger_s, _LINGER_PER_WRITE * write_s)
        deadline = loop.time() + linger_s
        while batch.value_count < self._rows and batch.message_count < self._messages:
            late = loop.time() >= deadline
            if late and is_writer_free():
                break
            if self._inbox.waiting_bytes < self._judged_bytes:
                await asyncio.sleep(_MOMENT_S)
            until = loop.time() + linger_s / 4 if late else deadline
            try:
                async with asyncio.timeout_at(until):
                    messages = await self._take()
            except TimeoutError:
                continue
            batch.add(await self._judge(messages))
        return batch

    async def _take(self) -> Parcel:
        return await self._inbox.take(byte_count=self._judged_bytes)
