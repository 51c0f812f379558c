"""What came by MQTT is published in its order; what cannot be is refused on record, and holds nothing up."""

import json
from datetime import timedelta

import pytest

from core.errors import InputError
from db.connection import Role, connect
from db.datasets import find_published, refused_records
from db.inbox import NewMessage, forget_refused_messages, insert_messages
from enjoy import inbox
from enjoy.acting import act_for_all
from enjoy.inbox import publish_inbox, records_in
from enjoy.publishing import declare
from tests.enjoy.lending import lending, standing
from tests.enjoy.stations import BIKES, CAR_PARKS, bike, described
from tests.enjoy.test_publishing import NOW, acting, organisations

AT = "2026-01-15T17:30:00Z"


async def put(url: str, *messages: tuple[str, object]) -> None:
    """Put messages into the inbox, as ingest does."""
    async with await connect(url, Role.INGEST, autocommit=True) as connection:
        payloads = [(name, one if isinstance(one, bytes) else json.dumps(one).encode()) for name, one in messages]
        await insert_messages(connection, [NewMessage(NOW, name, payload) for name, payload in payloads])


async def publish(url: str) -> None:
    await publish_inbox(lending(url), standing(NOW))


async def declared(url: str) -> int:
    ilevia, _ = await organisations(url)
    async with acting(url, ilevia) as connection:
        await declare(connection, ilevia, "velo", described("private"), BIKES, actor="key/ada", now=NOW)
        await declare(connection, ilevia, "parks", described("private"), CAR_PARKS, actor="key/ada", now=NOW)
    return ilevia


async def left(url: str) -> list[tuple[object, ...]]:
    async with await connect(url, Role.OWNER) as connection:
        return await (
            await connection.execute("SELECT dataset, code FROM catalogue.inbox ORDER BY inbox_id")
        ).fetchall()


async def test_messages_become_records_in_the_order_received(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inbox, "_AT_ONCE", 2)
    ilevia = await declared(database_url)
    feature = {"type": "Feature", "properties": {"park": "b", "places": 2}, "geometry": None}
    await put(
        database_url,
        ("velo", bike("A", AT, 1)),
        ("parks", {"park": "a", "places": 1}),
        ("velo", [bike("B", AT, 2), bike("C", AT, "many"), bike("D", AT, 4)]),
        ("parks", feature),
        ("parks", {"type": "FeatureCollection", "features": [feature | {"properties": {"park": "c", "places": 3}}]}),
        ("velo", bike("A", AT, 9)),  # a correction comes later and holds
    )
    await publish(database_url)
    assert await left(database_url) == []
    async with acting(database_url, ilevia) as connection:
        bikes = await (await connection.execute("SELECT station, bikes FROM enjoy.d1_v1 ORDER BY 1")).fetchall()
        parks = await (await connection.execute("SELECT park, places FROM enjoy.d2_v1 ORDER BY 1")).fetchall()
        (refused,) = await refused_records(connection, 1, limit=9)
    assert bikes == [("A", 9), ("B", 2), ("D", 4)]
    assert parks == [("a", 1), ("b", 2), ("c", 3)]
    assert (refused.source, refused.row_number, refused.field) == ("mqtt", 2, "bikes")
    await publish(database_url)  # nothing is left to do


async def test_what_cannot_be_read_or_is_for_no_dataset_stays_with_a_code(database_url: str):
    ilevia = await declared(database_url)
    good = {"park": "a", "places": 1}
    await put(
        database_url,
        ("parks", b"\xff\x00"),
        ("nothing", good),
        ("parks", good),
        ("parks", b"7"),
        ("", b""),
        ("parks", b"[" * 99_999),
    )
    await publish(database_url)
    assert await left(database_url) == [
        ("parks", "payload_unreadable"),
        ("nothing", "dataset_unknown"),
        ("parks", "records_malformed"),
        ("", "dataset_unknown"),
        ("parks", "payload_unreadable"),
    ]
    async with acting(database_url, ilevia) as connection:
        assert [one.code for one in await refused_records(connection, 2, limit=9)] == [
            "payload_unreadable",
            "records_malformed",
            "payload_unreadable",
        ]
        assert await (await connection.execute("SELECT park FROM enjoy.d2_v1")).fetchall() == [("a",)]
        # An organisation sees what was sent for its datasets, and not what is nobody's.
        seen = await (await connection.execute("SELECT dataset FROM catalogue.inbox")).fetchall()
    assert seen == [("parks",)] * 3
    async with acting(database_url, ilevia) as connection:
        await act_for_all(connection)
        await forget_refused_messages(connection, now=NOW + timedelta(days=29))
    assert len(await left(database_url)) == 5
    async with acting(database_url, ilevia) as connection:
        await act_for_all(connection)
        await forget_refused_messages(connection, now=NOW + timedelta(days=31))
    assert await left(database_url) == []


async def test_a_message_that_the_database_does_not_take_holds_up_no_other(database_url: str):
    ilevia = await declared(database_url)
    async with await connect(database_url, Role.OWNER) as connection:
        await connection.execute("ALTER TABLE record.d2 ADD CHECK (places <> 13)")
    await put(database_url, *(("parks", {"park": str(places), "places": places}) for places in range(10, 16)))
    await publish(database_url)
    assert await left(database_url) == [("parks", "value_not_storable")]
    async with acting(database_url, ilevia) as connection:
        stored = await (await connection.execute("SELECT places FROM enjoy.d2_v1 ORDER BY 1")).fetchall()
        published = await find_published(connection, "parks")
    assert stored == [(10,), (11,), (12,), (14,), (15,)]
    assert published is not None
    assert published.dataset.records_changed_at == NOW


def test_a_message_is_a_record_a_list_or_a_collection():
    assert records_in(b'{"a": 1}') == [{"a": 1}]
    assert records_in(b"[]") == []
    with pytest.raises(InputError, match="records_malformed"):
        records_in(b'"text"')
