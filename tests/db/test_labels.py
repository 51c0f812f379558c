"""What devices say in words: the latest, since when, and what they said before."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from db.connection import Connection, Role, connect
from db.labels import KEPT_CHANGES, LabelSaid, store_labels, usage_point_labels
from tests.ingest.registered import Territory, register

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
METER = "021976000001"


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, [METER, "021976000002"])
        yield made


@pytest.fixture
async def ingest(database_url: str, territory: Territory) -> AsyncIterator[Connection]:
    connection = await connect(database_url, Role.INGEST)
    yield connection
    await connection.close()


def said(territory: Territory, text: str, minutes: float, label: str = "NTARF", meter: str = METER) -> LabelSaid:
    return LabelSaid(territory.end_device_ids[meter], label, text, NOON + minutes * MINUTE)


async def known(connection: Connection, territory: Territory) -> list[tuple[str, str, float, float, bool]]:
    rows = await usage_point_labels(connection, territory.usage_point_ids[METER])
    return [
        (row.label, row.text, (row.first_said_at - NOON) / MINUTE, (row.last_said_at - NOON) / MINUTE, row.is_latest)
        for row in rows
    ]


async def test_a_text_is_known_since_it_was_first_said(ingest: Connection, territory: Territory):
    for minute in (0, 1, 10, 30):
        await store_labels(ingest, [said(territory, "01", minute)])
    assert await known(ingest, territory) == [("NTARF", "01", 0, 30, True)]


async def test_an_unchanged_text_is_written_again_every_five_minutes_at_most(ingest: Connection, territory: Territory):
    await store_labels(ingest, [said(territory, "01", 0)])
    await store_labels(ingest, [said(territory, "01", 4)])
    assert await known(ingest, territory) == [("NTARF", "01", 0, 0, True)]


async def test_a_change_keeps_what_was_said_before(ingest: Connection, territory: Territory):
    await store_labels(ingest, [said(territory, "01", 0), said(territory, "06", 0, "PREF")])
    await store_labels(ingest, [said(territory, "02", 2), said(territory, "06", 2, "PREF")])
    assert await known(ingest, territory) == [
        ("NTARF", "02", 2, 2, True),
        ("NTARF", "01", 0, 0, False),
        ("PREF", "06", 0, 0, True),
    ]


async def test_changes_within_one_batch_are_all_kept(ingest: Connection, territory: Territory):
    batch = [said(territory, text, minute) for minute, text in enumerate(("01", "01", "02", "01"))]
    await store_labels(ingest, [*reversed(batch), said(territory, "09", 1, meter="021976000002")])
    assert [row[1:] for row in await known(ingest, territory)] == [
        ("01", 3, 3, True),
        ("02", 2, 2, False),
        ("01", 0, 1, False),
    ]


async def test_the_same_again_and_what_is_older_change_nothing(ingest: Connection, territory: Territory):
    await store_labels(ingest, [said(territory, "01", 0)])
    await store_labels(ingest, [said(territory, "02", 10)])
    before = await known(ingest, territory)
    for _ in range(2):
        await store_labels(ingest, [said(territory, "01", 0), said(territory, "02", 10), said(territory, "03", 5)])
    assert await known(ingest, territory) == before


async def test_the_history_is_bounded(ingest: Connection, territory: Territory):
    for minute in range(KEPT_CHANGES + 10):
        await store_labels(ingest, [said(territory, f"{minute:02}", minute)])
    rows = await known(ingest, territory)
    assert len(rows) == KEPT_CHANGES + 1
    assert [row[1] for row in rows[:2]] == [f"{KEPT_CHANGES + 9:02}", f"{KEPT_CHANGES + 8:02}"]
