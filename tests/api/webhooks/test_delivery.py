"""Nothing that a subscriber asked for is lost, whatever is killed; and nobody waits for somebody else."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.webhooks.delivery import Patience
from api.webhooks.notifying import notifying
from core.settings import read_settings
from db.connection import Role, connect
from db.notifications import deliveries, retry_deliveries
from tests.api.webhooks.subscriber import Heard, Subscriber, certificate_for, obliging, said, stall, subscriber
from tests.api.webhooks.vtn import Vtn, opened
from tests.ingest.running import ROOT, until

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def vtn(database_url: str) -> Iterator[Vtn]:
    with opened(database_url) as vtn:
        vtn.client("bl", "bl")
        yield vtn


@contextlib.asynccontextmanager
async def at_work(database_url: str, **settings: object) -> AsyncIterator[None]:
    known: dict[str, Any] = {"openadr_development": True, "openadr_callback_wait_s": 0.05, **settings}
    async with notifying(read_settings(**known), database_url=database_url):
        yield


def address(server: Subscriber, path: str = "/", scheme: str = "http") -> str:
    return f"{scheme}://localhost:{server.port}{path}"


def statuses(vtn: Vtn) -> dict[str, int]:
    return dict(vtn.rows("SELECT status, count(*)::integer FROM openadr_delivery GROUP BY status"))


def stumbling(taken: list[Heard], every: int):
    """Take notifications but each so-manieth, at which the server fails or hangs up."""
    count = 0

    def reply(handler, body: bytes) -> None:
        nonlocal count
        count += 1
        if count % every == 0:
            handler.connection.close() if count % 2 else said(503)(handler, body)
            return
        taken.append(Heard("POST", handler.path, {}, body))  # before the answer, which the sender may not live to read
        obliging(handler, body)

    return reply


@contextlib.contextmanager
def api_process(database_url: str, certificate: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m api`` until the end of the block at the latest."""
    environment = os.environ | {
        "SOMEL_DATABASE_URL": database_url,
        "SOMEL_API_PORT": "0",
        "SOMEL_OPENADR_DEVELOPMENT": "true",
        "SOMEL_OPENADR_CALLBACK_WAIT_S": "0.05",
        "SSL_CERT_FILE": str(certificate),
    }
    started = subprocess.Popen([sys.executable, "-m", "api"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@pytest.mark.slow(25)
async def test_notifications_survive_kill_9_in_the_order_of_each_object(vtn: Vtn, database_url: str, tmp_path: Path):
    certificate = certificate_for(tmp_path, "localhost")
    taken: list[Heard] = []
    with subscriber(stumbling(taken, every=7), certificate=certificate) as server:
        vtn.subscribe("bl", address(server, scheme="https"))
        for version in range(20):
            for name in "abc":
                vtn.change(name, version=version)
        with api_process(database_url, certificate) as process:
            await until(lambda: len(taken) >= 15)
            process.kill()  # while it delivers
        for version in range(20, 25):  # while nobody is there
            for name in "abc":
                vtn.change(name, version=version)
        with api_process(database_url, certificate):
            await until(lambda: statuses(vtn) == {"delivered": 75})
    for name in "abc":
        versions = [heard.notification["object"]["version"] for heard in taken if f'"{name}"'.encode() in heard.body]
        first_seen = list(dict.fromkeys(versions))
        assert first_seen == list(range(25)), "all are there, and new ones in their order"
        assert versions == sorted(versions), "one that comes again comes before the next"
        assert len(versions) <= 25 + 1, "only what a kill interrupted comes again"


async def test_who_is_slow_or_broken_holds_nobody_up_and_is_given_up(vtn: Vtn, database_url: str):
    with (
        subscriber() as good,
        subscriber(stall) as slow,
        subscriber(said(500)) as broken,
        subscriber(said(410)) as gone,
    ):
        vtn.subscribe("bl", address(good))
        for client, server in (("slow", slow), ("broken", broken), ("gone", gone)):
            vtn.client(client)
            vtn.subscribe(client, *[address(server, f"/{number}") for number in range(6)])
        for version in range(3):
            vtn.change("e", version=version)
        async with at_work(database_url, openadr_callback_attempts=3):
            await until(lambda: len(good.heard) == 3, within_s=3)
            await until(lambda: statuses(vtn).get("failed") == 36)
        assert [heard.notification["object"]["version"] for heard in good.heard] == [0, 1, 2]
        assert len(broken.heard) == 6 * 3 * 3
        assert len(gone.heard) == 6 * 3, "once each, for 410 says that there is no use in trying"
        async with await connect(database_url, Role.OWNER) as connection:
            failed = await deliveries(connection, status="failed", limit=100)
            assert {(one.client_id, one.answer) for one in failed} == {("broken", "status 500"), ("gone", "status 410")}
            broken.reply = gone.reply = obliging
            assert await retry_deliveries(connection, [failed[0].openadr_delivery_id]) == 1
            assert await retry_deliveries(connection, None) == 35
            await connection.commit()
        async with at_work(database_url):
            await until(lambda: statuses(vtn).get("failed", 0) == 0 and statuses(vtn)["delivered"] >= 39)


async def test_what_waits_too_long_is_given_up_without_a_try_each(vtn: Vtn, database_url: str):
    with subscriber(said(503)) as server:
        vtn.subscribe("bl", address(server))
        for version in range(50):
            vtn.change("e", version=version)
        async with at_work(database_url, openadr_callback_give_up_s=0.3):
            await until(lambda: statuses(vtn) == {"failed": 50})
    assert len(server.heard) < 25


async def test_a_subscription_that_changes_its_mind_is_heeded_at_once(vtn: Vtn, database_url: str):
    with subscriber(said(503)) as server:
        kept = vtn.subscribe("bl", address(server, "/kept"), token="old")
        changed = vtn.subscribe("bl", address(server, "/changed"))
        deleted = vtn.subscribe("bl", address(server, "/deleted"))
        vtn.change("e")
        async with at_work(database_url):
            await until(lambda: len({heard.path for heard in server.heard}) == 3)
            operation = "jsonb_set(content, '{objectOperations,0,%s}', %%s)"
            update = "UPDATE openadr_object SET content = {} WHERE object_id = %s"
            vtn.rows(update.format(operation % "callbackUrl"), ['"https://elsewhere.example/"', changed])
            vtn.rows(update.format(operation % "bearerToken"), ['"new"', kept])
            vtn.rows("DELETE FROM openadr_object WHERE object_id = %s", [deleted])
            await asyncio.sleep(0.3)
            server.heard.clear()
            server.reply = obliging
            await until(lambda: statuses(vtn) == {"delivered": 1, "failed": 1})
    assert [(heard.path, heard.headers["authorization"]) for heard in server.heard] == [("/kept", "Bearer new")]


async def test_of_several_processes_one_works_and_another_takes_over(vtn: Vtn, database_url: str):
    with subscriber() as server:
        vtn.subscribe("bl", address(server))
        async with at_work(database_url):
            async with at_work(database_url):
                vtn.change("e", version=0)
                await until(lambda: statuses(vtn) == {"delivered": 1})
            vtn.change("e", version=1)
            await until(lambda: statuses(vtn) == {"delivered": 2})  # what is heard and not noted yet is told again
            ended = vtn.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'somel somel_compute'"
            )
            assert ended
            vtn.change("e", version=2)
            await until(lambda: statuses(vtn) == {"delivered": 3})
    assert [heard.notification["object"]["version"] for heard in server.heard] == [0, 1, 2]


def test_patience_grows_with_jitter_and_has_an_end():
    patience = Patience(attempts=12, wait_s=2.0, give_up_s=86_400.0)
    waits = [[patience.wait_after(failures) for _ in range(50)] for failures in range(40)]
    assert all(1.0 <= wait <= 2.0 for wait in waits[0])
    assert all(4.0 <= wait <= 8.0 for wait in waits[2])
    assert all(1_800.0 <= wait <= 3_600.0 for wait in waits[39])
    assert len(set(waits[5])) > 1
