"""Changes are told in their order and without a gap, only to who may read, however often a reader comes back."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.enjoy.streaming import EventStream
from core.settings import read_settings
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import AT, VELO
from tests.api.serving import served
from tests.db.village import ask
from tests.enjoy.stations import bike

OPEN = VELO | {"openness": "open"}


@contextlib.asynccontextmanager
async def reading(
    address: str, *, secret: str | None = None, last: int | None = None, since: int | None = None
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """Read a stream of a server that runs; gives its events."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    headers |= {} if secret is None else {"Authorization": secret}
    async with (
        httpx.AsyncClient(base_url=f"{address}/enjoy", headers=headers, timeout=20) as client,
        client.stream("GET", "/v1/datasets/velo/events", params={} if since is None else {"since": since}) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    number = ""
    async for line in answer.aiter_lines():
        if line.startswith("id: "):
            number = line.removeprefix("id: ")
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: ")) | {"_id": int(number)}


async def next_of(events: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    return await asyncio.wait_for(anext(events), 10)


@pytest.fixture
async def address(callers: Callers) -> AsyncIterator[str]:
    async with served(read_settings(api_port=0), callers.url) as address:
        yield address


async def test_a_reader_is_told_what_changed_and_comes_back_to_where_it_was(callers: Callers, address: str):
    await callers.ilevia.post("/v1/datasets", json=OPEN)
    async with reading(address) as events:
        waiting = asyncio.ensure_future(next_of(events))
        await asyncio.sleep(0.3)
        await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 7), bike("B", AT, 2)])
        told = await waiting
    assert {name: told[name] for name in ("specversion", "type", "id", "source", "_id")} == {
        "specversion": "1.0",
        "type": "somel.enjoy.records.changed",
        "id": "velo/1",
        "source": "/enjoy/v1/datasets/velo",
        "_id": 1,
    }
    assert (told["data"]["inserted"], told["data"]["first_at"], told["data"]["last_at"]) == (2, AT, AT)
    assert sorted((one["station"], one["bikes"]) for one in told["data"]["records"]) == [("A", 7), ("B", 2)]
    assert told["data"]["records"][0]["geometry"] == {"type": "Point", "coordinates": [3.07, 50.63]}
    await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 7)])  # the same again: no change
    await callers.sandbox.post("/v1/datasets/velo/records", json=[bike("A", AT, 8)])  # nor a trial
    await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 9)])
    await callers.ilevia.request("DELETE", "/v1/datasets/velo/records", json=[{"station": "B", "at": AT}])
    many = [bike(f"S{number}", AT, 1) for number in range(150)]
    await callers.ilevia.post("/v1/datasets/velo/records", json=many)
    async with reading(address, last=1) as events:
        corrected, deleted, swollen = [await next_of(events) for _ in range(3)]
    assert [one["_id"] for one in (corrected, deleted, swollen)] == [2, 3, 4]
    assert (corrected["data"]["updated"], corrected["data"]["records"][0]["bikes"]) == (1, 9)
    assert deleted["type"] == "somel.enjoy.records.deleted"
    assert deleted["data"]["keys"] == [{"at": "2026-01-15T17:30:00+00:00", "station": "B"}]
    assert (swollen["data"]["inserted"], swollen["data"]["records"]) == (150, None)
    assert swollen["data"]["href"] == f"/enjoy/ogc/collections/velo/items?datetime={AT}/{AT}"
    async with reading(address, since=0) as events:
        assert [(await next_of(events))["_id"] for _ in range(4)] == [1, 2, 3, 4]


async def test_no_change_is_missed_or_told_twice_while_many_write(callers: Callers, address: str):
    await callers.ilevia.post("/v1/datasets", json=OPEN)

    async def write(station: str) -> None:
        for bikes in range(8):
            await callers.ilevia.post("/v1/datasets/velo/records", json=[bike(station, AT, bikes)])

    writing = asyncio.gather(*(write(f"S{number}") for number in range(4)))
    numbers: list[int] = []
    while len(numbers) < 32:  # a reader that loses its connection after each few events
        async with reading(address, last=numbers[-1] if numbers else 0) as events:
            numbers += [(await next_of(events))["_id"] for _ in range(min(5, 32 - len(numbers)))]
    await writing
    assert numbers == list(range(1, 33))


async def test_who_comes_back_too_late_is_told_what_is_missing(callers: Callers, address: str):
    await callers.ilevia.post("/v1/datasets", json=OPEN)
    for bikes in range(3):
        await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, bikes)])
    await asyncio.to_thread(ask, callers.url, "DELETE FROM catalogue.record_change WHERE number < 3")
    async with reading(address, last=0) as events:
        missed, kept = await next_of(events), await next_of(events)
    assert (missed["type"], missed["_id"]) == ("somel.enjoy.records.missed", 2)
    assert (missed["data"]["first_number"], missed["data"]["last_number"], kept["_id"]) == (1, 2, 3)
    await asyncio.to_thread(ask, callers.url, "DELETE FROM catalogue.record_change")
    async with reading(address, last=2) as events:
        missed = await next_of(events)
    assert (missed["data"]["first_number"], missed["data"]["last_number"]) == (3, 3)


async def test_a_private_dataset_is_streamed_only_while_it_may_be_read(callers: Callers, address: str):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    stranger = await callers.stranger.get("/v1/datasets/velo/events")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "dataset_unknown")
    assert (await callers.lille.get("/v1/datasets/velo/events")).status_code == 404
    wrong = await callers.ilevia.get("/v1/datasets/velo/events", headers={"Last-Event-ID": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "event_id_invalid")
    await callers.ilevia.put("/v1/datasets/velo/shares/lille")
    async with reading(address, secret=callers.lille.headers["Authorization"]) as events:
        waiting = asyncio.ensure_future(next_of(events))
        await asyncio.sleep(0.3)
        await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 1)])
        assert (await waiting)["_id"] == 1
        await callers.ilevia.delete("/v1/datasets/velo/shares/lille")
        await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 2)])
        with pytest.raises(StopAsyncIteration):
            await next_of(events)


async def test_a_stream_ends_with_the_key_that_opened_it(callers: Callers, address: str):
    await callers.ilevia.post("/v1/datasets", json=OPEN)
    async with reading(address, secret=callers.reader.headers["Authorization"]) as events:
        await asyncio.to_thread(
            ask, callers.url, "UPDATE catalogue.api_key SET revoked_at = clock_timestamp() WHERE name = 'eve'"
        )
        await asyncio.sleep(0.3)
        await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 2)])
        with pytest.raises(StopAsyncIteration):
            await next_of(events)


async def test_a_reader_that_does_not_read_is_dropped(callers: Callers, address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(EventStream, "patience_s", 0.5)
    await callers.ilevia.post("/v1/datasets", json=OPEN)
    await callers.ilevia.post("/v1/datasets/velo/records", json=[bike(f"{'S' * 2_000}{n}", AT, 1) for n in range(20)])
    ask(
        callers.url,
        "INSERT INTO catalogue.record_change"
        " (dataset_id, number, at, inserted_count, updated_count, deleted_count, keys) "
        "SELECT dataset_id, more, at, 0, 20, 0, keys FROM catalogue.record_change, generate_series(2, 500) AS more",
    )
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect((host, int(port)))
        deaf.sendall(b"GET /enjoy/v1/datasets/velo/events?since=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        deaf.setblocking(False)
        for _ in range(20):
            await asyncio.sleep(0.1)
            # Somebody else is served all the while.
            assert (await callers.stranger.get("/v1/datasets/velo")).status_code == 200
        deaf.setblocking(True)
        deaf.settimeout(5)
        received = 0
        with contextlib.suppress(ConnectionError):  # 20 MB are more than sockets hold
            while piece := await asyncio.to_thread(deaf.recv, 65_536):
                received += len(piece)
    assert received < 500 * 20 * 2_000, "it did not get everything: it was dropped"


async def test_one_reader_has_so_many_streams_and_no_more(callers: Callers):
    streams = callers.traffic.streams
    await callers.ilevia.post("/v1/datasets", json=OPEN)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(streams.one_for("127.0.0.1"))
        refused = await callers.stranger.get("/v1/datasets/velo/events")
        assert (refused.status_code, refused.json()["code"]) == (503, "streams_spent")
