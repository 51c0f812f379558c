"""What is older than a dataset keeps it goes, with the latest of keys that have nothing newer; all else stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db.connection import Role, connect
from db.datasets import find_published
from enjoy import retention
from enjoy.publishing import declare, receive
from enjoy.retention import keep_retention
from tests.enjoy.lending import lending, standing
from tests.enjoy.stations import BIKES, CAR_PARKS, bike, described
from tests.enjoy.test_publishing import NOW, acting, organisations

DAY = 86_400


async def values(url: str, organisation: int, view: str) -> list[tuple[object, ...]]:
    async with acting(url, organisation) as connection:
        return await (await connection.execute(f"SELECT station, bikes FROM enjoy.{view} ORDER BY 2")).fetchall()  # noqa: S608


async def chunk_count(url: str) -> int:
    async with await connect(url, Role.OWNER) as connection:
        row = await (await connection.execute("SELECT count(*) FROM show_chunks('record.d1')")).fetchone()
    assert row is not None
    return int(row[0])


async def test_old_records_go_by_the_chunk_and_one_by_one_and_the_latest_stays_true(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retention, "STEP_ROWS", 7)
    ilevia, _ = await organisations(database_url)
    kept = replace(described("private"), retention_s=10 * DAY)
    async with acting(database_url, ilevia) as connection:
        made = await declare(connection, ilevia, "kept", kept, BIKES, actor="key/ada", now=NOW)
        ages = [0, 9, 9.9, 10.1, 11, 30, 31, 60, 200]
        records = [bike("A", (NOW - timedelta(days=age)).isoformat(), place) for place, age in enumerate(ages)]
        records += [bike("B", (NOW - timedelta(days=10 + n / 100)).isoformat(), 100 + n) for n in range(1, 40)]
        await receive(connection, made, records, source="api", now=NOW)
        ever = await declare(connection, ilevia, "ever", described("private"), BIKES, actor="key/ada", now=NOW)
        await receive(connection, ever, records, source="api", now=NOW)
    later = NOW + timedelta(minutes=1)
    async with await connect(database_url, Role.OWNER) as connection:
        chunks = (await (await connection.execute("SELECT count(*) FROM show_chunks('record.d1')")).fetchone() or (0,))[
            0
        ]
    await keep_retention(lending(database_url), standing(later))
    assert await values(database_url, ilevia, "d1_v1") == [("A", 0), ("A", 1), ("A", 2)]
    assert await values(database_url, ilevia, "d1_v1_latest") == [("A", 0)]
    assert len(await values(database_url, ilevia, "d2_v1")) == len(records)
    assert 0 < await chunk_count(database_url) < chunks
    async with acting(database_url, ilevia) as connection:
        for name, changed in (("kept", later), ("ever", NOW)):
            published = await find_published(connection, name)
            assert published is not None
            assert published.dataset.records_changed_at == changed
    await keep_retention(lending(database_url), standing(later + timedelta(minutes=1)))  # nothing is left to do
    assert len(await values(database_url, ilevia, "d1_v1")) == 3


async def test_without_a_time_records_go_by_when_they_were_last_received(database_url: str):
    ilevia, _ = await organisations(database_url)
    kept = replace(described("private"), retention_s=DAY)
    async with acting(database_url, ilevia) as connection:
        made = await declare(connection, ilevia, "parks", kept, CAR_PARKS, actor="key/ada", now=NOW)
        for name, age in (("old", 3), ("new", 0.5)):
            await receive(connection, made, [{"park": name, "places": 1}], source="api", now=NOW - timedelta(days=age))
    await keep_retention(lending(database_url), standing(NOW))
    async with acting(database_url, ilevia) as connection:
        assert await (await connection.execute("SELECT park FROM enjoy.d1_v1")).fetchall() == [("new",)]
