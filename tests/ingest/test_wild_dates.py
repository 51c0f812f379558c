"""A registered meter whose clock is anywhere: what is too old is refused before the database makes room for it."""

import asyncio
import time

from ingest.plausibility import REACH_BACK_DAYS
from somel.embedded.broker import Broker
from tests.ingest.peer import Peer
from tests.ingest.registered import register
from tests.ingest.running import batch, block, ingesting, until

WEEK_S = 7 * 86_400
WEEKS = 1_300


async def test_a_meter_with_dates_over_25_years_does_not_hold_up_the_others(
    database_url: str, broker: Broker, peer: Peer
):
    newest = (int(time.time()) // 1_800 - 48) * 1_800
    wild = batch(*(block("m-000001", newest - week * WEEK_S, 1.0) for week in range(WEEKS)))
    with register(database_url) as territory:
        territory.add_gateway("gw-0001", 1, ["m-000001", "m-000002"])
        async with ingesting(database_url, broker):
            await asyncio.to_thread(peer.publish, "somel/v1/1/gw-0001/batch", wild)
            await asyncio.to_thread(peer.publish, "somel/v1/1/gw-0001/batch", batch(block("m-000002", newest, 2.0)))
            await until(lambda: territory.value("SELECT count(*) FROM interval_reading WHERE value = 2") == 1, 60.0)
        kept = (REACH_BACK_DAYS * 86_400 - (int(time.time()) - newest)) // WEEK_S + 1
        refused = territory.rows("SELECT code, refused_count FROM refused_message")
        assert refused == [("time_too_old", WEEKS - kept)]
        assert territory.value("SELECT count(*) FROM interval_reading") == kept + 1
