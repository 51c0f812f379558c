"""Datasets are declared, written and read by their contract; a tenant reaches only what is its own or shared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from core.datasets import Field, FieldType
from core.errors import ConflictError, InvariantError
from db import datasets as store
from db.audit import WantedEntries, newest_entries
from db.connection import Connection, Role, connect
from db.dataset_rows import NewOrganisation
from db.records import Written
from enjoy.publishing import declare, describe, open_version, receive, remove
from tests.enjoy.stations import BIKES, CAR_PARKS, bike, described

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ADA = "key/ada"


async def organisations(url: str) -> tuple[int, int]:
    """Make two tenants."""
    async with await connect(url, Role.OWNER) as connection:
        one = await store.insert_organisation(connection, NewOrganisation("ilevia", "Ilévia", "partner"))
        two = await store.insert_organisation(connection, NewOrganisation("lille", "Lille", "commune"))
    return one, two


@asynccontextmanager
async def acting(url: str, *ids: int, role: Role = Role.ENJOY_WRITE) -> AsyncIterator[Connection]:
    async with await connect(url, role) as connection:
        await store.act_for(connection, ids)
        yield connection


async def rows_of(connection: Connection, view: str) -> list[tuple[object, ...]]:
    query = sql.SQL("SELECT * FROM {} ORDER BY 1, 2").format(sql.Identifier("enjoy", view))
    return await (await connection.execute(query)).fetchall()


async def test_records_are_kept_once_under_their_key_and_the_latest_of_each_is_at_hand(database_url: str):
    ilevia, _ = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        published = await declare(connection, ilevia, "velo", described(), BIKES, actor=ADA, now=NOW)
        assert (published.dataset.organisation_name, published.newest.version) == ("ilevia", 1)
        assert published.contract() == BIKES
        first = [bike("A", "2026-01-01T00:00:00Z", 1), bike("B", "2026-01-01T00:00:00Z", 2), bike("A", "x", 3)]
        received = await receive(connection, published, first, source="api", now=NOW)
        assert received.written == Written(2, 0, 0)
        assert [(one.row, one.field) for one in received.refusals] == [(3, "at")]
        again = [
            bike("A", "2026-01-01T00:00:00Z", 1),  # the same
            bike("B", "2026-01-01T00:00:00Z", 5),  # corrected, and once more below
            bike("A", "2026-01-01T00:01:00Z", 4),
            bike("B", "2026-01-01T00:00:00Z", 6),
        ]
        received = await receive(connection, published, again, source="api", now=NOW)
        assert received.written == Written(1, 1, 1)
        kept = [(row[0], row[2]) for row in await rows_of(connection, f"d{published.dataset.dataset_id}_v1")]
        assert kept == [("A", 1), ("A", 4), ("B", 6)]
        latest = await rows_of(connection, f"d{published.dataset.dataset_id}_v1_latest")
        assert [(row[0], row[2]) for row in latest] == [("A", 4), ("B", 6)]
        # An older record comes late: it is kept, and not the latest.
        await receive(connection, published, [bike("A", "2025-12-31T00:00:00Z", 9)], source="api", now=NOW)
        latest = await rows_of(connection, f"d{published.dataset.dataset_id}_v1_latest")
        assert [(row[0], row[2]) for row in latest] == [("A", 4), ("B", 6)]
        at = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
        assert await remove(connection, published, [(at, "A"), (at, "nobody")], now=NOW) == 1
        latest = await rows_of(connection, f"d{published.dataset.dataset_id}_v1_latest")
        assert [(row[0], row[2]) for row in latest] == [("A", 1), ("B", 6)]
        (refused,) = await store.refused_records(connection, published.dataset.dataset_id, limit=10)
        assert (refused.source, refused.row_number, refused.code) == ("api", 3, "value_type")
        assert '"bikes": 3' in refused.content
        found = await store.find_published(connection, "velo")
        assert found is not None
        assert found.dataset.records_changed_at == NOW
    async with await connect(database_url, Role.READ) as reader:
        (entry,) = await newest_entries(reader, WantedEntries(subject="dataset/velo"), limit=5)
        assert (entry.action, entry.actor) == ("dataset.declared", ADA)


async def test_after_a_new_version_both_shapes_answer_with_the_same_records(database_url: str):
    ilevia, _ = await organisations(database_url)
    renamed = {"bikes": "bikes_available", "station": "name"}
    fields = tuple(replace(one, name=renamed.get(one.name, one.name)) for one in BIKES.fields if one.name != "charge")
    second = replace(BIKES, fields=(*fields, Field("docks", FieldType.INTEGER, "Docks")), key_fields=("name",))
    sunset = NOW + timedelta(days=400)
    async with acting(database_url, ilevia) as connection:
        published = await declare(connection, ilevia, "velo", described(), BIKES, actor=ADA, now=NOW)
        old = [bike("A", "2026-01-01T00:00:00Z", 1, charge=7.5)]
        await receive(connection, published, old, source="api", now=NOW)
        with pytest.raises(ConflictError, match="contract_broken"):
            await describe(connection, published, described(), second, actor=ADA, now=NOW)
        published = await open_version(connection, published, second, renamed, sunset_at=sunset, actor=ADA, now=NOW)
        assert [(one.version, one.sunset_at) for one in published.versions] == [(1, sunset), (2, None)]
        assert (published.contract(1), published.contract(2)) == (BIKES, second)
        new = {"name": "B", "at": "2026-01-01T00:00:00Z", "bikes_available": 2, "docks": 9}
        await receive(connection, published, [new | {"geometry": bike("B", "", 0)["geometry"]}], source="api", now=NOW)
        # Whoever still writes in the old shape goes on.
        await receive(connection, published, [bike("C", "2026-01-01T00:00:00Z", 3)], source="api", now=NOW, version=1)
        key = published.dataset.dataset_id
        as_old = [row[:5] for row in await rows_of(connection, f"d{key}_v1")]
        at = datetime(2026, 1, 1, tzinfo=UTC)
        assert as_old == [("A", at, 1, 7.5, None), ("B", at, 2, None, None), ("C", at, 3, None, None)]
        as_new = [row[:5] for row in await rows_of(connection, f"d{key}_v2_latest")]
        assert as_new == [("A", at, 1, None, None), ("B", at, 2, None, 9), ("C", at, 3, None, None)]


async def test_a_tenant_reads_and_writes_its_own_and_what_is_shared_and_nothing_else(database_url: str):
    ilevia, lille = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        for name, openness in (("all", "open"), ("club", "partners"), ("own", "private"), ("lent", "private")):
            made = await declare(connection, ilevia, name, described(openness), CAR_PARKS, actor=ADA, now=NOW)
            await receive(connection, made, [{"park": name, "places": 1}], source="api", now=NOW)
        await store.share(connection, made.dataset.dataset_id, lille)
        views = {
            one.dataset.name: f"d{one.dataset.dataset_id}_v1" for one in await store.list_published(connection, limit=9)
        }
        own = await store.find_published(connection, "own")
        assert own is not None

    async def seen(role: Role, *ids: int) -> tuple[set[str], set[str]]:
        async with acting(database_url, *ids, role=role) as connection:
            listed = {one.dataset.name for one in await store.list_published(connection, limit=9)}
            return listed, {name for name, view in views.items() if await rows_of(connection, view)}

    for role in (Role.ENJOY_READ, Role.ENJOY_WRITE):
        assert await seen(role) == ({"all"},) * 2
        assert await seen(role, lille) == ({"all", "club", "lent"},) * 2
        assert await seen(role, ilevia) == ({"all", "club", "own", "lent"},) * 2
    async with acting(database_url, lille) as connection:
        lent = await store.find_published(connection, "lent")
        assert lent is not None
        for target in (lent, own):  # what may be read may not be written; what may not be read neither
            with pytest.raises(InvariantError, match="role_not_allowed"):
                await receive(connection, target, [{"park": "x", "places": 1}], source="api", now=NOW)
            await connection.rollback()
            await store.act_for(connection, [lille])
            await store.withdraw_dataset(connection, target.dataset.dataset_id, now=NOW)
        with pytest.raises(InvariantError, match="role_not_allowed"):
            await declare(connection, ilevia, "theirs", described(), CAR_PARKS, actor=ADA, now=NOW)
    assert await seen(Role.ENJOY_READ, ilevia) == ({"all", "club", "own", "lent"},) * 2


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM somel.interval_reading",
        "SELECT 1 FROM record.d1",
        "SELECT 1 FROM catalogue.api_key",
        "SELECT 1 FROM catalogue.share",
        "SELECT 1 FROM personal.usage_point_identity",
        "SELECT catalogue.publish_version(1, 1)",
        "INSERT INTO catalogue.dataset_version (dataset_id, version) VALUES (1, 2)",
    ],
)
async def test_who_serves_reads_published_views_and_nothing_behind_them(database_url: str, statement):
    ilevia, _ = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        await declare(connection, ilevia, "velo", described(), BIKES, actor=ADA, now=NOW)
    async with acting(database_url, ilevia, role=Role.ENJOY_READ) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)
