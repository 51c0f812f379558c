"""Validation inside the running worker: from the broker to a finding, an estimate and a limit changed meanwhile."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from db.connection import Role, connect
from db.limits import change_limit
from somel.embedded.broker import Broker
from tests.ingest.conftest import broker, peer
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import START, batch, block, ingesting, until

__all__ = ["broker", "peer"]

UP = "somel/v1/1/gw-0001/batch"


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, ["m-000001"])
        yield made


async def test_what_is_published_is_validated_estimated_and_judged_by_changed_limits(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    values: list[float | None] = [100.0 + slot % 7 for slot in range(96)]
    values[50] = None
    async with ingesting(database_url, broker, vee_every_s=0.2, vee_rest_s=0.0):
        await asyncio.to_thread(peer.publish, UP, batch(block("m-000001", START, *values)))
        estimated = "SELECT count(*) FROM interval_reading WHERE quality = 2"
        await until(lambda: territory.value(estimated) == 1, within_s=60)
        await until(lambda: territory.value("SELECT sum(estimated_count) FROM place_interval") is not None)
        summed = "SELECT sum(estimated_count) FROM place_interval JOIN place USING (place_id) WHERE code = 'T1'"
        await until(lambda: territory.value(summed) == 1)
        async with await connect(database_url, Role.OWNER) as owner:
            await change_limit(owner, "import_wh", "highest", 1_000.0)
            await owner.commit()
        refused = "SELECT count(*) FROM refused_message WHERE code = 'value_out_of_range'"
        deadline = time.monotonic() + 20
        for slot in range(200):
            late = START + (200 + slot) * 1_800
            await asyncio.to_thread(peer.publish, UP, batch(block("m-000001", late, 600.0)))
            await asyncio.sleep(0.1)
            if territory.value(refused) or time.monotonic() > deadline:
                break
        await until(lambda: territory.value(refused) > 0)
    assert territory.value("SELECT count(*) FROM vee_finding WHERE rule = 'gap' AND figure = 1") == 1
