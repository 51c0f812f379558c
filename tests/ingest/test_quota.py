"""A gateway that sends more than its share is refused, and the others are not."""

from collections.abc import Iterator

import numpy as np
import pytest

from ingest.quota import Quota
from somel.embedded.broker import Broker
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory, register
from tests.ingest.running import START, batch, block, ingesting, until


def sent(*gateways: int) -> np.ndarray:
    return np.array(gateways, np.int32)


def test_who_passes_the_quota_is_named_until_the_hour_is_over():
    now_s = [0.0]
    quota = Quota(3, lambda: now_s[0])
    assert not quota.count(sent(7, 7, 5, -1, -1, -1, -1))
    assert not quota.count(sent(7))
    assert quota.count(sent(7, 9))
    assert quota.exceeded == {7}
    assert not quota.count(sent(7))
    now_s[0] = 3_600.0
    assert quota.count(sent(7))
    assert quota.exceeded == frozenset()


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, ["m-000001"])
        made.add_gateway("gw-0002", 0, ["m-000101"])
        yield made


async def test_a_flooding_gateway_is_refused_on_record_and_its_neighbour_is_stored(
    database_url: str, territory: Territory, broker: Broker, peer: Peer
):
    def stored() -> int:
        return int(territory.value("SELECT count(*) FROM interval_reading"))

    def refused() -> list[str]:
        return [row[0] for row in territory.rows("SELECT code FROM refused_message")]

    async with ingesting(database_url, broker, ingest_hourly_messages=5):
        for number in range(6):
            peer.publish("somel/v1/1/gw-0001/batch", batch(block("m-000001", START + 1_800 * number, 1.0)))
        await until(lambda: stored() == 6)
        peer.publish("somel/v1/1/gw-0001/batch", batch(block("m-000001", START + 36_000, 1.0)))
        peer.publish("somel/v1/0/gw-0002/batch", batch(block("m-000101", START, 1.0)))
        await until(lambda: refused() == ["quota_exceeded"])
        await until(lambda: stored() == 7)
