"""The simulated gateways obey the specification, as the bench for firmware makers sees it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from core.broker_address import BrokerAddress
from core.clock import Clock
from ingest.conformance.bench import Plan, run_bench
from ingest.conformance.checks import judge
from ingest.conformance.verdicts import Result
from simulators.fleet import Fleet
from simulators.live import live

#: An evening in winter, so that flexible devices announce themselves; a minute of it a second.
EVENING = datetime(2026, 1, 15, 17, 20, tzinfo=UTC)
SPEED = 60.0


@pytest.mark.slow(20)
async def test_a_simulated_gateway_passes_every_point(make_fleet: Callable[..., Fleet], address: BrokerAddress) -> None:
    fleet = make_fleet(12)
    (gateway,) = fleet.network.gateways
    clock, stop = Clock(datetime.now(UTC), EVENING, SPEED), asyncio.Event()
    loop = asyncio.get_running_loop()
    listening: asyncio.Future[int] = loop.create_future()
    plan = Plan(gateway.name, shards=4, for_s=60.0, proxy=("127.0.0.1", 0))
    watching = asyncio.create_task(run_bench(plan, address, clock, listening=listening.set_result))
    through_the_proxy = BrokerAddress("127.0.0.1", await listening)
    since = EVENING - timedelta(hours=2)
    living = asyncio.create_task(live(fleet, clock=clock, broker=through_the_proxy, since=since, stop=stop))
    verdicts = judge(await watching)
    stop.set()
    await asyncio.wait([living])
    findings = {verdict.check.name: verdict.finding for verdict in verdicts}
    assert {name: said for name, said in findings.items() if said.result is not Result.PASSED} == {}
