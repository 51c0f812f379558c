"""A broker that does not let the bench do everything: the points it cannot see are not held against the gateway."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.broker_address import BrokerAddress
from core.clock import WALL_CLOCK
from core.errors import ForbiddenError, RetryableError
from ingest.conformance.bench import Plan, run_bench
from ingest.conformance.checks import judge
from somel.embedded.broker import Broker
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning
from tests.ingest.conformance.gateway import PahoGateway, right_shard

NAME = "gw-0500"
_WITHIN_S = 60.0


class _Closed(Broker):
    """A broker that nobody may enter."""

    def _configuration(self) -> tuple[Path, str]:
        file, text = super()._configuration()
        return file, text.replace("allow_anonymous true", "allow_anonymous false")


class _ReadOnly(Broker):
    """A broker where the gateway alone may publish, and only upwards."""

    def _configuration(self) -> tuple[Path, str]:
        file, text = super()._configuration()
        rules = self.folder / "rules.acl"
        root = f"somel/v1/{right_shard(NAME)}/{NAME}"
        up = "".join(f"topic write {root}/{kind}\n" for kind in ("batch", "live", "answer", "meta", "state"))
        rules.write_text(f"topic read somel/#\nuser {NAME}\n{up}topic read {root}/command\n")
        rules.chmod(0o644)
        return file, f"{text}acl_file {rules}\n"


@pytest.fixture
def guarded(services: Services, request: pytest.FixtureRequest) -> Iterator[Broker]:
    folder = Path(tempfile.mkdtemp(prefix="somel-broker-"))
    folder.chmod(0o755)
    account = Places.from_environment().account
    broker = request.param(folder / "mosquitto", services.bundle, account, BrokerTuning(), tied=True)
    broker.start()
    yield broker
    broker.stop()
    shutil.rmtree(folder)


@pytest.mark.parametrize("guarded", [_ReadOnly], indirect=True)
async def test_commands_that_the_broker_does_not_let_through_are_not_seen(guarded: Broker):
    address = BrokerAddress("127.0.0.1", guarded.port)
    with PahoGateway(NAME, guarded.port):
        async with asyncio.timeout(_WITHIN_S):
            seen = await run_bench(Plan(NAME, 4, 6.0, patience_s=2.0), address, WALL_CLOCK)
    findings = {verdict.check.name: verdict.finding for verdict in judge(seen)}
    for name in ("command.answered", "command.repeated", "command.expired", "stored.sends_again"):
        assert str(findings[name].result) == "not seen"
    assert "does not let" in findings["command.answered"].evidence
    assert str(findings["publish.qos"].result) == "passed"


@pytest.mark.parametrize("guarded", [_Closed], indirect=True)
async def test_a_broker_that_lets_nobody_in_says_so(guarded: Broker):
    with pytest.raises(ForbiddenError, match="does not let the bench watch"):
        await run_bench(Plan(NAME, 4, 5.0), BrokerAddress("127.0.0.1", guarded.port), WALL_CLOCK)


@pytest.mark.parametrize("guarded", [Broker], indirect=True)
async def test_a_broker_that_goes_away_ends_the_watching_and_says_so(guarded: Broker):
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    plan = Plan(NAME, 4, 30.0, proxy=("127.0.0.1", 0), sends_commands=False)
    address = BrokerAddress("127.0.0.1", guarded.port)
    running = asyncio.create_task(run_bench(plan, address, WALL_CLOCK, listening=listening.set_result))
    await listening
    await asyncio.to_thread(guarded.stop)
    with pytest.raises(RetryableError, match="can no longer watch: the broker closed the connection"):
        await asyncio.wait_for(running, _WITHIN_S)
