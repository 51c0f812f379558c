"""The demo's datasets: declared once, filled, pulled from the simulated feed and pushed by the partner."""

from datetime import UTC, datetime

import httpx

from api.app import create_app
from db.connection import Role, connect
from db.datasets import act_for, find_published
from enjoy.pulling.pulls import Pulls
from simulators.car_parks import CAR_PARKS
from simulators.gbfs import serving
from simulators.stations import StationFleet
from somel.demo.city_data import publish_city_data
from somel.demo.partner import counted
from tests.api.conftest import bearer, settings_at
from tests.enjoy.lending import lending, standing

NOW = datetime(2026, 1, 15, 17, 30, tzinfo=UTC)


async def test_what_the_demo_publishes_is_there_whole_and_a_second_demo_finds_it(database_url: str):
    with serving(StationFleet(260, seed=1), lambda: NOW) as feed:
        for _ in range(2):
            key = await publish_city_data(database_url, feed_url=feed, now=NOW)
        await Pulls(is_development=True)(lending(database_url), standing(NOW))
    app = create_app(settings_at(NOW), database_url=database_url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://somel.test/enjoy") as client,
    ):
        pushed = await client.post("/v1/datasets/car-parks/records", json=counted(NOW), headers=bearer(key))
        assert (pushed.json()["inserted"], pushed.json()["refused_count"]) == (len(CAR_PARKS), 0)
        listed = (await client.get("/v1/datasets")).json()["items"]
    assert [(one["name"], one["organisation"]) for one in listed] == [
        ("car-parks", "parcs-du-nord"),
        ("communes", "mel"),
        ("vlille", "mel"),
    ]
    async with await connect(database_url, Role.ENJOY_READ) as connection:
        await act_for(connection, [])
        for name, count in (("communes", 95), ("vlille", 260), ("car-parks", len(CAR_PARKS))):
            published = await find_published(connection, name)
            assert published is not None
            view = f"SELECT count(*) FROM enjoy.d{published.dataset.dataset_id}_v1"  # noqa: S608
            assert await (await connection.execute(view)).fetchone() == (count,), name


def test_car_parks_fill_by_day():
    night, day = datetime(2026, 1, 15, 3, tzinfo=UTC), datetime(2026, 1, 15, 13, tzinfo=UTC)
    for park in CAR_PARKS:
        assert 0 <= park.free_places(day) < park.free_places(night) <= park.places
