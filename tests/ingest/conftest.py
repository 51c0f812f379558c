"""A broker of its own for every test of ingest, because sessions and retained messages outlive a connection."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.plain import warm_up
from somel.embedded.broker import Broker
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning
from tests.ingest.peer import Peer


@pytest.fixture(scope="session")
def compiled() -> None:
    """Compile the kernels before anybody waits for a session, as a worker does."""
    warm_up()


@pytest.fixture
def broker(services: Services, compiled: None) -> Iterator[Broker]:
    del compiled
    folder = Path(tempfile.mkdtemp(prefix="somel-broker-"))
    folder.chmod(0o755)
    running = Broker(
        folder / "mosquitto", services.bundle, Places.from_environment().account, BrokerTuning(), tied=True
    )
    running.start()
    yield running
    running.stop()
    shutil.rmtree(folder)


@pytest.fixture
def peer(broker: Broker) -> Iterator[Peer]:
    with Peer("peer-0001", broker.port) as connected:
        yield connected
