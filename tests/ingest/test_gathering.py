"""Batches: when they are full, how long they wait, and who is held back meanwhile."""

import asyncio
import time
from typing import Any

import numpy as np

from db.columns import IntervalColumns, ReadingColumns
from ingest.batch import Batch, Gatherer
from ingest.inbox import Inbox
from ingest.judging import Judged
from ingest.parcel import Message, Parcel


class Acknowledging:
    """Stand where a connection stands and write down what is acknowledged."""

    def __init__(self) -> None:
        self.packet_ids: list[int] = []

    def acknowledge(self, packet_ids: Any) -> None:
        self.packet_ids += list(packet_ids)


def message(number: int, connection: Any = None, size: int = 10) -> Message:
    return Message("somel/v1/0/gw-0001/batch", None, bytes(size), number, connection, 0)


async def ten_values(messages: Parcel) -> Judged:
    """Judge every message to hold ten values."""
    count = 10 * len(messages)
    columns = IntervalColumns(
        usage_point_id=np.zeros(count, np.int32),
        register_id=np.ones(count, np.int16),
        quality=np.zeros(count, np.int16),
        step_s=np.full(count, 1_800, np.int32),
        start_s=np.zeros(count, np.int64),
        value=np.zeros(count, np.float32),
    )
    none = np.full(len(messages), -1)
    return Judged(messages, columns, ReadingColumns.empty(), [], [], none.astype(np.int32), none.astype(np.int64))


async def test_a_batch_ends_when_it_is_full_and_leaves_the_rest_for_the_next():
    inbox = Inbox(lambda _: None)
    gatherer = Gatherer(inbox, ten_values, rows=100, linger_s=10.0)
    inbox.put(Parcel.of([message(number) for number in range(1, 31)]))
    began_s = time.monotonic()
    first = await gatherer.gather(lambda: True)
    second = await gatherer.gather(lambda: True)
    assert time.monotonic() - began_s < 5.0
    assert first.value_count >= 100
    assert [one.packet_id for batch in (first, second) for parcel in batch.parcels for one in parcel] == list(
        range(1, 1 + first.message_count + second.message_count)
    )


async def test_a_batch_that_does_not_fill_ends_after_its_linger():
    inbox = Inbox(lambda _: None)
    inbox.put(Parcel.of([message(1)]))
    batch = await Gatherer(inbox, ten_values, rows=1_000, linger_s=0.05).gather(lambda: True)
    assert batch.value_count == 10


async def test_a_batch_goes_on_growing_while_the_writer_is_busy():
    inbox = Inbox(lambda _: None)
    free = asyncio.Event()
    inbox.put(Parcel.of([message(1)]))
    gathering = asyncio.create_task(Gatherer(inbox, ten_values, rows=1_000, linger_s=0.02).gather(free.is_set))
    await asyncio.sleep(0.1)
    inbox.put(Parcel.of([message(2)]))
    await asyncio.sleep(0.1)
    assert not gathering.done()
    free.set()
    assert (await gathering).value_count == 20


async def test_reading_stops_when_too_much_is_held_and_goes_on_when_half_is_done():
    paused: list[bool] = []
    inbox = Inbox(paused.append, held_bytes=10_000)
    messages = [message(number, size=1_000) for number in range(12)]
    for one in messages:
        inbox.put(Parcel.of([one]))
    assert paused == [True]
    inbox.release([Parcel.of(messages[:5])])
    assert paused == [True]
    inbox.release([Parcel.of(messages[5:10])])
    assert paused == [True, False]


async def test_acknowledgements_go_to_the_connection_that_each_message_came_on_in_order():
    old, new = Acknowledging(), Acknowledging()
    unacknowledged = Message("somel/v1/0/gw-0001/live", None, b"", None, old, 0)
    first = Parcel.of([message(5, old), message(6, old), message(1, new), message(7, old)])
    batch = Batch(parcels=[first, Parcel.of([unacknowledged, message(8, old)])])
    batch.acknowledge()
    assert (old.packet_ids, new.packet_ids) == ([5, 6, 7, 8], [1])
