"""What is stored of a gateway's sequence numbers, against sets of numbers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConflictError
from db.columns import ReadingColumns
from db.connection import Connection, Role, connect
from db.deliveries import NEW_NUMBERING, Arrivals, Claim, record_deliveries
from db.writing import BatchCounts, Refusal, write_batch
from tests.db.village import Value, ask, intervals

NOW = datetime(2026, 2, 1, 7, tzinfo=UTC)
FAR = 5 * NEW_NUMBERING


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    async with await connect(database_url, Role.INGEST) as opened:
        yield opened


@pytest.fixture
async def telling(database_url: str) -> AsyncIterator[Connection]:
    async with await connect(database_url, Role.INGEST, autocommit=True) as opened:
        yield opened


def arrivals(*messages: tuple[int, int]) -> Arrivals:
    """Return the arrivals of (gateway, sequence) in the order received."""
    pairs = np.array(messages, np.int64).reshape(-1, 2)
    return Arrivals.of(pairs[:, 0].astype(np.int32), pairs[:, 1])


async def record(connection: Connection, *messages: tuple[int, int]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Record (gateway, sequence) in the order received; return what is stored, by gateway that sends numbers."""
    delivered = await record_deliveries(connection, arrivals(*messages))
    return {one.gateway_id: one.ranges for one in delivered if one.ranges}


async def write(connection: Connection, claim: Claim, count: int) -> BatchCounts:
    return await write_batch(
        connection,
        worker="w-1",
        message_count=1,
        intervals=intervals([Value(1, slot, 1.0) for slot in range(count)]),
        readings=ReadingColumns.empty(),
        refusals=[],
        known_at=NOW,
        claim=claim,
    )


@given(st.lists(st.tuples(st.integers(-1, 3), st.one_of(st.integers(-1, 30), st.integers(FAR, FAR + 30))), max_size=40))
def test_arrivals_are_the_numbers_of_each_gateways_last_numbering(messages: list[tuple[int, int]]):
    wanted: dict[int, set[int]] = {}
    last: dict[int, int] = {}
    for gateway, number in messages:
        if gateway < 0:
            continue
        wanted.setdefault(gateway, set())
        if number < 0:
            continue
        if gateway in last and abs(number - last[gateway]) >= NEW_NUMBERING:
            wanted[gateway] = set()
        wanted[gateway].add(number)
        last[gateway] = number
    found: dict[int, set[int]] = {}
    came = arrivals(*messages)
    for gateway, first, after in zip(came.gateway_id.tolist(), came.first.tolist(), came.after.tolist(), strict=True):
        numbers = found.setdefault(gateway, set())
        assert not numbers & set(range(first, after))
        numbers |= set(range(first, after)) if first >= 0 else set()
    assert found == wanted


async def test_what_is_stored_of_a_gateway_grows_with_each_record_in_any_order(telling: Connection):
    assert await record(telling, (1, 5), (2, -1), (1, 6)) == {1: ((5, 7),)}
    assert await record(telling, (1, 9), (1, 4)) == {1: ((4, 7), (9, 10))}
    for _ in range(2):  # said twice, it is the same
        assert await record(telling, (1, 7), (1, 8), (1, 8)) == {1: ((4, 10),)}


async def test_a_gateway_that_forgot_its_counter_begins_a_new_numbering_up_or_down(telling: Connection):
    await record(telling, (1, 5))
    assert await record(telling, (1, FAR)) == {1: ((FAR, FAR + 1),)}
    assert await record(telling, (1, 6)) == {1: ((6, 7),)}


async def test_of_more_than_64_ranges_the_newest_are_remembered(telling: Connection):
    await record(telling, *((1, 2 * number) for number in range(70)))
    ranges = (await record(telling, (1, 139)))[1]
    assert (len(ranges), ranges[0], ranges[-1]) == (64, (12, 13), (138, 140))


async def test_a_gateway_without_numbers_is_only_noted_as_heard(telling: Connection, database_url: str):
    assert await record(telling, (3, -1)) == {}
    assert ask(database_url, "SELECT gateway_id, isempty(numbers) FROM gateway_delivery") == [(3, True)]


async def test_nothing_is_written_for_a_shard_that_has_moved_on(connection: Connection, database_url: str):
    ask(database_url, "INSERT INTO ingest_shard (shard, worker) VALUES (0, 'w-1'), (1, 'w-2')")
    await write(connection, Claim("w-1", [0]), count=2)
    with pytest.raises(ConflictError, match="taken over"):
        await write(connection, Claim("w-1", [0, 1]), count=4)
    assert ask(database_url, "SELECT count(*) FROM interval_reading") == [(2,)]


async def test_totals_by_worker_and_code_are_the_sums_of_all_batches(connection: Connection, database_url: str):
    refusal = Refusal("t", None, "value_negative", "Negative.", 3, b"x")
    for _ in range(2):
        await write_batch(
            connection,
            worker="w-1",
            message_count=2,
            intervals=intervals([Value(1, 0, 1.0), Value(1, 1, 1.0)]),
            readings=ReadingColumns.empty(),
            refusals=[refusal, refusal],
            known_at=NOW,
        )
    totals = "SELECT batch_count, message_count, received, stored, duplicate, revised, refused FROM ingest_total"
    assert ask(database_url, totals) == [(2, 4, 16, 2, 2, 0, 12)]
    assert ask(database_url, "SELECT code, message_count, refused_count FROM refusal_total") == [
        ("value_negative", 4, 12)
    ]
