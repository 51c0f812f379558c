"""Compare the way in, `db.writing.write_batch`, with bare binary COPY and with executemany, rows checked in the run.

All three write the same half-hourly values, in batches as gateways send them (a day of every meter, then the next),
into the same hypertable with the same unique index, each in a database of its own, taking turns batch by batch, so
that other work on the machine hits all alike. The server is set as the demo's: what is committed is on disk.

Expected before it was first run, on two cores: a bare COPY of bytes made beforehand stores 250,000 to 350,000 rows a
second, bound by the server's work on the index; `write_batch` sorts, encodes, counts and marks what is to be summed
besides, which should cost a tenth, while its rows arrive in the order of the index, which should win as much back: a
ratio of 0.9 to 1.2. executemany, which sends every row by itself though without waiting, should be 10 to 15 times
slower. A batch written again is read and compared, not stored: at least 100,000 rows a second. Summing all of it
should take less time than writing it.

Figures on the last line with ``--json``:

``rows_per_s``
    Values stored by `write_batch` a second, all of them new.
``vs_copy``
    That rate over the rate of bare COPY.
``vs_executemany``
    That rate over the rate of executemany, which is given one batch in ten to keep the run short.
``redelivered_rows_per_s``
    Values a second when known batches come again, which stores nothing.
``rolled_up_rows_per_s``
    Values a second that `db.rollup.roll_up_pending` sums for all places.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from core.clock import WALL_CLOCK
from core.network import Feeder, Network, PowerTransformer, Substation, UsagePoint
from core.slots import SLOT_S, SLOTS_PER_DAY
from db.columns import IntervalColumns, ReadingColumns
from db.connection import Connection, Role, connect
from db.copy import CopyColumn, Field, encode
from db.databases import create_database, drop_database
from db.migrate import migrate
from db.rollup import roll_up_pending
from db.territory import load_communes, read_commune_facts, register_network
from db.writing import write_batch
from somel.embedded.places import Places
from somel.embedded.throwaway import throwaway_services
from somel.embedded.tuning import ClusterTuning

START_S = 1_767_225_600  # 2026-01-01, a Thursday: five whole chunks of a week in 35 days
KNOWN_AT = datetime(2026, 3, 1, tzinfo=UTC)
DATABASES = ("somel_bench_batch", "somel_bench_copy", "somel_bench_executemany")
POINTS_PER_TRANSFORMER = 20
ONE_IN = 10
COLUMNS = "(usage_point_id, register_id, quality, step_s, start_at, known_at, value)"
INSERT = f"INSERT INTO somel.interval_reading {COLUMNS} VALUES (%s, %s, %s, %s, to_timestamp(%s), %s, %s)"  # noqa: S608


@dataclass
class Clocked:
    """Rows written and the time it took. [s]."""

    rows: int = 0
    wall_s: float = 0.0

    @property
    def rows_per_s(self) -> float:
        """Rows a second."""
        return self.rows / self.wall_s if self.wall_s else float("nan")

    async def run(self, rows: int, work: Awaitable[object]) -> None:
        """Await the work and add its time."""
        began_s = time.perf_counter()
        await work
        self.wall_s += time.perf_counter() - began_s
        self.rows += rows


def made_values(row_count: int, usage_point_count: int) -> IntervalColumns:
    """Return half-hourly imports in the order in which gateways send them: day by day, meter by meter."""
    days = -(-row_count // (usage_point_count * SLOTS_PER_DAY))
    slots = np.arange(days * SLOTS_PER_DAY, dtype=np.int64).reshape(days, 1, SLOTS_PER_DAY)
    points = np.arange(1, usage_point_count + 1, dtype=np.int32).reshape(1, usage_point_count, 1)
    shape = (days, usage_point_count, SLOTS_PER_DAY)
    value = np.random.default_rng(1).gamma(2.0, 120.0, days * usage_point_count * SLOTS_PER_DAY)
    rows = IntervalColumns(
        np.broadcast_to(points, shape).reshape(-1),
        np.ones(value.size, np.int16),
        np.zeros(value.size, np.int16),
        np.full(value.size, SLOT_S, np.int32),
        START_S + SLOT_S * np.broadcast_to(slots, shape).reshape(-1),
        value.round().astype(np.float32),
    )
    return rows.take(np.arange(row_count))


def batches_of(rows: IntervalColumns, batch_rows: int) -> Iterator[IntervalColumns]:
    """Return the rows in batches."""
    for first in range(0, len(rows), batch_rows):
        yield rows.take(np.arange(first, min(first + batch_rows, len(rows))))


async def write_ours(connection: Connection, batch: IntervalColumns) -> None:
    """Write a batch as ingest does."""
    await write_batch(
        connection,
        worker="benchmark",
        message_count=-(-len(batch) // SLOTS_PER_DAY),
        intervals=batch,
        readings=ReadingColumns.empty(),
        refusals=[],
        known_at=KNOWN_AT,
    )


def encoded(batch: IntervalColumns) -> bytes:
    """Return a batch as bytes for COPY, in the order it came."""
    known_us = int(KNOWN_AT.timestamp()) * 1_000_000
    columns = [*batch.key_and_content(), CopyColumn(Field.TIMESTAMPTZ, known_us), batch.value_column]
    return encode(columns, len(batch))


async def copy_bytes(connection: Connection, data: bytes) -> None:
    """Send bytes by COPY and commit."""
    async with connection.cursor().copy(f"COPY somel.interval_reading {COLUMNS} FROM STDIN (FORMAT binary)") as copy:
        await copy.write(data)


async def insert_rows(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Send rows by executemany and commit."""
    async with connection.transaction():
        await connection.cursor().executemany(INSERT, rows)


async def furnish(url: str, usage_point_count: int) -> None:
    """Migrate a database and register a network, 20 usage points to a transformer."""
    await migrate(url)
    communes = read_commune_facts()
    transformers = -(-usage_point_count // POINTS_PER_TRANSFORMER)
    network = Network(
        substations=[Substation("S1", "S1", 3.1, 50.6)],
        feeders=[Feeder(f"F{number}", f"F{number}", "S1", 20_000) for number in range(1 + transformers // 20)],
        power_transformers=[
            PowerTransformer(
                f"T{number}", "T", f"F{number // 20}", communes[number % 95].insee_code, 400_000, 3.1, 50.6
            )
            for number in range(transformers)
        ],
        usage_points=[
            UsagePoint(f"99{number:012d}", f"T{number // 20}", 6_000, "base", "residential", SLOT_S)
            for number in range(usage_point_count)
        ],
    )
    async with await connect(url, Role.OWNER) as connection:
        await load_communes(connection, communes)
        await register_network(connection, network)


async def race(urls: Sequence[str], rows: IntervalColumns, batch_rows: int) -> dict[str, float]:
    """Write all rows in each way, taking turns; return the figures."""
    ours, bare, many = Clocked(), Clocked(), Clocked()
    async with (
        await connect(urls[0], Role.INGEST, autocommit=True) as to_ours,
        await connect(urls[1], Role.INGEST, autocommit=True) as to_bare,
        await connect(urls[2], Role.INGEST, autocommit=True) as to_many,
    ):
        for turn, batch in enumerate(batches_of(rows, batch_rows)):
            data = encoded(batch)
            one = (ours.run(len(batch), write_ours(to_ours, batch)), bare.run(len(batch), copy_bytes(to_bare, data)))
            for run in one if turn % 2 else one[::-1]:
                await run
            if turn % ONE_IN == 0:
                tuples = [
                    (*row[:5], KNOWN_AT, row[5]) for row in zip(*map(np.ndarray.tolist, batch.arrays()), strict=True)
                ]
                await many.run(len(batch), insert_rows(to_many, tuples))
            report(f"{ours.rows:,} of {len(rows):,} rows: {ours.rows_per_s:,.0f} rows/s, COPY {bare.rows_per_s:,.0f}")
        again, summed = await repeat_and_sum(to_ours, rows, batch_rows)
        await check(to_ours, rows, again.rows)
        await check_rows(to_bare, rows)
    return {
        "rows_per_s": ours.rows_per_s,
        "vs_copy": ours.rows_per_s / bare.rows_per_s,
        "vs_executemany": ours.rows_per_s / many.rows_per_s,
        "redelivered_rows_per_s": again.rows_per_s,
        "rolled_up_rows_per_s": summed.rows_per_s,
    }


async def repeat_and_sum(connection: Connection, rows: IntervalColumns, batch_rows: int) -> tuple[Clocked, Clocked]:
    """Write one batch in ten again, then roll up all."""
    again, summed = Clocked(), Clocked()
    for turn, batch in enumerate(batches_of(rows, batch_rows)):
        if turn % ONE_IN == 0:
            await again.run(len(batch), write_ours(connection, batch))
    report("summing")
    await summed.run(len(rows), roll_up_pending(connection, WALL_CLOCK.now()))
    return again, summed


async def check(connection: Connection, rows: IntervalColumns, repeated: int) -> None:
    """Check values, counts and sums of what `write_batch` wrote."""
    await check_rows(connection, rows)
    counts = "SELECT sum(received), sum(stored), sum(duplicate), sum(revised + refused) FROM somel.ingest_batch"
    assert await only_row(connection, counts) == (len(rows) + repeated, len(rows), repeated, 0)
    sums = "SELECT sum(usage_point_count), sum(import_wh) FROM somel.place_interval JOIN somel.place USING (place_id) "
    assert await only_row(connection, f"{sums} WHERE level = 'territory'") == (len(rows), total_wh(rows.value))


async def check_rows(connection: Connection, rows: IntervalColumns) -> None:
    """Check number, keys and values of the rows stored."""
    query = "SELECT count(*), sum(value::float8), sum(usage_point_id * extract(epoch FROM start_at)) "
    wanted = (len(rows), total_wh(rows.value), int((rows.usage_point_id.astype(np.int64) * rows.start_s).sum()))
    assert await only_row(connection, f"{query} FROM somel.interval_reading") == wanted


def total_wh(value: npt.NDArray[np.float32]) -> float:
    """Return the sum of values that are whole, and so add up exactly in any order."""
    return float(value.sum(dtype=np.float64))


async def only_row(connection: Connection, query: str) -> tuple[object, ...] | None:
    """Return the only row of a query."""
    return await (await connection.execute(query)).fetchone()


async def measure(admin_url: str, arguments: argparse.Namespace) -> dict[str, float]:
    """Make the databases, run the race and drop them."""
    rows = made_values(arguments.rows, arguments.usage_points)
    urls = []
    try:
        for name in DATABASES:
            await drop_database(admin_url, name)
            urls.append(await create_database(admin_url, name))
            await furnish(urls[-1], arguments.usage_points)
        return await race(urls, rows, arguments.batch)
    finally:
        for name in DATABASES:
            await drop_database(admin_url, name)


@contextmanager
def server(database_url: str | None) -> Iterator[str]:
    """Give the URL of the server named, or of a throw-away one that is set as durably as the demo's."""
    if database_url is not None:
        yield database_url
        return
    report("starting a server")
    with throwaway_services(Places.from_environment(), cluster=ClusterTuning.kept()) as services:
        yield services.database_url


def report(text: str) -> None:
    """Say on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=2_000 * 35 * SLOTS_PER_DAY, help="values to write")
    parser.add_argument("--batch", type=int, default=50_000, help="values in a batch")
    parser.add_argument("--usage-points", type=int, default=2_000, help="usage points they are of")
    parser.add_argument("--database-url", help="server to use, for a login that may make databases; default: a new one")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    arguments = parser.parse_args()
    with server(arguments.database_url) as url:
        figures = asyncio.run(measure(url, arguments))
    for name, figure in figures.items():
        print(f"{name:24} {figure:14,.2f}")
    if arguments.json:
        print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
