"""A simulated fleet gets its certificates and comes through the guarded broker with them, and with no one else's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.errors import ConfigurationError
from core.settings import read_settings
from edge.devices import DeviceFiles
from simulators.counts import Counts
from simulators.fleet import Fleet
from simulators.publisher import backfill
from somel.cli import app
from somel.commands.load import store_communes
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.fleet import build, register
from somel.fleet_identities import address_of, enrol_fleet
from tests.ingest.registered import Territory
from tests.ingest.running import START, ingesting, until
from tests.somel.edge.field import Field

FIRST = datetime.fromtimestamp(START, UTC)


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    """Give the database alone: the fleet brings its own network."""
    made = Territory(database_url)
    yield made
    made.hang_up()


@dataclass
class FleetInTheField:
    """A fleet of a few gateways, registered and enrolled, and the folder of its certificates."""

    field: Field
    fleet: Fleet
    folder: Path

    @property
    def names(self) -> list[str]:
        return [gateway.name for gateway in self.fleet.network.gateways]

    async def enrol(self, days: int = 1) -> int:
        field = self.field
        return await enrol_fleet(field.database_url, field.authority, self.names, self.folder, days=days)

    async def publish(self) -> Counts:
        broker = address_of(self.field.broker.guard, self.folder)
        return await backfill(self.fleet, start=FIRST, end=FIRST + timedelta(days=1), broker=broker)


@pytest.fixture
async def fielded(field: Field, tmp_path: Path) -> FleetInTheField:
    await store_communes(field.database_url, [])
    fleet = build(read_settings(), usage_points=300, seed=1)
    await register(field.database_url, fleet)
    made = FleetInTheField(field, fleet, tmp_path / "fleet")
    assert len(made.names) > 2
    assert await made.enrol() == len(made.names)
    return made


async def test_all_that_a_fleet_publishes_over_mutual_tls_is_stored(fielded: FleetInTheField, territory: Territory):
    async with ingesting(fielded.field.database_url, fielded.field.broker, ingest_strays=False):
        counts = await fielded.publish()
        assert counts.values_published == fielded.fleet.value_count(48)
        assert counts.values_acknowledged == counts.values_published
        await until(lambda: territory.value("SELECT count(*) FROM interval_reading") == counts.values_published)
    assert counts.messages_refused == counts.messages_unheard == 0
    assert territory.value("SELECT count(*) FROM refused_message") == 0


async def test_gateways_with_each_others_certificates_are_refused_and_the_rest_is_stored(
    fielded: FleetInTheField, territory: Territory
):
    swapped = [DeviceFiles.of(fielded.folder, name) for name in fielded.names[:2]]
    first, second = [(files.certificate.read_bytes(), files.key.read_bytes()) for files in swapped]
    for files, (certificate, key) in zip(swapped, (second, first), strict=True):
        files.certificate.write_bytes(certificate)
        files.key.write_bytes(key)
    async with ingesting(fielded.field.database_url, fielded.field.broker, ingest_strays=False):
        counts = await fielded.publish()
        passed = counts.values_published - counts.values_refused
        await until(lambda: territory.value("SELECT count(*) FROM interval_reading") == passed)
    assert counts.messages_refused == 2
    assert passed > 0
    stored = territory.rows(
        "SELECT DISTINCT g.name FROM interval_reading JOIN end_device d USING (usage_point_id) JOIN gateway g "
        "USING (gateway_id)"
    )
    assert {name for (name,) in stored} == set(fielded.names[2:])
    assert fielded.field.has_logged(f"Denied PUBLISH from {fielded.names[0]}")


async def test_only_who_has_no_good_certificate_is_enrolled(fielded: FleetInTheField):
    files = [DeviceFiles.of(fielded.folder, name) for name in fielded.names]
    assert {f.key.stat().st_mode & 0o777 for f in files} == {0o600}
    assert fielded.folder.stat().st_mode & 0o777 == 0o700
    before = [f.certificate.read_bytes() for f in files]
    assert await fielded.enrol() == 0
    files[0].key.unlink()
    files[1].certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    assert await fielded.enrol() == 2
    after = [f.certificate.read_bytes() for f in files]
    assert [was == now for was, now in zip(before, after, strict=True)] == [False, False, *[True] * (len(files) - 2)]
    assert not files[2].are_good(fielded.field.authority, datetime.now(UTC) + timedelta(days=2)), "it has expired"


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture
def embedded(state: Path, services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Return embedded servers of this test's own; stopped afterwards."""
    del services  # the bundle is there
    monkeypatch.delenv("SOMEL_DATABASE_URL", raising=False)
    monkeypatch.delenv("SOMEL_MQTT_URL", raising=False)
    monkeypatch.setenv("SOMEL_ROOT_PASSPHRASE", "a long passphrase")
    made = Services(Places.from_environment())
    assert made.folder.is_relative_to(state)
    yield made
    made.down()


def test_without_a_guard_the_way_to_one_is_named(embedded: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    wanted = ("simulate", "--certificates", str(tmp_path / "fleet"))
    with pytest.raises(ConfigurationError, match="somel pki init"):
        typed(*wanted)
    assert not embedded.cluster.is_ready(), "nothing was started for it"
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="identities=FOLDER"):
        typed(*wanted)


def somel(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own: what it logs must not go on to a stream of this one."""
    command = [sys.executable, "-m", "somel", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow(20)
@pytest.mark.timeout(600)
def test_the_command_enrols_a_fleet_and_publishes(embedded: Services, tmp_path: Path):
    somel("load", "communes")
    assert somel("pki", "init", "--root", str(tmp_path / "root")).returncode == 0
    days = ("--usage-points", "50", "--backfill-days", "1", "--no-live", "--json")
    done = somel("simulate", *days, "--certificates", str(tmp_path / "fleet"))
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout.splitlines()[-1])["backfill"]
    assert counts["values_published"] == counts["values_acknowledged"] >= 50 * 48
    assert counts["messages_refused"] == 0
    enrolled = somel("pki", "list", "--json").stdout.splitlines()
    assert len(enrolled) == len(list((tmp_path / "fleet").glob("*.pem"))) > 0
    assert "u'gw-0001'" in embedded.broker.log.read_text(), "it came by the name in its certificate"
