"""Files of any length: what breaks is seen to break, who leaves frees what it held, and memory does not grow."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.enjoy.download import Blocks, Download, takes_gzip
from db.connection import Connection, connect
from tests.api.conftest import settings_at
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import VELO
from tests.api.serving import served
from tests.enjoy.test_publishing import NOW
from tests.support.documentation import ROOT

MANY = 250_000
EXPORT = "/enjoy/v1/datasets/velo/export"
FILL = """
INSERT INTO record.d1 (station, at, bikes, _geometry, _received_at)
SELECT 'a station with a rather long name ' || n %% 500, timestamptz '2026-01-01Z' + n / 500 * interval '1 min', n,
    ST_SetSRID(ST_MakePoint(3 + n * 1e-9, 50.5), 4326), now()
FROM generate_series(1, %s) AS n
"""
COPYING = (
    "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT%' AND state = 'active' AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def owner(callers: Callers) -> AsyncIterator[Connection]:
    """Publish a large open dataset; give a connection that may see and end others."""
    assert (await callers.ilevia.post("/v1/datasets", json=VELO | {"openness": "open"})).status_code == 201
    async with await connect(callers.url, None, autocommit=True) as connection:
        await connection.execute(FILL, [MANY])
        yield connection


async def _copying(owner: Connection) -> list[int]:
    return [pid for (pid,) in await (await owner.execute(COPYING)).fetchall()]


async def _received(client: httpx.AsyncClient, owner: Connection) -> AsyncIterator[int]:
    """Read an export whose backend is ended once it has begun; give the sizes of what comes."""
    async with client.stream("GET", EXPORT, params={"f": "geojson"}) as answer:
        assert answer.status_code == 200
        parts = answer.aiter_raw()
        yield len(await anext(parts))
        (pid,) = await _copying(owner)
        await owner.execute("SELECT pg_terminate_backend(%s)", [pid])
        async for part in parts:
            yield len(part)


async def test_an_error_in_the_middle_breaks_the_transfer(owner: Connection, callers: Callers):
    async with served(settings_at(NOW), callers.url) as address, httpx.AsyncClient(base_url=address) as client:
        sizes: list[int] = []

        async def read() -> None:
            async for size in _received(client, owner):
                sizes.append(size)  # noqa: PERF401 - what came before the error is wanted

        with pytest.raises(httpx.RemoteProtocolError):
            await read()
    assert 0 < sum(sizes) < MANY * 200


async def test_who_leaves_early_frees_the_connection(owner: Connection, callers: Callers):
    async with served(settings_at(NOW), callers.url) as address, httpx.AsyncClient(base_url=address) as client:
        for form in ("geojson", "csv", "parquet", "geojson", "csv"):  # more than there are connections for exports
            async with client.stream("GET", EXPORT, params={"f": form}) as answer:
                assert answer.status_code == 200
                assert await anext(answer.aiter_raw())
            async with asyncio.timeout(5):
                while await _copying(owner):  # noqa: ASYNC110 - the server tells nobody when it has stopped
                    await asyncio.sleep(0.02)
        counted = await client.get(EXPORT, params={"f": "geojson", "station": "a station with a rather long name 7"})
        assert counted.json()["numberReturned"] == MANY / 500


async def test_a_reader_that_takes_nothing_is_left_and_the_answer_has_no_end():
    closed, sent = asyncio.Event(), []

    async def blocks() -> Blocks:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    async def send(message):
        sent.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive():
        return await asyncio.Event().wait()

    answer = Download(blocks(), headers={}, media_type="text/plain", patience_s=0.05)
    await answer({"type": "http"}, receive, send)
    assert closed.is_set()
    assert [message.get("more_body") for message in sent] == [None, True]


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [("gzip", True), ("br;q=1, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_gzip_is_for_those_who_take_it(accepted: str, takes: bool):
    assert takes_gzip(accepted) is takes


@contextmanager
def _api(url: str) -> Iterator[tuple[int, str]]:
    """Serve in a process of its own; give its number and address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"SOMEL_DATABASE_URL": url, "SOMEL_API_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-m", "api"], cwd=ROOT, env=environment) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(300):
                time.sleep(0.1)
                try:
                    httpx.get(f"{address}/healthz")
                    break
                except httpx.TransportError:
                    continue
            yield process.pid, address
        finally:
            process.terminate()


def _most_mb(pid: int) -> float:
    """Return how much memory a process has had at most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


@pytest.mark.slow(25)
async def test_memory_does_not_grow_with_what_is_sent(owner: Connection, callers: Callers):
    with _api(callers.url) as (pid, address):
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            sizes = {}
            for form in ("geojson", "csv", "parquet"):
                few = {"f": form, "station": "a station with a rather long name 7"}
                assert (await client.get(EXPORT, params=few)).status_code == 200
                before_mb = _most_mb(pid)
                sizes[form] = 0
                async with client.stream("GET", EXPORT, params={"f": form}) as answer:
                    async for part in answer.aiter_bytes():
                        sizes[form] += len(part)
                grown_mb = _most_mb(pid) - before_mb
                assert grown_mb < (100 if form == "parquet" else 15), (form, grown_mb, sizes)
    assert sizes["geojson"] > 50e6  # several times of what it may grow
