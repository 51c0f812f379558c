import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator

import httpx
import pytest

from core.errors import ConfigurationError
from db.access import create_token
from db.connection import Role, connect
from tests.api.conftest import bearer, settings_at
from tests.api.serving import served
from tests.api.world import NOW

FORECAST = (
    "INSERT INTO forecast_run (issued_at, known_until, horizon_slots, quantiles) VALUES (now(), now(), 1, '{0.5}')"
)
BATCH = (
    "INSERT INTO ingest_batch (worker, message_count, received, stored, duplicate, revised, refused)"
    " VALUES ('ingest-1', 1, 1, 1, 0, 0, 0)"
)


async def _secret(url: str, *scopes: str) -> str:
    async with await connect(url, None) as connection:
        return (await create_token(connection, "listener", scopes))[1]


async def _execute(url: str, role: Role, statement: str) -> None:
    async with await connect(url, role) as connection:
        await connection.execute(statement)


async def _events(answer: httpx.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            yield line.removeprefix("event: ")


async def _listening(client: httpx.AsyncClient, address: str) -> None:
    while (await client.get(f"{address}/readyz")).json()["news"] != "listening":  # noqa: ASYNC110 - over HTTP
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def _stream(database_url: str, *scopes: str) -> AsyncIterator[AsyncIterator[str]]:
    """Open a stream once the server listens; give its kinds of event."""
    headers = bearer(await _secret(database_url, *scopes)) | {"Last-Event-ID": "999"}
    async with served(settings_at(NOW), database_url) as address, httpx.AsyncClient(timeout=20) as client:
        await _listening(client, address)
        async with client.stream("GET", f"{address}/v1/stream", headers=headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield _events(answer)


async def _told(events: AsyncIterator[str], kinds: set[str]) -> set[str]:
    seen: set[str] = set()
    while not kinds <= seen:
        seen.add(await anext(events))
    return seen


async def test_changes_of_the_database_are_told_as_they_happen(database_url: str):
    async with _stream(database_url, "read:grid", "read:ingest") as events:
        await _execute(database_url, Role.COMPUTE, FORECAST)
        assert await _told(events, {"forecast"}) == {"forecast"}
        await _execute(database_url, Role.INGEST, BATCH)
        assert await _told(events, {"ingest"}) == {"ingest"}


async def test_news_of_ingest_are_for_those_who_may_read_it(database_url: str):
    async with _stream(database_url, "read:grid") as events:
        await _execute(database_url, Role.INGEST, BATCH)
        await asyncio.sleep(1.5)  # longer than changes are gathered: a leak would be told first
        await _execute(database_url, Role.COMPUTE, FORECAST)
        assert await _told(events, {"forecast"}) == {"forecast"}


async def test_a_lost_database_connection_is_made_again_and_everything_told_anew(database_url: str):
    async with _stream(database_url, "read:grid") as events:
        async with await connect(database_url, None, autocommit=True) as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        assert await _told(events, {"forecast", "event", "command"}) == {"forecast", "event", "command"}


async def _process(database_url: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, "SOMEL_DATABASE_URL": database_url, "SOMEL_API_PORT": "0"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )


async def _address_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        words = line.decode().replace("\x1b[0m", "").split("http://")
        if len(words) > 1:
            return "http://" + words[1].split("/")[0]
    raise AssertionError("the process said no address")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_asked_for_is_a_success_even_with_a_stream_open(database_url: str, number: signal.Signals):
    secret = await _secret(database_url, "read:grid")
    process = await _process(database_url)
    address = await _address_of(process)
    async with (
        httpx.AsyncClient(timeout=20) as client,
        client.stream("GET", f"{address}/v1/stream", headers=bearer(secret)) as answer,
    ):
        lines = answer.aiter_lines()
        await anext(lines)
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 10) == 0
        async for _ in lines:  # the stream ended, it did not break
            pass


async def test_a_process_without_a_database_says_which_setting_is_missing():
    environment = {name: value for name, value in os.environ.items() if name != "SOMEL_DATABASE_URL"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == ConfigurationError.exit_code
    assert b"SOMEL_DATABASE_URL" in said


async def test_an_address_in_use_is_a_matter_for_the_operator(database_url: str):
    async with served(settings_at(NOW), database_url) as address:
        taken = settings_at(NOW).model_copy(update={"api_port": int(address.rpartition(":")[2])})
        with pytest.raises(ConfigurationError) as refused:
            async with served(taken, database_url):
                pass
    assert refused.value.code == "address_in_use"
