"""A guarded broker for the tests of the field edge, one for all of a module."""

import gc
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.authority import make_authorities, ven_authority
from edge.guard import Guard
from somel.embedded.broker import Broker
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning
from somel.guard_writing import write_guard
from tests.ingest.registered import Territory, register
from tests.somel.edge.field import Field

NAMES = ("gw-0001", "gw-0002")


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, ["m-000001"], {"ev-000001": "ev_charger"})
        made.add_gateway("gw-0002", 0, ["m-000101"])
        yield made


@pytest.fixture
def field(services: Services, territory: Territory, tmp_path: Path) -> Iterator[Field]:
    folder, now = Path(tempfile.mkdtemp(prefix="somel-broker-")), datetime.now(UTC)
    folder.chmod(0o755)
    authority = make_authorities(
        tmp_path / "root", tmp_path / "edge", name="Test", passphrase="a long passphrase", now=now
    )
    tuning = BrokerTuning(max_packet_bytes=2 * 1024 * 1024)
    broker = Broker(folder / "mosquitto", services.bundle, Places.from_environment().account, tuning, tied=True)
    guard = Guard(shards=4, sparkplug_group="somel", gateway_address="127.0.0.1")
    vens = ven_authority(authority.folder, now)
    hosts = ["127.0.0.1", "localhost"]
    write_guard(broker.guard, authority, guard, hosts=hosts, gateway_port=None, now=now, vens=vens)
    broker.start()
    yield Field(broker, authority, vens, tmp_path, territory.url)
    broker.stop()
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Collect the sockets that paho leaves open when a handshake fails, so that no later test is blamed for them."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
