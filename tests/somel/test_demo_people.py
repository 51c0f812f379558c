"""In the demo most agree, and its history is published at once."""

from datetime import UTC, datetime, timedelta

from core.clock import Clock
from core.settings import read_settings
from db.connection import Role, connect
from db.territory import load_communes, read_commune_facts
from somel.demo.city_data import add_organisations
from somel.demo.options import replay_origin
from somel.demo.people import give_consents
from somel.fleet import build, register
from somel.privacy import publish_with
from tests.db.village import ask
from tests.enjoy.people import draw
from tests.enjoy.test_energy import shown

DAY = timedelta(days=1)


async def test_energy_of_the_history_is_there_before_the_demo_goes_live(database_url: str):
    async with await connect(database_url, Role.OWNER) as connection:
        await load_communes(connection, read_commune_facts())
        await connection.commit()
    await register(database_url, build(read_settings(), usage_points=400, seed=1))
    origin = replay_origin(datetime(2026, 11, 23, 12, tzinfo=UTC))
    draw(database_url, origin - 3 * DAY, 3, "200 + usage_point_id %% 7")
    await add_organisations(database_url)
    assert 250 < await give_consents(database_url, origin - 3 * DAY, seed=1) < 330
    assert await give_consents(database_url, origin - 3 * DAY, seed=1) == 0
    standing = Clock(datetime.now(UTC) + DAY, origin, 60.0)
    assert await publish_with(database_url, read_settings(), standing) > 2
    energy = shown(database_url, "energy-by-commune", "energy_wh, usage_points, reason")
    assert sum(reason is None for *_, reason in energy) > 48
    assert {reason for *_, reason in energy} >= {None, "k"}
    assert all(count >= 10 for _, count, reason in energy if reason is None)
    assert ask(database_url, "SELECT count(*) FROM catalogue.dataset WHERE name = 'feeder-load'") == [(1,)]
