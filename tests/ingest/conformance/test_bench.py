"""A right gateway passes every point; a wrong one fails exactly the point that it breaks."""

import asyncio

import pytest

from core.broker_address import BrokerAddress
from core.clock import WALL_CLOCK
from ingest.conformance.bench import Plan, run_bench
from ingest.conformance.checks import CHECKS, judge
from ingest.conformance.verdicts import Result, Verdict
from somel.embedded.broker import Broker
from somel.embedded.services import Services
from tests.ingest.conformance.gateway import PahoGateway

pytestmark = pytest.mark.slow(60)

#: More at once would keep gateways waiting that are judged by their haste.
_AT_ONCE = 12
#: Shorter than a test's limit, whose exception could end one bench alone.
_WITHIN_S = 170.0
#: What is broken, and the points that have to say so.
FAULTS = {
    "client_id": {"connect.client_id"},
    "user_name": {"connect.user_name"},
    "clean_start": {"connect.clean_start"},
    "short_session": {"connect.session_expiry"},
    "keep_alive": {"connect.keep_alive"},
    "small_packets": {"connect.packet_size"},
    "will_online": {"connect.will", "state.will"},
    "subscribes_qos_0": {"connect.subscribes"},
    "shard": {"topic.shard"},
    "kind": {"topic.kind"},
    "qos_0": {"publish.qos"},
    "qos_2": {"publish.qos"},
    "state_not_retained": {"publish.retained"},
    "batch_retained": {"publish.retained"},
    "no_content_type": {"publish.content_type"},
    "content_type": {"publish.content_type"},
    "prm": {"names.no_prm"},
    "malformed": {"encoding.readable"},
    "shape": {"encoding.shape"},
    "step": {"batch.step"},
    "grid": {"batch.grid"},
    "lengths": {"values.lengths"},
    "register": {"values.registers"},
    "quality": {"values.quality"},
    "out_of_limits": {"values.limits"},
    "meta_of_other": {"meta.says"},
    "meta_lacks_meter": {"meta.meters"},
    "future": {"time.not_future"},
    "ancient": {"time.not_ancient"},
    "slow_clock": {"time.clock"},
    "sequence_gap": {"sequence.rises"},
    "sequence_again": {"sequence.rises"},
    "mute": {"command.answered", "command.expired"},
    "answers_twice": {"command.once"},
    "answers_once_only": {"command.repeated"},
    "changes_its_mind": {"command.repeated"},
    "takes_expired": {"command.expired"},
    "stored_unheard": {"stored.listens", "stored.sends_again"},
    "stored_ignored": {"stored.sends_again"},
    "changed_when_sent_again": {"stored.sends_again"},
    "forgets": {"resend.mid_packet", "resend.no_puback"},
    "never_online": {"state.online", "state.back"},
}


async def _bench(broker: Broker, number: int, fault: str | None) -> list[Verdict]:
    """Run the bench on a gateway that connects through its proxy."""
    name = f"gw-{number:04}"
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    address = BrokerAddress("127.0.0.1", broker.port)
    plan = Plan(name, shards=4, for_s=30.0, patience_s=4.0, proxy=("127.0.0.1", 0))
    running = asyncio.create_task(run_bench(plan, address, WALL_CLOCK, listening=listening.set_result))
    await asyncio.wait((running, listening), return_when=asyncio.FIRST_COMPLETED)
    if running.done():  # it never listened, and says why
        running.result()
    with_gateway = await asyncio.to_thread(PahoGateway(name, await listening, fault).__enter__)
    try:
        return judge(await running)
    finally:
        await asyncio.to_thread(with_gateway.__exit__, None, None, None)


@pytest.fixture(scope="module")
def verdicts(services: Services) -> dict[str | None, list[Verdict]]:
    """Run the bench on all gateways, some at a time, the right one among them."""
    faults: list[str | None] = [None, *FAULTS]

    async def run_all() -> list[list[Verdict]]:
        room = asyncio.Semaphore(_AT_ONCE)

        async def run(at: int, fault: str | None) -> list[Verdict]:
            async with room:
                return await _bench(services.broker, at, fault)

        return await asyncio.gather(*(run(at, fault) for at, fault in enumerate(faults, start=1)))

    return dict(zip(faults, asyncio.run(asyncio.wait_for(run_all(), _WITHIN_S)), strict=True))


def test_a_right_gateway_passes_every_point(verdicts):
    results = {verdict.check.name: verdict.finding for verdict in verdicts[None]}
    assert set(results) == {check.name for check in CHECKS}
    assert {name: finding for name, finding in results.items() if finding.result is not Result.PASSED} == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_gateway_fails_the_point_that_it_breaks(verdicts, fault):
    failed = {
        verdict.check.name: verdict.finding.evidence for verdict in verdicts[fault] if verdict.is_broken(strict=False)
    }
    assert set(failed) == FAULTS[fault], failed
    assert all(failed.values())
