"""Enjoy's answers about V'lille: how soon, how many, how large, and against pygeoapi on the same rows in the same run.

A dataset of 392,000 records, of stations and minutes, is declared and written as publishers do; the API runs in one
process of its own, as it does anywhere, and the database, the load and all of it share two cores. wrk keeps connections
busy.

Expected before it was first run: records become GeoJSON inside the database, so that a page costs one indexed query
and a copy of texts: some 2 ms of a processor, 300 pages a second or more. pygeoapi counts all records for each page
and makes an object of every value: some 200 ms, so more than ten times as long. An export is bounded by how fast one
backend writes texts: 60 MB a second, and a bit more than half the rows of ``COPY``, which writes half the bytes.

Figures on the last line with ``--json``:

``latest_p99_ms``, ``items_p99_ms``
    The slowest hundredth of the newest records of all stations, and of pages of 100 (by cursor through all, of
    stations and in boxes, in turn: more than the API keeps, so that each is read), each asked for by two at once.
``requests_per_s``
    Both in turn, asked for by eight at once, as long as it lasts.
``vs_pygeoapi``
    Pages of 100 a second over those of pygeoapi (two gunicorn workers; our API has one), four at once, by turns.
``export_vs_copy``, ``export_mb_per_s``
    Rows of a whole export as GeoJSON a second over those of ``COPY … TO STDOUT``, by turns, and its bytes. [MB/s]
``export_rss_mb``, ``export_growth_mb``
    The most that the API's process had in memory meanwhile, and how much more that is than before. [MB]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from benchmarks import _enjoy_peer as peer
from benchmarks._enjoy_server import api, forget_peak, peak_mb, taken, told
from benchmarks._enjoy_stage import MINUTES, ROWS, publish
from benchmarks._processes import report, rss_mb
from benchmarks._wrk import Load, loaded, why_not
from core.errors import PlatformError
from db.connection import Connection, Role, connect
from db.databases import create_database
from db.exports import copied
from somel.embedded.places import Places
from somel.embedded.throwaway import throwaway_services
from somel.embedded.tuning import ClusterTuning

PAGE = 100
_COPY = "COPY (SELECT * FROM enjoy.d1_v1) TO STDOUT"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Say how much is measured."""

    rows: int = ROWS
    seconds: float = 10.0
    turns: int = 3


QUICK = Sizes(rows=20_000, seconds=1.0, turns=1)


async def checked(connection: Connection, address: str) -> list[str]:
    """Compare all records that the API gives in pages, and the newest, with the database; return paths of pages.

    Raises
    ------
    SystemExit
        Something is missing, or there twice.
    """
    stored = {
        (station, at, bikes)
        for station, at, bikes in await _all(
            connection, 'SELECT station, to_char(at, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\'), bikes FROM enjoy.d1_v1'
        )
    }
    newest = {
        (station, bikes)
        for station, bikes in await _all(
            connection, "SELECT DISTINCT ON (station) station, bikes FROM enjoy.d1_v1 ORDER BY station, at DESC"
        )
    }
    collection = f"{address}/ogc/collections/velo"
    shown = {
        (one["properties"]["station"], one["properties"]["bikes"])
        for one in told(f"{collection}/latest?limit=10000")["features"]
    }
    found: list[tuple[Any, ...]] = []
    more: str | None = f"{collection}/items?limit=10000"
    paths: list[str] = []
    while more:
        page = told(more)
        found += [tuple(one["properties"][name] for name in ("station", "at", "bikes")) for one in page["features"]]
        more = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        paths += [] if more is None else ["/" + more.split("/", 3)[3].replace("limit=10000", f"limit={PAGE}")]
    if shown != newest or len(found) != len(stored) or set(found) != stored:
        raise SystemExit(f"{len(found):,} records came in pages, and {len(stored):,} are stored, or they differ.")
    return paths


async def _all(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query)).fetchall()


def asked(pages: list[str]) -> list[str]:
    """Return paths of pages of all kinds, in turn."""
    items = f"/enjoy/ogc/collections/velo/items?limit={PAGE}"
    of_stations = [f"{items}&station={station}" for station in range(1, 60)]
    in_boxes = [f"{items}&bbox=3.{west:02},50.62,3.{west + 3:02},50.65" for west in range(2, 22)]
    return [items, *pages, *of_stations, *in_boxes]


async def race_export(connection: Connection, pid: int, address: str, turns: int) -> dict[str, float]:
    """Export, and copy the same rows, taking turns."""
    ratios, speeds = [], []
    export = f"{address}/v1/datasets/velo/export?f=geojson"
    count = (await _all(connection, "SELECT count(*) FROM enjoy.d1_v1"))[0][0]
    if told(f"{address}/v1/datasets/velo/export?f=geojson&station=100")["numberReturned"] == 0:
        raise SystemExit("An export has no records of a station.")
    before_mb = rss_mb(pid)
    forget_peak(pid)
    for _ in range(turns):
        size, took_s = taken(export)
        began_s = time.perf_counter()
        copied_rows = sum([len(rows) async for rows in copied(connection, sql.SQL(_COPY))])
        copy_s = time.perf_counter() - began_s
        if copied_rows != count:
            raise SystemExit(f"{copied_rows:,} rows were copied of {count:,}.")
        ratios.append(copy_s / took_s)
        speeds.append(size / took_s / 1e6)
        report(f"export: {count / took_s:,.0f} rows/s, {speeds[-1]:.1f} MB/s; COPY: {count / copy_s:,.0f} rows/s")
    whole = told(export)
    if whole["numberReturned"] != count or len(whole["features"]) != count:
        raise SystemExit(f"{whole['numberReturned']:,} records were exported of {count:,}.")
    return {
        "export_vs_copy": statistics.median(ratios),
        "export_mb_per_s": statistics.median(speeds),
        "export_rss_mb": peak_mb(pid),
        "export_growth_mb": peak_mb(pid) - before_mb,
    }


def race_peer(interpreter: Path, url: str, address: str, sizes: Sizes, pages: list[str]) -> dict[str, float]:
    """Ask pygeoapi and our API for pages all over the dataset, by turns."""
    ours, theirs = [], []
    root = address.removesuffix("/enjoy")
    with peer.serving(interpreter, url) as collection:
        said = told(f"{collection}/items?f=json&limit={PAGE}")
        mine = told(f"{address}/ogc/collections/velo/items?limit={PAGE}")
        if said["numberMatched"] != sizes.rows or _shown(said) != _shown(mine):
            raise SystemExit("pygeoapi's page is another than ours.")
        path = collection.split("/", 3)[3]
        other = collection.removesuffix(f"/{path}")
        places = range(0, sizes.rows, -(-sizes.rows // min(len(pages), sizes.rows)))
        same = [f"/{path}/items?f=json&limit={PAGE}&offset={place}" for place in places]
        for _ in range(sizes.turns):
            ours.append(loaded(root, pages, connections=4, seconds=sizes.seconds / 2))
            theirs.append(loaded(other, same, connections=4, seconds=sizes.seconds / 2))
            report(f"pages: {ours[-1].per_s:.1f}/s; pygeoapi: {theirs[-1].per_s:.1f}/s, p99 {theirs[-1].p99_ms:.0f} ms")
    ratios = [one.per_s / other.per_s for one, other in zip(ours, theirs, strict=True)]
    return {"vs_pygeoapi": statistics.median(ratios), "pygeoapi_p99_ms": min(one.p99_ms for one in theirs)}


def _many(pages: list[str]) -> list[str]:
    """Return paths of more pages than the API keeps: pages of some sizes near the one that is asked of the peer."""
    return [page.replace(f"limit={PAGE}", f"limit={size}") for size in range(PAGE - 2, PAGE + 3) for page in pages]


def _shown(page: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["properties"]["station"], one["properties"]["bikes"]) for one in page["features"]]


async def measured(url: str, folder: Path, sizes: Sizes, interpreter: Path | None) -> dict[str, float]:
    """Return all figures."""
    began_s = time.perf_counter()
    await publish(url, folder, sizes.rows)
    report(f"{sizes.rows:,} records were published in {time.perf_counter() - began_s:.0f} s")
    async with await connect(url, Role.ENJOY_READ, autocommit=True) as connection:
        with api(url) as (pid, address):
            whole = await checked(connection, address)
            pages = asked(whole)
            latest = ["/enjoy/ogc/collections/velo/latest?limit=1000"]
            root = address.removesuffix("/enjoy")
            loaded(root, [*latest, *pages], connections=2, seconds=min(2.0, sizes.seconds))  # what is kept is kept then
            found: dict[str, Load] = {
                "latest": loaded(root, latest, connections=2, seconds=sizes.seconds),
                "items": loaded(root, pages, connections=2, seconds=sizes.seconds),
            }
            mixed = [path for page in pages for path in (*latest, page)]
            found["mixed"] = loaded(root, mixed, connections=8, seconds=sizes.seconds)
            for name, load in found.items():
                report(f"{name}: {load.per_s:.0f}/s, p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms:.1f} ms")
            figures = {
                "latest_p99_ms": found["latest"].p99_ms,
                "items_p99_ms": found["items"].p99_ms,
                "requests_per_s": found["mixed"].per_s,
            }
            if interpreter is not None:
                await peer.prepare(url)
                figures |= race_peer(interpreter, url, address, sizes, _many(whole))
            figures |= await race_export(connection, pid, address, sizes.turns)
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its figures."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    made.add_argument("--quick", action="store_true", help="few rows, for seconds: to see whether it works")
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    data = Path(os.environ.get("SOMEL_REFERENCE_DATA") or beside)
    made.add_argument("--data", type=Path, default=data, help="folder of measured reference data")
    made.add_argument("--without-peer", action="store_true", help="leave pygeoapi out")
    chosen = made.parse_args(arguments)
    if not (chosen.data / MINUTES).is_file():
        made.error(f"there is no file {chosen.data / MINUTES}")
    if (reason := why_not()) is not None:
        made.error(f"wrk is needed: {reason}")
    sizes = QUICK if chosen.quick else Sizes()
    try:
        interpreter = None if chosen.without_peer else peer.ENVIRONMENT.python()
        with throwaway_services(Places.from_environment(), cluster=ClusterTuning.kept()) as services:
            url = asyncio.run(create_database(services.database_url, "somel_bench_enjoy"))
            figures = asyncio.run(measured(url, chosen.data, sizes, interpreter))
    except PlatformError as error:
        report(f"enjoy: {error}")
        return error.exit_code
    for name, figure in figures.items():
        print(f"{name:20} {figure:12,.3f}")
    if chosen.json:
        print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
