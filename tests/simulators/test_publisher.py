"""A back-fill reaches a real broker whole, as an independent subscriber sees it, also when the broker dies."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import cbor2
import pytest

from core.broker_address import BrokerAddress
from core.errors import InputError, RetryableError
from core.registers import EXPORT_WH, IMPORT_WH
from core.settings import read_settings
from simulators.counts import Counts
from simulators.fleet import Fleet
from simulators.publisher import backfill
from simulators.run import run
from simulators.session import GatewaySession
from tests.simulators.conftest import KillableBroker
from tests.simulators.subscriber import Subscriber

START = datetime(2026, 1, 12, tzinfo=UTC)
DAYS = 3


async def _publish(fleet: Fleet, address: BrokerAddress, days: int = DAYS, **options: object) -> Counts:
    return await backfill(
        fleet,
        start=START,
        end=START + timedelta(days=days),
        broker=address,
        **options,  # type: ignore[arg-type]
    )


def _expected(fleet: Fleet, days: int = DAYS) -> dict[tuple[str, int, int], int]:
    """Write down every value that has to arrive, from the fleet alone."""
    import_wh, export_wh = fleet.slot_wh(int(START.timestamp()), 48 * days)
    values = {}
    for point, meter in enumerate(fleet.meters):
        for slot in range(48 * days):
            start_s = int(START.timestamp()) + 1800 * slot
            values[meter, IMPORT_WH.register_id, start_s] = int(import_wh[point, slot])
            if fleet.exports[point]:
                values[meter, EXPORT_WH.register_id, start_s] = int(export_wh[point, slot])
    return values


def _wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


async def test_every_value_of_a_backfill_arrives_once_and_is_counted(fleet: Fleet, address: BrokerAddress) -> None:
    expected, progress = _expected(fleet), []
    with Subscriber(address.host, address.port, "backfill-whole") as subscriber:
        counts = await _publish(fleet, address, on_progress=lambda done, total: progress.append((done, total)))
        gateways = len(fleet.network.gateways)
        assert await asyncio.to_thread(_wait_for, lambda: len(subscriber.of_kind("batch")) >= gateways * DAYS)
        batches = subscriber.of_kind("batch")
    assert subscriber.intervals() == expected
    assert len(batches) == gateways * DAYS == counts.messages_published == counts.messages_acknowledged
    assert counts.values_published == counts.values_acknowledged == len(expected) == fleet.value_count(48 * DAYS)
    assert counts.messages_unheard == counts.messages_refused == counts.connections_lost == 0
    assert progress[-1] == (len(expected), len(expected))
    assert {content_type for _, content_type, _, _ in batches} == {"application/cbor"}
    topics = {f"somel/v1/{gateway.shard}/{gateway.name}/batch" for gateway in fleet.network.gateways}
    assert {topic for topic, _, _, _ in batches} == topics


async def test_sequences_rise_by_one_over_two_backfills(fleet: Fleet, address: BrokerAddress) -> None:
    with Subscriber(address.host, address.port, "backfill-sequence") as subscriber:
        await _publish(fleet, address, days=1)
        await _publish(fleet, address, days=2)
        gateways = len(fleet.network.gateways)
        assert await asyncio.to_thread(_wait_for, lambda: len(subscriber.of_kind("batch")) >= 3 * gateways)
        for gateway in fleet.network.gateways:
            mine = [message for message in subscriber.of_kind("batch") if f"/{gateway.name}/" in message[0]]
            sequences = [cbor2.loads(payload)[0] for _, _, payload, _ in mine]
            assert sequences == list(range(sequences[0], sequences[0] + 3))


async def test_what_nobody_listens_to_is_counted_as_unheard(fleet: Fleet, killable_broker: KillableBroker) -> None:
    counts = await _publish(fleet, killable_broker.address, days=1)
    assert counts.messages_unheard == counts.messages_acknowledged == len(fleet.network.gateways)


async def test_a_broker_stopped_in_the_middle_costs_nothing(
    make_fleet: Callable[..., Fleet], killable_broker: KillableBroker
) -> None:
    await _break_in_the_middle(make_fleet(300), killable_broker, killable_broker.stop)


async def test_a_broker_killed_in_the_middle_costs_nothing(
    make_fleet: Callable[..., Fleet], killable_broker: KillableBroker
) -> None:
    await _break_in_the_middle(make_fleet(300), killable_broker, killable_broker.kill)


async def _break_in_the_middle(fleet: Fleet, broker: KillableBroker, end: Callable[[], None]) -> None:
    """End the broker during a back-fill and start it again; nothing may be missing afterwards."""
    days, broken = 10, False
    address = broker.address
    expected = _expected(fleet, days)

    def halfway(done: int, total: int) -> None:
        nonlocal broken
        if not broken and 3 * done > total:
            broken = True
            end()
            broker.start()

    with Subscriber(address.host, address.port, "breaking") as subscriber:
        counts = await asyncio.wait_for(_publish(fleet, address, days, on_progress=halfway), 60)
        await asyncio.to_thread(_wait_for, lambda: len(subscriber.intervals()) >= len(expected), 15)
    assert broken
    assert subscriber.intervals() == expected
    assert counts.connections_lost >= len(fleet.network.gateways)
    assert counts.values_published == counts.values_acknowledged == len(expected)
    assert counts.values_in_flight == 0


async def test_a_message_published_while_there_is_no_broker_arrives_when_there_is_one_again(
    killable_broker: KillableBroker,
) -> None:
    counts, address = Counts(), killable_broker.address
    async with GatewaySession("gw-0001", address, counts) as session:
        await session.connected()
        killable_broker.kill()
        waiting = asyncio.create_task(session.publish("somel/v1/0/gw-0001/batch", b"x", "application/cbor", values=7))
        await asyncio.sleep(0.3)
        killable_broker.start()
        with Subscriber(address.host, address.port, "later") as subscriber:
            await asyncio.wait_for(waiting, 20)
            await asyncio.wait_for(session.drained(), 20)
            assert await asyncio.to_thread(_wait_for, lambda: bool(subscriber.messages) or counts.messages_unheard == 1)
    assert counts.values_published == counts.values_acknowledged == 7


async def test_no_more_messages_are_in_flight_than_was_said(address: BrokerAddress) -> None:
    counts = Counts()
    async with GatewaySession("gw-0002", address, counts, in_flight=4) as session:
        await session.connected()
        for _ in range(40):
            await session.publish("somel/v1/0/gw-0002/batch", b"x", "application/cbor", values=1)
            assert counts.values_in_flight <= 4
        await session.drained()
    assert counts.values_acknowledged == 40


@pytest.mark.parametrize(
    ("start", "end"),
    [(START, START), (START + timedelta(minutes=1), START + timedelta(days=1)), (START.replace(tzinfo=None), START)],
)
async def test_a_span_off_the_slots_is_refused(fleet: Fleet, start: datetime, end: datetime) -> None:
    with pytest.raises(InputError):
        await backfill(fleet, start=start, end=end, broker=BrokerAddress("127.0.0.1", 1))


async def test_a_broker_that_is_not_there_is_said_so(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.links._PATIENCE_S", 0.5)
    with pytest.raises(RetryableError, match="No broker answered"):
        await _publish(fleet, BrokerAddress("127.0.0.1", 1))


async def test_a_run_backfills_up_to_the_slot_that_runs_now(fleet: Fleet, address: BrokerAddress) -> None:
    settings = read_settings(clock_wall_origin=datetime.now(UTC), clock_replay_origin=START + timedelta(minutes=95))
    with Subscriber(address.host, address.port, "run") as subscriber:
        counts = await run(settings, fleet=fleet, broker=address, days=1, go_live=False)
        gateways = len(fleet.network.gateways)
        assert await asyncio.to_thread(_wait_for, lambda: len(subscriber.of_kind("batch")) >= gateways)
        starts = {start_s for _, _, start_s in subscriber.intervals()}
    assert max(starts) == (START + timedelta(minutes=60)).timestamp()
    assert len(starts) == 48
    assert counts.live is None
    assert counts.summary()["values_published"] == fleet.value_count(48)
