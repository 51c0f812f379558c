"""Where contenders of `benchmarks.ingest` take turns: servers, processes, clocks, and the count of what was stored."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks._counting import compared, probes_seen, stored, sums_made
from benchmarks._processes import (
    ROOT,
    WITHIN_S,
    Done,
    Turn,
    begin,
    cpu_s,
    give_up,
    pid_of,
    publisher,
    report,
    rss_mb,
    subscribed,
    told,
    wait_for_word,
)
from benchmarks._publisher import READINGS_PER_BLOCK, SHARDS, START_S, STEP_S
from benchmarks.write_path import copy_bytes, encoded, furnish
from core.registers import IMPORT_WH
from db.columns import IntervalColumns
from db.connection import Connection, Role, connect
from db.databases import create_database, drop_database
from somel.embedded.broker import Broker
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.throwaway import throwaway_services
from somel.embedded.tuning import BrokerTuning, ClusterTuning

OURS, COPIED, OTHERS = "somel_bench_ours", "somel_bench_copied", "somel_bench_others"
ROWS_PER_COPY = 50_000
LOOK_S, SELDOM_S = 0.005, 0.05
RECEIVE_ALL = ["--nodelay", "-D", "connect", "receive-maximum", "65535"]  # by default 20: a quarter of the rate
REGISTER = """
INSERT INTO somel.gateway (name, shard)
SELECT 'gw-' || lpad(n::text, 5, '0'), n %% %(shards)s FROM generate_series(0, %(last)s) AS n
"""
ATTACH = """
WITH point AS (SELECT usage_point_id, row_number() OVER (ORDER BY usage_point_id) - 1 AS n FROM somel.usage_point)
INSERT INTO somel.end_device (name, kind, gateway_id, usage_point_id)
SELECT 'm-' || lpad(n::text, 6, '0'), 'meter', gateway_id, usage_point_id
FROM point JOIN somel.gateway ON gateway.name = 'gw-' || lpad(n::text, 5, '0')
"""


class Arena:
    """Servers for all turns; each turn has a broker of its own."""

    def __init__(self, services: Services, places: Places) -> None:
        self._services, self._places = services, places
        self._urls: dict[str, str] = {}
        self.published = {"batch": 0, "live": 0}

    async def furnish(self, meters: int) -> None:
        """Make the databases, with a meter and a gateway for every usage point and one for probes."""
        for name in (OURS, COPIED, OTHERS):
            report(f"making {name}")
            await drop_database(self._services.database_url, name)
            self._urls[name] = await create_database(self._services.database_url, name)
            await furnish(self._urls[name], meters + 1)
            async with await connect(self._urls[name], Role.OWNER) as connection:
                await connection.execute(REGISTER, {"shards": SHARDS, "last": meters})
                await connection.execute(ATTACH)

    @contextlib.contextmanager
    def _broker(self) -> Iterator[Broker]:
        folder = Path(tempfile.mkdtemp(prefix="somel-broker-"))
        folder.chmod(0o755)
        broker = Broker(folder / "mosquitto", self._services.bundle, self._places.account, BrokerTuning(), tied=True)
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()
            shutil.rmtree(folder, ignore_errors=True)

    async def ingest(self, turn: Turn) -> Done:
        """Publish a turn to our worker; return when all of it can be read."""
        await self._settle()
        async with await connect(self._urls[OURS], Role.OWNER, autocommit=True) as look:
            before = await stored(look)
            wanted = before + turn.count * (READINGS_PER_BLOCK if turn.kind == "batch" else 1)
            with self._broker() as broker, publisher(turn, broker.port) as publishing:
                with self._worker(broker) as worker:
                    if not turn.waiting:
                        done = await self._watch(turn, publishing, worker, broker, look, wanted)
                        await sums_made(look)
                if turn.waiting:
                    done = await self._catch_up(publishing, broker, look, wanted)
        self.published[turn.kind] += turn.count
        return done

    async def _catch_up(
        self, publishing: "subprocess.Popen[str]", broker: Broker, look: Connection, wanted: int
    ) -> Done:
        begin(publishing)
        await asyncio.to_thread(told, publishing)
        began_s = time.monotonic()
        with self._worker(broker) as worker:
            done = Done(0.0)
            while await stored(look) < wanted:
                done.rss_mb = max(done.rss_mb, rss_mb(worker.pid))
                await asyncio.sleep(0.02)
                give_up(began_s)
            done.wall_s = time.monotonic() - began_s
            done.cpu_s = {"worker": cpu_s(worker.pid)}
        return done

    async def _watch(
        self,
        turn: Turn,
        publishing: "subprocess.Popen[str]",
        worker: "subprocess.Popen[str]",
        broker: Broker,
        look: Connection,
        wanted: int,
    ) -> Done:
        processes = {
            "worker": (worker.pid, False),
            "broker": (pid_of(broker), False),
            "database": (self._postgres(), True),
        }
        spent = {name: -cpu_s(pid, with_children=every) for name, (pid, every) in processes.items()}
        began_s = time.monotonic()
        begin(publishing)
        telling = asyncio.create_task(asyncio.to_thread(told, publishing))
        seen: list[float] = []
        while not telling.done() or await stored(look) < wanted + len(telling.result()["probes"]):
            if turn.probes:
                count = await probes_seen(look, turn)
                seen += [time.monotonic()] * (count - len(seen))
            await asyncio.sleep(LOOK_S if turn.probes else SELDOM_S)  # looking takes time from those who are timed
            give_up(began_s)
        ended_s = time.monotonic()
        facts = telling.result()
        spent = {name: spent[name] + cpu_s(pid, with_children=every) for name, (pid, every) in processes.items()}
        spent["publisher"] = float(facts["cpu_s"])
        sent = facts["probes"]
        self.published["live"] += len(sent)
        seen += [ended_s] * (len(sent) - len(seen))  # stored by then
        delays = [at - since for at, since in zip(seen, sent, strict=True)]
        return Done(ended_s - float(facts["began_s"]), spent, rss_mb(worker.pid), delays)

    async def subscribe(self, name: str, turn: Turn) -> Done:
        """Publish a turn to another subscriber, whose start may block: nothing else is under way."""
        await self._settle()
        with self._broker() as broker, publisher(turn, broker.port) as publishing:
            program = str(self._services.bundle.program("mosquitto_sub"))
            options = ["-V", "5", "-q", "1", "-i", "bench-mosquitto_sub", "-t", "somel/v1/#", "-h", "127.0.0.1"]
            options += RECEIVE_ALL
            theirs = [sys.executable, "-m", "benchmarks._subscribers", name, str(broker.port), self._urls[OTHERS]]
            command = (
                [program, *options, "-p", str(broker.port), "-C", str(turn.count)]
                if name == "mosquitto_sub"
                else [*theirs, str(turn.count)]
            )
            output = subprocess.DEVNULL if name == "mosquitto_sub" else subprocess.PIPE
            with subprocess.Popen(command, cwd=ROOT, stdout=output, text=True) as receiving:  # noqa: ASYNC220
                await subscribed(broker, f"bench-{name}")
                begin(publishing)
                said, _ = await asyncio.to_thread(receiving.communicate, timeout=WITHIN_S)
                ended_s = time.monotonic() if not said else float(said.split()[-1])
            if receiving.returncode:
                raise SystemExit(f"{name} ended with {receiving.returncode}.")
            facts = await asyncio.to_thread(told, publishing)
        return Done(ended_s - float(facts["began_s"]), {"publisher": float(facts["cpu_s"])})

    async def copy(self, blocks: int, meters: int, first: int) -> Done:
        """Copy the rows of blocks, made beforehand, in the order in which gateways send them."""
        data = list(copies(blocks, meters, first))
        await self._settle()
        async with await connect(self._urls[COPIED], Role.INGEST, autocommit=True) as connection:
            spent, began_s = -cpu_s(self._postgres(), with_children=True), time.monotonic()
            for piece in data:
                await copy_bytes(connection, piece)
            wall_s = time.monotonic() - began_s
        return Done(wall_s, {"database": spent + cpu_s(self._postgres(), with_children=True)})

    async def _settle(self) -> None:
        """Have written to disk what the turn before left to write, which would else be done beside the next."""
        async with await connect(self._services.database_url, None, autocommit=True) as server:
            await server.execute("CHECKPOINT")

    async def check(self) -> dict[str, float]:
        """Compare what is stored with what was published, value by value."""
        published = self.published["live"] + self.published["batch"] * READINGS_PER_BLOCK
        async with await connect(self._urls[OURS], Role.OWNER, autocommit=True) as look:
            return await compared(look, published)

    def _postgres(self) -> int:
        return pid_of(self._services.cluster)

    @contextlib.contextmanager
    def _worker(self, broker: Broker) -> Iterator["subprocess.Popen[str]"]:
        environment = os.environ | {
            "SOMEL_DATABASE_URL": self._urls[OURS],
            "SOMEL_MQTT_URL": broker.url(),
            "SOMEL_INGEST_STRAYS": "false",
            "SOMEL_SHARDS": str(SHARDS),
        }
        command = [sys.executable, "-m", "ingest"]
        with tempfile.TemporaryFile("w+") as log:
            worker = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log, text=True)
            try:
                wait_for_word(worker, log, "ingest_ready")
                yield worker
            finally:
                worker.terminate()
                worker.wait(30)


def copies(blocks: int, meters: int, first: int) -> Iterator[bytes]:
    """Yield the rows of blocks as bytes for COPY."""
    index = np.arange(blocks)
    meter, number = index % meters, first + index // meters
    slot = (number[:, np.newaxis] * READINGS_PER_BLOCK + np.arange(READINGS_PER_BLOCK)).reshape(-1)
    meter = np.repeat(meter, READINGS_PER_BLOCK)
    size = len(slot)
    rows = IntervalColumns(
        usage_point_id=(meter + 1).astype(np.int32),
        register_id=np.full(size, IMPORT_WH.register_id, np.int16),
        quality=np.zeros(size, np.int16),
        step_s=np.full(size, STEP_S, np.int32),
        start_s=(START_S + slot * STEP_S).astype(np.int64),
        value=(1 + (meter * 7 + slot * 13) % 997).astype(np.float32),
    )
    for after in range(0, size, ROWS_PER_COPY):
        yield encoded(rows.take(np.arange(after, min(after + ROWS_PER_COPY, size))))


@contextlib.contextmanager
def arena() -> Iterator[Arena]:
    """Run the servers, as durable as the demo's."""
    report("starting the servers")
    places = Places.from_environment()
    with throwaway_services(places, cluster=ClusterTuning.kept()) as services:
        yield Arena(services, places)
