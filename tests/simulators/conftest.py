"""What the simulators' tests share: the measured data, a small territory, a fleet, a broker of their own."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.broker_address import BrokerAddress
from core.errors import ConfigurationError
from core.network import Commune
from core.settings import Settings
from simulators.fleet import Fleet, build_fleet
from simulators.packages import DATA_WHEELS, find_wheel
from somel.embedded import broker as embedded
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning

COMMUNES = [
    Commune("59350", "Lille", 236_234, 3.047, 50.631),
    Commune("59512", "Roubaix", 98_828, 3.182, 50.690),
    Commune("59599", "Tourcoing", 98_656, 3.155, 50.724),
    Commune("59009", "Villeneuve-d'Ascq", 61_920, 3.144, 50.633),
    Commune("59146", "Chéreng", 3_040, 3.206, 50.611),
]


@pytest.fixture(scope="session")
def data_cache(settings: Settings) -> Path:
    """Return the cache with the wheels of measured data, or skip the test and say why."""
    cache = settings.cache_dir or Places.from_environment().cache
    try:
        for wheel in DATA_WHEELS:
            find_wheel(cache, wheel)
    except ConfigurationError as error:
        (pytest.fail if settings.require_all else pytest.skip)(error.message)
    return cache


@pytest.fixture(autouse=True)
def no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no word of a platform: in most of these tests there is none."""
    monkeypatch.setattr("simulators.links._FIRST_WORD_S", 0.0)


@pytest.fixture
def make_fleet(data_cache: Path) -> Callable[..., Fleet]:
    """Return a function that builds a fleet on five communes."""

    def make(usage_points: int = 120, **options: object) -> Fleet:
        return build_fleet(
            usage_points=usage_points,
            communes=COMMUNES,
            cache_dir=data_cache,
            shards=4,
            **options,  # type: ignore[arg-type]
        )

    return make


@pytest.fixture
def fleet(make_fleet: Callable[..., Fleet]) -> Fleet:
    """Return a fleet of 120 usage points."""
    return make_fleet()


class KillableBroker:
    """Run a Mosquitto that a test may kill without harm to the others."""

    def __init__(self, services: Services, folder: Path) -> None:
        self._server = embedded.Broker(
            folder, services.bundle, services.broker._account, BrokerTuning(save_after_changes=1), tied=True
        )
        self._server.start()

    @property
    def address(self) -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self._server.port)

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def kill(self) -> None:
        process = self._server.process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        while process.is_running():
            time.sleep(0.01)


@pytest.fixture(scope="session")
def address(services: Services) -> Iterator[BrokerAddress]:
    """Run a broker for these tests alone: what they retain or leave queued is nobody else's business."""
    with _running(services) as broker:
        yield broker.address


@pytest.fixture
def killable_broker(services: Services) -> Iterator[KillableBroker]:
    """Run a broker for one test."""
    with _running(services) as broker:
        yield broker


@contextmanager
def _running(services: Services) -> Iterator[KillableBroker]:
    folder = Path(tempfile.mkdtemp(prefix="somel-killable-"))
    folder.chmod(0o755)
    broker = KillableBroker(services, folder / "mosquitto")
    try:
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)
