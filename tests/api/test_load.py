from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.slots import SLOT
from db.connection import Role, connect
from db.labels import LabelSaid, store_labels
from tests.api.test_places import every_page
from tests.api.world import DAY, FIRST_KNOWN, NOW, REVISED, World

NEXT_DAY = DAY + timedelta(days=1)
SPAN = {"start": DAY.isoformat(), "end": NEXT_DAY.isoformat()}
_RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def slots(client: httpx.AsyncClient, place: str, **parameters: Any) -> list[dict[str, Any]]:
    return [item for page in await every_page(client, f"/v1/places/{place}/load", **parameters) for item in page]


async def test_load_is_half_hourly_mean_power_import_positive(client: httpx.AsyncClient):
    items = await slots(client, "feeder/F-2", **SPAN)
    assert items[0] == {
        "start_at": "2026-01-15T00:00:00Z",
        "load_w": 960.0,
        "import_wh": 500.0,
        "export_wh": 20.0,
        "usage_point_count": 1,
        "estimated_count": 0,
    }
    assert items[5]["estimated_count"] == 1
    # A bad value is not summed: of the sixth slot, only what was exported is known.
    assert (items[6]["usage_point_count"], items[6]["load_w"]) == (0, -40.0)
    assert len(items) == 48


async def test_steps_of_any_length_become_slots(client: httpx.AsyncClient):
    (item,) = await slots(client, "feeder/F-1", start=DAY.isoformat(), end=(DAY + SLOT).isoformat())
    assert item["import_wh"] == pytest.approx(100 + 240 / 2 + 2 * 30)


@_RELAXED
@given(first=st.integers(0, 48), count=st.integers(1, 48), limit=st.integers(1, 20))
async def test_pages_of_slots_joined_are_what_the_database_holds(
    client: httpx.AsyncClient, world: World, first: int, count: int, limit: int
):
    start, end = DAY + first * SLOT, DAY + (first + count) * SLOT
    pages = await every_page(
        client, "/v1/places/commune/59009/load", start=start.isoformat(), end=end.isoformat(), limit=limit
    )
    async with await connect(world.url, Role.READ) as connection:
        cursor = await connection.execute(
            "SELECT start_at FROM place_interval WHERE place_id = %s AND start_at >= %s AND start_at < %s ORDER BY 1",
            [world.place["59009"], start, end],
        )
        stored = [row[0] for row in await cursor.fetchall()]
    assert [datetime.fromisoformat(item["start_at"]) for page in pages for item in page] == stored
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1] or not stored


@pytest.mark.parametrize("place", ["territory/MEL", "substation/PS-1", "feeder/F-1", "commune/59009"])
async def test_load_as_known_now_is_the_stored_load(client: httpx.AsyncClient, place: str):
    stored = await slots(client, place, **SPAN)
    assert stored
    assert await slots(client, place, **SPAN, as_of=NOW.isoformat(), limit=7) == stored


async def test_load_as_known_before_a_revision_has_the_old_values(client: httpx.AsyncClient):
    before = await slots(client, "power_transformer/T-1", **SPAN, as_of=FIRST_KNOWN.isoformat())
    after = await slots(client, "power_transformer/T-1", **SPAN, as_of=REVISED.isoformat())
    changed = [index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    assert changed == [10, 11, 12]
    assert before[10]["import_wh"] == pytest.approx(110 + 120)
    assert after[10]["import_wh"] == pytest.approx(300 + 120)


async def test_nothing_is_known_before_it_was_told(client: httpx.AsyncClient):
    early = (FIRST_KNOWN - timedelta(seconds=1)).isoformat()
    assert await slots(client, "feeder/F-1", **SPAN, as_of=early) == []


async def test_a_long_span_as_known_earlier_is_refused(client: httpx.AsyncClient):
    parameters = SPAN | {"end": (DAY + timedelta(days=9)).isoformat(), "as_of": NOW.isoformat()}
    answer = await client.get("/v1/places/feeder/F-1/load", params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (422, "span_too_long")


async def test_readings_come_as_the_meter_sent_them(client: httpx.AsyncClient, world: World):
    key = world.key[world.usage_points[3]]
    items = (await client.get(f"/v1/usage-points/{key}/load", params=SPAN)).json()["items"]
    assert len(items) == 48
    assert [item["quality"] for item in items[4:8]] == ["ok", "estimated", "bad", "ok"]
    assert items[0] | {"known_at": ""} == {
        "start_at": "2026-01-15T00:00:00Z",
        "step_s": 1800,
        "value": 500.0,
        "quality": "ok",
        "known_at": "",
    }


async def test_readings_as_known_before_a_revision_have_the_old_values(client: httpx.AsyncClient, world: World):
    path = f"/v1/usage-points/{world.key[world.usage_points[0]]}/load"
    values = {}
    for moment in (FIRST_KNOWN, REVISED - timedelta(seconds=1), REVISED, NOW):
        answer = await client.get(path, params=SPAN | {"as_of": moment.isoformat()})
        values[moment] = [item["value"] for item in answer.json()["items"]][9:14]
    assert values[FIRST_KNOWN] == [109.0, 110.0, 111.0, 112.0, 113.0]
    assert values[REVISED - timedelta(seconds=1)] == values[FIRST_KNOWN]
    assert values[REVISED] == [109.0, 300.0, 301.0, 302.0, 113.0]
    assert values[NOW] == values[REVISED]
    assert [item["value"] for item in (await client.get(path, params=SPAN)).json()["items"]][9:14] == values[NOW]


@_RELAXED
@given(limit=st.integers(1, 60), known=st.sampled_from([None, FIRST_KNOWN, NOW]))
async def test_pages_of_readings_joined_are_the_whole(
    client: httpx.AsyncClient, world: World, limit: int, known: datetime | None
):
    path = f"/v1/usage-points/{world.key[world.usage_points[2]]}/load"
    parameters = SPAN if known is None else SPAN | {"as_of": known.isoformat()}
    pages = await every_page(client, path, limit=limit, **parameters)
    starts = [item["start_at"] for page in pages for item in page]
    assert len(starts) == 95
    assert starts == sorted(set(starts))
    assert all(len(page) == limit for page in pages[:-1])


async def test_another_register_is_given_by_name(client: httpx.AsyncClient, world: World):
    path = f"/v1/usage-points/{world.key[world.usage_points[3]]}/load"
    items = (await client.get(path, params=SPAN | {"register": "export_wh"})).json()["items"]
    assert {item["value"] for item in items} == {20.0}


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"start": "2026-01-15T00:00:00"}, "start"),
        ({"end": "2026-01-16"}, "end"),
        ({"end": DAY.isoformat()}, "end"),
        ({"end": "9999-01-01T00:00:00Z"}, "end"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"cursor": "WyJub29uIl0"}, "cursor"),
    ],
)
async def test_spans_are_aware_and_hold_something(
    client: httpx.AsyncClient, world: World, parameters: dict[str, str], field: str
):
    for path in ("/v1/places/feeder/F-1/load", f"/v1/usage-points/{world.key[world.usage_points[0]]}/load"):
        answer = await client.get(path, params=SPAN | parameters)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_register_without_intervals_is_refused(client: httpx.AsyncClient, world: World):
    path = f"/v1/usage-points/{world.key[world.usage_points[0]]}/load"
    answer = await client.get(path, params=SPAN | {"register": "power_w"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "register")


async def test_a_span_is_needed(client: httpx.AsyncClient):
    answer = await client.get("/v1/places/feeder/F-1/load")
    assert [error["field"] for error in answer.json()["errors"]] == ["start", "end"]


async def test_the_latest_values_of_a_usage_point_are_one_for_each_register(client: httpx.AsyncClient, world: World):
    items = (await client.get(f"/v1/usage-points/{world.key[world.usage_points[0]]}/latest")).json()["items"]
    assert [(item["register"], item["value"], item["step_s"]) for item in items] == [
        ("import_wh", 147.0, 1800),
        ("power_w", 532.0, None),
    ]
    assert items[1]["at"] == "2026-01-17T00:00:00Z"


async def test_the_latest_slot_of_a_place_is_nearly_whole(client: httpx.AsyncClient):
    assert (await client.get("/v1/places/feeder/F-1/latest")).json()["start_at"] == "2026-01-15T23:00:00Z"
    assert (await client.get("/v1/places/feeder/F-2/latest")).json()["start_at"] == "2026-01-15T23:30:00Z"


async def test_the_latest_values_can_be_asked_as_of_a_time(client: httpx.AsyncClient, world: World):
    path = f"/v1/usage-points/{world.key[world.usage_points[0]]}"
    for known in (FIRST_KNOWN, REVISED, NOW):
        as_of = {"as_of": known.isoformat()}
        items = (await client.get(path + "/latest", params=as_of)).json()["items"]
        load = (await client.get(path + "/load", params=SPAN | as_of | {"limit": "100"})).json()["items"]
        found = [item for item in items if item["register"] == "import_wh"]
        assert [(item["at"], item["value"]) for item in found] == [
            (item["start_at"], item["value"]) for item in load[-1:]
        ]
    early = {"as_of": (FIRST_KNOWN - timedelta(days=1)).isoformat()}
    assert (await client.get(path + "/latest", params=early)).json()["items"] == []


async def test_the_latest_slot_of_a_place_can_be_asked_as_of_a_time(client: httpx.AsyncClient):
    now = (await client.get("/v1/places/feeder/F-2/latest", params={"as_of": NOW.isoformat()})).json()
    assert now == (await client.get("/v1/places/feeder/F-2/latest")).json()
    early = await client.get("/v1/places/feeder/F-2/latest", params={"as_of": "2020-01-01T00:00:00Z"})
    assert (early.status_code, early.json()["code"]) == (404, "load_unknown")


async def test_what_a_meter_says_in_words_is_told_with_what_it_said_before(client: httpx.AsyncClient, world: World):
    point = world.usage_points[1]
    async with await connect(world.url, None) as connection:
        cursor = await connection.execute(
            "WITH new AS (INSERT INTO gateway (name, shard) VALUES ('gw-words', 0) RETURNING gateway_id) "
            "INSERT INTO end_device (name, kind, gateway_id, usage_point_id) "
            "SELECT '021976000001', 'meter', gateway_id, %s FROM new RETURNING end_device_id",
            [point],
        )
        ((device,),) = await cursor.fetchall()
        noon = datetime(2026, 1, 15, 12, tzinfo=UTC)
        said = [
            LabelSaid(device, "NTARF", text, noon + timedelta(hours=place)) for place, text in enumerate(("01", "02"))
        ]
        await store_labels(connection, said)
    items = (await client.get(f"/v1/usage-points/{world.key[point]}/labels")).json()["items"]
    assert [(item["label"], item["text"], item["is_latest"]) for item in items] == [
        ("NTARF", "02", True),
        ("NTARF", "01", False),
    ]
    assert items[1]["first_said_at"] == "2026-01-15T12:00:00Z"
    assert (await client.get(f"/v1/usage-points/{world.key[world.usage_points[0]]}/labels")).json() == {"items": []}


async def test_an_unknown_usage_point_is_not_found(client: httpx.AsyncClient):
    for part in ("load", "latest", "labels"):
        answer = await client.get(f"/v1/usage-points/{uuid4()}/{part}", params=SPAN)
        assert (answer.status_code, answer.json()["code"]) == (404, "usage_point_unknown")
    assert (await client.get("/v1/usage-points/someone/latest")).status_code == 422
