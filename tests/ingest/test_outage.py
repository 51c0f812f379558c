"""What an operator reads when a server is away: once, in words, and once when it is back."""

import asyncio
import socket

import pytest
from structlog.testing import capture_logs

from core.settings import read_settings
from ingest.line import DatabaseLine, address_of
from ingest.outage import Outage
from ingest.session import why
from ingest.worker import run
from somel.embedded.broker import Broker
from somel.embedded.loopback import free_port
from tests.ingest.running import until


async def test_a_broker_that_is_away_is_mentioned_once_and_so_is_its_return(database_url: str, broker: Broker):
    url = broker.url()
    await asyncio.to_thread(broker.stop)
    ready = asyncio.Event()
    with capture_logs() as said:
        work = asyncio.create_task(run(read_settings(), database_url=database_url, mqtt_url=url, ready=ready.set))
        await until(lambda: sum(line["event"] == "broker_lost" for line in said) >= 10)
        broker.start()
        await asyncio.wait_for(ready.wait(), 20)
    work.cancel()
    await asyncio.wait([work])
    heard = [line for line in said if line["log_level"] != "debug"]
    away = [line for line in heard if line["event"] == "broker_away"]
    assert [(line["reason"], line["address"]) for line in away] == [
        ("Nobody listens there.", url.removeprefix("mqtt://"))
    ]
    assert [line["event"] for line in heard].count("broker_back") == 1


async def test_a_database_that_is_away_is_mentioned_once_and_without_its_password():
    port = free_port(21_000)
    outage = Outage("database", address=address_of(f"postgresql://me:secret@127.0.0.1:{port}/x"), note="Wait.")
    lines = [
        DatabaseLine(f"postgresql://me:secret@127.0.0.1:{port}/x", purpose=purpose, outage=outage)
        for purpose in ("write", "sums")
    ]
    with capture_logs() as said:
        tasks = [asyncio.create_task(line.retry(lambda _: asyncio.sleep(0))) for line in lines]
        await until(lambda: sum(line["event"] == "database_lost" for line in said) >= 6)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    away = [line for line in said if line["log_level"] == "warning"]
    assert [(line["event"], line["address"]) for line in away] == [("database_away", f"127.0.0.1:{port}")]
    assert "secret" not in str(said)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://me:se[cret@db/x", ""),
        ("postgresql://db.example/x", "db.example"),
        ("postgresql:///x?host=/run", ""),
        ("postgresql://me:p@ss@a:1,b:2/x", "a:1,b:2"),
    ],
)
def test_an_address_holds_no_credentials(url: str, address: str):
    assert address_of(url) == address


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(111, "x"), socket.gaierror(-2, "x"), TimeoutError(), OSError()]
)
def test_every_reason_has_words(error: Exception):
    assert len(why(error)) > 5
    assert "Errno" not in why(error)
