"""Sources are pulled when they are due: GBFS from a real server, measured days of V'lille among them, and any JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from core.datasets import Contract, Field, FieldType, GeometryType
from core.errors import InputError, NotFoundError
from db import datasets as store
from db.sources import Source
from enjoy.publishing import declare
from enjoy.pulling.mapping import SourceMapping
from enjoy.pulling.pulls import Pulls, declare_source, remove_source, source_of, waits
from simulators.gbfs import serving
from simulators.stations import Station, StationFleet, StationStatus
from tests.enjoy.lending import lending, standing
from tests.enjoy.pulling.web import Answer, web
from tests.enjoy.stations import CAR_PARKS, described
from tests.enjoy.test_publishing import acting, organisations

NOW = datetime(2026, 1, 15, 7, 30, tzinfo=UTC)
VLILLE = Contract(
    fields=(
        Field("station_id", FieldType.TEXT, "Station", is_required=True),
        Field("at", FieldType.TIMESTAMP, "When it last reported", is_required=True),
        Field("name", FieldType.TEXT, "Name", is_required=True),
        Field("bikes", FieldType.INTEGER, "Bicycles", is_required=True),
        Field("docks", FieldType.INTEGER, "Free docks", is_required=True),
        Field("capacity", FieldType.INTEGER, "Docks"),
        Field("state", FieldType.TEXT, "State"),
    ),
    key_fields=("station_id",),
    time_field="at",
    geometry_type=GeometryType.POINT,
)


class Puller:
    """Pull as the worker does, at times that a test says."""

    def __init__(self, url: str, *, is_development: bool = True) -> None:
        self.url = url
        self.pulls = Pulls(is_development=is_development)

    async def at(self, now: datetime) -> None:
        await self.pulls(lending(self.url), standing(now))


async def publish(url: str, contract: Contract, source: str, kind: str = "gbfs", **mapping: object) -> int:
    """Declare a dataset with a source, and return its publisher."""
    ilevia, _ = await organisations(url)
    async with acting(url, ilevia) as connection:
        made = await declare(connection, ilevia, "pulled", described("private"), contract, actor="key/ada", now=NOW)
        await declare_source(
            connection,
            made,
            kind=kind,
            url=source,
            period_s=60,
            mapping=SourceMapping(**mapping),  # type: ignore[arg-type]
            actor="key/ada",
            now=NOW,
        )
    return ilevia


async def state(url: str, organisation: int) -> Source:
    async with acting(url, organisation) as connection:
        published = await store.find_published(connection, "pulled")
        assert published is not None
        return await source_of(connection, published)


async def latest(url: str, organisation: int) -> list[tuple[object, ...]]:
    async with acting(url, organisation) as connection:
        cursor = await connection.execute(
            "SELECT station_id, at, bikes, docks, capacity, state, ST_X(_geometry) FROM enjoy.d1_v1_latest ORDER BY 1"
        )
        return await cursor.fetchall()


@pytest.mark.parametrize("version", ["2.3", "3.0"])
async def test_a_gbfs_feed_becomes_records_of_its_stations(database_url: str, version: str):
    fleet = StationFleet(30, seed=1)
    now = NOW
    with serving(fleet, lambda: now, version=version) as feed:
        ilevia = await publish(database_url, VLILLE, feed)
        puller = Puller(database_url)
        await puller.at(NOW)
        first = await state(database_url, ilevia)
        assert (first.inserted_count, first.refused_count, first.error) == (30, 0, None)
        assert (first.succeeded_at, first.next_try_at) == (NOW, NOW + timedelta(minutes=1))
        wanted = sorted(
            (one.station_id, one.reported_at, one.bikes, one.docks, place.capacity, "open", place.longitude)
            for one, place in zip(fleet.status(NOW), fleet.stations(), strict=True)
        )
        assert await latest(database_url, ilevia) == wanted
        await puller.at(NOW + timedelta(seconds=30))  # not due
        assert await state(database_url, ilevia) == first
        now = NOW + timedelta(hours=2)
        await puller.at(now)
        second = await state(database_url, ilevia)
        assert (second.inserted_count, second.succeeded_at) == (30, now)
        await Puller(database_url).at(
            now + timedelta(minutes=1)
        )  # a process that remembers nothing stores nothing twice
        assert (await state(database_url, ilevia)).unchanged_count == 30


class Measured:
    """Replay a measured day of V'lille."""

    def __init__(self, folder: Path) -> None:
        places = json.loads((folder / "vlille_stations.json").read_text())
        self.names = {str(one["id"]): one["nom"] for one in places}
        (file,) = folder.glob("vlille_*_1min.parquet")
        self.table = pq.read_table(file)
        self.start = datetime(2023, 9, 26, 22, 0, tzinfo=UTC)  # midnight in Lille
        first = self.minute(self.start)
        self.places = [
            Station(
                str(row["station_id"]),
                self.names.get(str(row["station_id"]), str(row["station_id"])),
                row["longitude"],
                row["latitude"],
                row["nb_velos_dispo"] + row["nb_places_dispo"],
            )
            for row in first
        ]

    def minute(self, now: datetime) -> list[dict[str, Any]]:
        local = now.replace(tzinfo=None) + timedelta(hours=2)
        rows: list[dict[str, Any]] = self.table.filter(pc.field("time_local") == local).to_pylist()
        return rows

    def stations(self) -> Sequence[Station]:
        return self.places

    def status(self, now: datetime) -> Sequence[StationStatus]:
        minute = now.replace(second=0, microsecond=0)
        return [
            StationStatus(
                str(row["station_id"]), int(str(row["nb_velos_dispo"])), int(str(row["nb_places_dispo"])), minute
            )
            for row in self.minute(minute)
        ]


@pytest.mark.reference_data
async def test_measured_minutes_of_vlille_come_through_the_feed_as_they_were_counted(
    database_url: str, reference_data: Path
):
    measured = Measured(reference_data)
    now = measured.start
    with serving(measured, lambda: now) as feed:
        ilevia = await publish(database_url, VLILLE, feed)
        puller = Puller(database_url)
        for minute in range(5):
            now = measured.start + timedelta(minutes=minute)
            await puller.at(NOW + timedelta(minutes=minute))
            assert (await state(database_url, ilevia)).refused_count == 0
    counted = [row for minute in range(5) for row in measured.status(measured.start + timedelta(minutes=minute))]
    # Some minutes were counted twice: the later count holds.
    wanted = {(one.reported_at, one.station_id): (one.bikes, one.docks) for one in counted}
    assert 1_000 < len(wanted) < len(counted)
    async with acting(database_url, ilevia) as connection:
        cursor = await connection.execute("SELECT at, station_id, bikes, docks FROM enjoy.d1_v1")
        assert {(at, station): tuple(rest) for at, station, *rest in await cursor.fetchall()} == wanted


async def test_a_plain_json_source_is_read_by_its_mapping_and_failures_are_told_and_put_off(database_url: str):
    with web() as served:
        rows = {"rows": [{"id": "a", "free": 1}, {"id": "b", "free": "many"}]}
        served.answers["/parks"] = (200, {"ETag": '"1"'}, json.dumps(rows).encode())
        mapping = {"items": "rows", "fields": {"park": "id", "places": "free"}}
        ilevia = await publish(database_url, CAR_PARKS, f"{served.url}/parks", "json", **mapping)
        puller = Puller(database_url)
        await puller.at(NOW)
        assert ((await state(database_url, ilevia)).inserted_count, len(served.asked)) == (1, 1)
        async with acting(database_url, ilevia) as connection:
            (refused,) = await store.refused_records(connection, 1, limit=9)
            assert (refused.source, refused.row_number, refused.field) == ("pull/json", 2, "places")
        now = NOW + timedelta(minutes=1)
        failures: list[tuple[Answer, str, int]] = [
            ((200, {}, b"{"), "source_malformed", 1),
            ((200, {}, b"{}"), "source_malformed", 2),
            ((500, {}, b""), "source_answer", 4),
        ]
        for answer, code, wait in failures:
            served.answers["/parks"] = answer
            await puller.at(now)
            failed = await state(database_url, ilevia)
            assert (failed.error_code, failed.tried_at, failed.succeeded_at) == (code, now, NOW)
            assert failed.next_try_at == now + timedelta(minutes=wait)
            now = failed.next_try_at
        served.answers["/parks"] = (200, {}, json.dumps({"rows": [{"id": "a", "free": 2}]}).encode())
        await puller.at(now)
        well = await state(database_url, ilevia)
        assert (well.failure_count, well.error, well.updated_count) == (0, None, 1)


async def test_what_could_not_be_stored_is_stored_at_the_next_try_though_the_source_says_the_same(database_url: str):
    with web() as served:
        served.answers["/"] = (200, {}, b"{}")
        ilevia = await publish(database_url, CAR_PARKS, f"{served.url}/", "json")
        puller = Puller(database_url)
        await puller.at(NOW)
        assert (await state(database_url, ilevia)).error_code == "source_malformed"
        await puller.at(NOW + timedelta(hours=1))
        failed = await state(database_url, ilevia)
        assert (failed.error_code, failed.failure_count) == ("source_malformed", 2)


async def test_private_addresses_are_told_as_the_failure_that_they_are(database_url: str):
    with web() as served:
        ilevia = await publish(database_url, CAR_PARKS, f"{served.url}/", "json")
        await Puller(database_url, is_development=False).at(NOW)
        assert ((await state(database_url, ilevia)).error_code, served.asked) == ("source_unfit", [])


async def test_a_source_is_removed_and_one_that_cannot_be_is_refused(database_url: str):
    ilevia = await publish(database_url, CAR_PARKS, "http://feeds.example/", "json")
    async with acting(database_url, ilevia) as connection:
        published = await store.find_published(connection, "pulled")
        assert published is not None
        for change in ({"url": "feeds"}, {"kind": "xml"}, {"period_s": 1}):
            wanted = {"kind": "json", "url": "http://feeds.example/", "period_s": 60} | change
            with pytest.raises(InputError, match="source_unfit"):
                await declare_source(connection, published, mapping=SourceMapping(), actor="x", now=NOW, **wanted)  # type: ignore[arg-type]
        await remove_source(connection, published, actor="key/ada", now=NOW)
        with pytest.raises(NotFoundError, match="source_unknown"):
            await source_of(connection, published)


def test_a_source_that_fails_is_left_alone_for_an_hour_at_most_or_its_own_period():
    assert waits(timedelta(days=1), 5) == timedelta(days=1)
    assert waits(timedelta(seconds=10), 1_000) == timedelta(hours=1)
