"""Records that are published by MQTT are stored once, whatever is killed between the broker and the dataset."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from db import datasets as store
from enjoy.publishing import declare
from somel.embedded.broker import Broker
from tests.enjoy.stations import CAR_PARKS, described
from tests.enjoy.test_publishing import NOW, acting, organisations
from tests.ingest.peer import Peer
from tests.ingest.running import process, until

TOPIC = "enjoy/v1/parks/records"


def record(number: int) -> bytes:
    return json.dumps({"park": str(number), "places": number}).encode()


@contextlib.contextmanager
def enjoy_process(database_url: str, broker: Broker) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``somel enjoy run`` until the end of the block at the latest."""
    environment = os.environ | {"SOMEL_DATABASE_URL": database_url, "SOMEL_MQTT_URL": broker.url()}
    command = [sys.executable, "-m", "somel", "enjoy", "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"enjoy: ready\n"
        try:
            yield started
        finally:
            if started.poll() is None:
                started.send_signal(signal.SIGTERM)
                started.wait()


@pytest.mark.slow(25)
async def test_what_is_published_is_stored_once_though_ingest_and_enjoy_are_killed(
    database_url: str, broker: Broker, peer: Peer
):
    ilevia, _ = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        await declare(connection, ilevia, "parks", described("private"), CAR_PARKS, actor="key/ada", now=NOW)
    with psycopg.connect(database_url, autocommit=True) as looking:

        def count(table: str) -> int:
            row = looking.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
            assert row is not None
            return int(row[0])

        with process(database_url, broker) as ingest:
            await until(lambda: count("pg_stat_activity") > 0)
            sent = [peer.send(TOPIC, record(number)) for number in range(400)]
            await until(lambda: count("catalogue.inbox") > 0)
            os.kill(ingest.pid, signal.SIGKILL)
            ingest.wait()
        sent += [peer.send(TOPIC, record(number)) for number in range(400, 450)]  # they wait at the broker
        sent.append(peer.send("enjoy/v1/nothing/records", record(1)))
        sent.append(peer.send(TOPIC, b"no record"))
        for one in sent:
            await asyncio.to_thread(peer.wait_for, one)
        with process(database_url, broker):
            with enjoy_process(database_url, broker) as enjoy:
                await until(lambda: count("record.d1") > 0)
                os.kill(enjoy.pid, signal.SIGKILL)
                enjoy.wait()
            with enjoy_process(database_url, broker):
                await until(lambda: count("record.d1") == 450 and count("catalogue.inbox") == 2)
        refused = looking.execute("SELECT dataset, code FROM catalogue.inbox ORDER BY dataset").fetchall()
        assert refused == [("nothing", "dataset_unknown"), ("parks", "payload_unreadable")]
        assert count("record.d1") == 450
    async with acting(database_url, ilevia) as connection:
        published = await store.find_published(connection, "parks")
        assert published is not None
        (unreadable,) = await store.refused_records(connection, published.dataset.dataset_id, limit=9)
        assert (unreadable.source, unreadable.code, unreadable.content) == ("mqtt", "payload_unreadable", "no record")
