"""Shares: whoever looks, in whatever order, in the end every shard has one owner and nobody more than a fair share."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConflictError
from db.connection import Connection, Role, connect
from db.workers import DUTIES, Situation, give_shard, sign_on, situation, take_shard
from ingest.leases import Leases, plan
from tests.db.village import ask


@given(shards=st.integers(1, 12), data=st.data())
def test_shares_settle_whatever_the_order_in_which_workers_come_go_and_look(shards: int, data: st.DataObject):
    owned: dict[str, set[int]] = {"w-1": set()}
    for _ in range(data.draw(st.integers(0, 12))):
        name = f"w-{data.draw(st.integers(1, 5))}"
        if name in owned and len(owned) > 1 and data.draw(st.booleans()):
            del owned[name]
        else:
            owned.setdefault(name, set())
        look(owned, data.draw(st.sampled_from(sorted(owned))), shards)
    for _ in range(shards + 2):
        for name in data.draw(st.permutations(sorted(owned))):
            look(owned, name, shards)
    count = Counter(shard for mine in owned.values() for shard in mine)
    assert count == Counter([*range(shards), DUTIES])
    shares = [len(mine - {DUTIES}) for mine in owned.values()]
    assert max(shares) - min(shares) <= 1


def look(owned: dict[str, set[int]], name: str, shards: int) -> None:
    """Let one worker look and act once."""
    held = [shard for mine in owned.values() for shard in mine]
    steps = plan(Situation(sorted(owned), held, [], []), name, owned[name], shards)
    owned[name] -= set(steps.give[-1:])
    owned[name] |= set(steps.take)
    assert len(held) == len(set(held))


def test_what_a_worker_had_before_the_server_started_is_left_to_it():
    found = Situation(["w-1"], [], [0, DUTIES], [])
    assert plan(found, "w-1", [], 3).take == (1, 2)


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[list[Connection]]:
    opened = [await connect(database_url, Role.INGEST, autocommit=True) for _ in range(3)]
    yield opened
    for connection in opened:
        await connection.close()


async def test_names_are_unique_and_the_lowest_number_is_used_again(connections: list[Connection]):
    one, two, three = connections
    assert await sign_on(one, "host", host="h", pid=1) == "host-1"
    assert await sign_on(two, "host", host="h", pid=2) == "host-2"
    await one.close()
    assert await until_free(three) == "host-1"


async def until_free(connection: Connection) -> str:
    """Sign on as soon as PostgreSQL has noticed that a session has ended."""
    for _ in range(100):
        if len((await situation(connection, "")).workers) == 1:
            break
        await asyncio.sleep(0.02)
    return await sign_on(connection, "host", host="h", pid=3, again="host-1")


async def test_a_shard_has_one_owner_until_it_is_given_up(connections: list[Connection]):
    one, two, _ = connections
    assert await take_shard(one, "w-1", 3)
    assert not await take_shard(two, "w-2", 3)
    assert (await situation(two, "w-2")).held == [3]
    await give_shard(one, 3)
    assert await take_shard(two, "w-2", 3)


async def test_a_worker_that_finds_its_shard_taken_starts_anew(database_url: str, connections: list[Connection]):
    async def nothing(_: int) -> None: ...

    leases = Leases(database_url, name="w", shards=1, begin=nothing, end=nothing, facts=lambda: (0, True))
    working = asyncio.create_task(leases.run())
    await leases.has_looked.wait()
    while leases.mine != {0, DUTIES}:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)
    ask(database_url, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    while not await take_shard(connections[0], "other-1", 0):  # noqa: ASYNC110 - as quick as can be
        await asyncio.sleep(0)
    with pytest.raises(ConflictError, match="shard 0"):
        await working
    await leases.close()
