"""Records are read as GeoJSON in pages whose union is the table; identifiers lead back to their records."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from core.datasets import Contract, Field, FieldType, GeometryType
from core.errors import NotFoundError
from db.connection import Connection, Role
from db.datasets import find_published
from db.features import Box, Interval, Selection, count, one, page
from db.views import View, read_id, view_of
from enjoy.publishing import declare, receive
from tests.enjoy.stations import BIKES, CAR_PARKS, bike, described, point
from tests.enjoy.test_publishing import ADA, NOW, acting, organisations

ODD = Contract(
    (
        Field("name", FieldType.TEXT, "Name", is_required=True),
        Field("number", FieldType.NUMBER, "Number", is_required=True),
        Field("day", FieldType.DATE, "Day", is_required=True),
        Field("yes", FieldType.BOOLEAN, "Yes", is_required=True),
        Field("count", FieldType.INTEGER, "Count", is_required=True),
        Field("at", FieldType.TIMESTAMP, "When", is_required=True),
        Field("said", FieldType.TEXT, "Said"),
    ),
    ("name", "number", "day", "yes", "count", "at"),
)
WORDS = ["", ".", "..", "a/b", "a,b", "~", "~1~2~0", "100 %? #1", "Gare Lille Flandres", "é\"\\\n'%s", "~3"]


async def _view(connection: Connection, name: str) -> View:
    published = await find_published(connection, name)
    assert published is not None
    return view_of(published)


async def _features(connection: Connection, view: View, limit: int, **more: bool) -> list[dict[str, object]]:
    found, after = [], None
    while True:
        got = await page(connection, view, Selection(), limit=limit, after=after, **more)  # type: ignore[arg-type]
        assert len(got.features) <= limit
        found += [json.loads(text) for text in got.features]
        if got.next is None:
            return found
        assert len(got.features) == limit
        after = got.next


async def test_every_value_comes_back_as_it_was_written_and_every_identifier_leads_to_its_record(database_url: str):
    ilevia, _ = await organisations(database_url)
    given = [
        {"name": word, "number": number, "day": "2026-01-31", "yes": number < 0, "count": -(2**62) + place}
        | {"at": "2026-01-15T17:30:00.25+01:00", "said": None if place % 2 else word}
        for place, (word, number) in enumerate((word, number) for word in WORDS for number in (-0.1, 1e300))
    ]
    async with acting(database_url, ilevia) as connection:
        published = await declare(connection, ilevia, "odd", described(), ODD, actor=ADA, now=NOW)
        assert not (await receive(connection, published, given, source="api", now=NOW)).refusals
    async with acting(database_url, role=Role.ENJOY_READ) as connection:
        view = await _view(connection, "odd")
        features = await _features(connection, view, 7)
        expected = [record | {"at": "2026-01-15T16:30:00.25Z"} for record in given]
        assert sorted(map(str, expected)) == sorted(str(one["properties"]) for one in features)
        for feature in features:
            assert (feature["type"], feature["geometry"]) == ("Feature", None)
            found = await one(connection, view, str(feature["id"]))
            assert found is not None
            assert json.loads(found) == feature
            assert "/" not in str(feature["id"])
        assert read_id(view, "~3,-0.1,2026-01-31,true,5,2026-01-15T16:30:00Z") == (
            "", -0.1, date(2026, 1, 31), True, 5, datetime(2026, 1, 15, 16, 30, tzinfo=UTC)
        )  # fmt: skip
        for wrong in ("", "a", "a,1,2026-01-31,maybe,5,2026-01-15T16:30:00Z", "a,1,2026-01-31,true,5,2026-01-15T16:30"):
            with pytest.raises(NotFoundError, match="feature_unknown"):
                await one(connection, view, wrong)
        unsaid = await page(connection, view, Selection(), limit=1, only=["said"])
        assert list(json.loads(unsaid.features[0])["properties"]) == ["said"]


async def test_pages_follow_time_and_key_and_the_latest_follow_the_key(database_url: str):
    ilevia, _ = await organisations(database_url)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    given = [
        bike(name, (start + timedelta(minutes=minute)).isoformat(), minute)
        for minute in range(5)
        for name in ("C", "A", "B")
    ]
    async with acting(database_url, ilevia) as connection:
        published = await declare(connection, ilevia, "velo", described(), BIKES, actor=ADA, now=NOW)
        await receive(connection, published, given, source="api", now=NOW)
        view = view_of(published)
        wanted = [f"{name},2026-01-01T00:0{minute}:00Z" for minute in range(5) for name in "ABC"]
        for limit in (1, 3, 4, 15, 100):
            assert [one["id"] for one in await _features(connection, view, limit)] == wanted
        latest = await _features(connection, view, 2, latest=True)
        assert [one["id"] for one in latest] == ["A,2026-01-01T00:04:00Z", *wanted[-2:]]
        middle = Selection(interval=Interval(start + timedelta(minutes=1), start + timedelta(minutes=3)))
        assert await count(connection, view, middle) == 9
        assert await count(connection, view, Selection(interval=Interval())) == 15
        assert await count(connection, view, Selection(equals={"station": "A", "bikes": 4})) == 1
        assert await count(connection, view, Selection(equals={"station": "A' OR true --"})) == 0
        assert await count(connection, view, Selection(), latest=True) == 3


async def test_a_box_holds_what_has_a_point_in_it_in_every_reference_system(database_url: str):
    ilevia, _ = await organisations(database_url)
    shape = Contract(CAR_PARKS.fields, CAR_PARKS.key_fields, None, GeometryType.POINT)
    places = {"lille": (3.07, 50.63), "fiji": (179.5, -17.0), "samoa": (-172.0, -13.8)}
    async with acting(database_url, ilevia) as connection:
        published = await declare(connection, ilevia, "places", described(), shape, actor=ADA, now=NOW)
        given = [{"park": name, "places": 1, "geometry": point(*at)} for name, at in places.items()]
        await receive(connection, published, given, source="api", now=NOW)
        bare = await declare(connection, ilevia, "bare", described(), CAR_PARKS, actor=ADA, now=NOW)
        await receive(connection, bare, [{"park": "A", "places": 1}], source="api", now=NOW)
        boxes = {
            Box(3, 50, 4, 51): ["lille"],
            Box(3.07, 50.63, 3.07, 50.63): ["lille"],
            Box(3.0700001, 50, 4, 51): [],
            Box(341000, 6548000, 343000, 6700000, 3857): ["lille"],
            Box(700000, 7050000, 710000, 7070000, 2154): ["lille"],
            Box(170, -20, -170, 0): ["fiji", "samoa"],
        }
        for box, wanted in boxes.items():
            found = await page(connection, view_of(published), Selection(box=box), limit=9)
            assert [json.loads(one)["id"] for one in found.features] == wanted, box
        assert await count(connection, view_of(bare), Selection(box=Box(-180, -90, 180, 90))) == 0
        assert await count(connection, view_of(bare), Selection(interval=Interval(NOW))) == 1
        flipped = await one(connection, view_of(published), "lille", is_flipped=True)
        projected = await one(connection, view_of(published), "lille", srid=2154)
        assert flipped is not None
        assert projected is not None
        assert json.loads(flipped)["geometry"]["coordinates"] == [50.63, 3.07]
        assert json.loads(projected)["geometry"]["coordinates"] == pytest.approx([704946, 7059335], abs=500)
