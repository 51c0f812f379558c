"""The Enjoy process: one works, the next takes over when it dies, and what fails is tried again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from structlog.testing import capture_logs

from core.clock import Clock
from core.errors import ConfigurationError, InputError, RetryableError
from core.settings import read_settings
from db.connection import Role, connect
from enjoy.acting import Connect
from enjoy.worker import Job, run


@asynccontextmanager
async def working(database_url: str, *jobs: Job) -> AsyncIterator[None]:
    """Run the jobs for the time of a block."""
    ready = asyncio.Event()
    task = asyncio.create_task(run(read_settings(), database_url=database_url, ready=ready.set, jobs=jobs))
    try:
        async with asyncio.timeout(10):
            await ready.wait()
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - something else makes it true
            await asyncio.sleep(0.02)


class Counting:
    """A job that counts, and fails the first times."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.done = 0
        self.tried = 0

    async def __call__(self, opened: Connect, clock: Clock) -> None:
        self.tried += 1
        if self.errors:
            raise self.errors.pop(0)
        async with opened(Role.ENJOY_WRITE) as connection:
            await connection.execute("SELECT 1")
        assert clock.now().tzinfo is not None
        self.done += 1


async def test_what_fails_is_logged_and_tried_again_while_the_others_go_on(database_url: str):
    failing = Counting(RetryableError("away", "It is away."), ValueError("a fault of ours"), InputError("bad", "Bad."))
    steady = Counting()
    with capture_logs() as logs:
        async with working(database_url, Job("failing", 0.1, failing), Job("steady", 0.05, steady)):
            await until(lambda: failing.done >= 2 and steady.done >= 3)
    told = [entry for entry in logs if entry["event"] == "job_failed"]
    assert [(one["job"], one["again_in_s"]) for one in told] == [("failing", 0.1), ("failing", 0.2), ("failing", 0.4)]
    assert [one["log_level"] for one in told] == ["warning", "error", "warning"]


async def test_of_two_processes_one_works_and_the_other_takes_over(database_url: str):
    first, second = Counting(), Counting()
    async with AsyncExitStack() as stack:
        async with working(database_url, Job("first", 0.02, first)):
            await until(lambda: first.done > 0)
            await stack.enter_async_context(working(database_url, Job("second", 0.02, second)))
            await asyncio.sleep(1.5)
            assert second.tried == 0
        await until(lambda: second.done > 0)


async def test_what_the_operator_must_mend_ends_the_process(database_url: str):
    job = Job("unmigrated", 1.0, Counting(ConfigurationError("database_not_migrated", "Migrate.")))
    with pytest.raises(ConfigurationError, match="database_not_migrated"):
        await run(read_settings(), database_url=database_url, jobs=[job])


async def test_a_server_that_ends_the_connection_is_come_back_to(database_url: str):
    counting = Counting()
    async with working(database_url, Job("counting", 0.05, counting)):
        await until(lambda: counting.done > 0)
        with capture_logs() as logs:
            await _end_lock_holders(database_url)
            await until(lambda: any(entry["event"] == "enjoy_works" for entry in logs))
        done = counting.done
        await until(lambda: counting.done > done)
    assert "enjoy_waits" in {entry["event"] for entry in logs}


async def _end_lock_holders(database_url: str) -> None:
    async with await connect(database_url, None) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )


async def test_the_process_says_when_it_is_ready_and_stops_at_a_signal(database_url: str):
    environment = {**os.environ, "SOMEL_DATABASE_URL": database_url, "SOMEL_MQTT_URL": "mqtt://127.0.0.1:1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "somel", "enjoy", "run", stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"enjoy: ready\n"
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
