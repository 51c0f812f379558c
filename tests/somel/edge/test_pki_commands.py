"""From nothing to an enrolled gateway and back out, by the command line alone, on the embedded servers."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from core.broker_address import BrokerAddress
from somel.embedded.places import Places
from somel.embedded.services import Services
from tests.edge.asking import ec_key, key_text, pem_of, request_of
from tests.somel.edge.field import Client, Identity

pytestmark = pytest.mark.timeout(600)  # they start a whole cluster each

Somel = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def state(services: Services) -> Iterator[Path]:
    """Give a state folder of its own, that root's servers can reach too."""
    del services  # the bundle is there
    folder = Path(tempfile.mkdtemp(prefix="somel-state-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def somel(state: Path, tmp_path: Path) -> Iterator[Somel]:
    cache = Places.from_environment().cache
    known = os.environ | {
        "SOMEL_STATE_DIR": str(state),
        "SOMEL_CACHE_DIR": str(cache),
        "SOMEL_ROOT_PASSPHRASE": "a long passphrase",
        "SOMEL_CONFIG": str(tmp_path / "none.toml"),
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "somel", *words]
        return subprocess.run(command, env=known, cwd=tmp_path, capture_output=True, text=True, check=False)

    yield run
    assert run("services", "down").returncode == 0


@pytest.mark.slow(45)
def test_a_gateway_is_enrolled_kept_out_let_in_and_revoked(somel: Somel, state: Path, tmp_path: Path):
    assert somel("pki", "enrol", "gw-0001").returncode != 0, "nobody is registered yet"
    assert somel("migrate").returncode == 0
    made = somel("pki", "init", "--root", "root")
    assert made.returncode == 0, made.stderr
    assert somel("pki", "init", "--root", "root").returncode == 2
    assert "no certificates yet" in somel("pki", "list").stdout
    register_gateway(state)
    code = somel("pki", "enrol", "gw-0001").stdout.strip()
    key = ec_key()
    identity = Identity(tmp_path / "gw.pem", tmp_path / "gw.key")
    identity.key.write_bytes(key_text(key))
    (tmp_path / "gw.csr").write_text(pem_of(request_of(key)))
    sign = ("pki", "sign", "gw-0001", "gw.csr", "--code", code, "--out", "gw.pem")
    signed = somel(*sign)
    assert signed.returncode == 0, signed.stderr
    assert somel(*sign).returncode == 4
    guard = services_of(state).broker.guard
    ca = guard.path / "ca.pem"

    def let_in() -> bool:
        client = Client(guard.gateway_port, ca=ca, identity=identity)
        outcome = client.connect()
        client.leave()
        return outcome == ""

    assert let_in()
    with Client(guard.gateway_port, ca=ca, identity=identity).connected() as live:
        assert somel("quarantine", "gw-0001", "--reason", "It floods.").returncode == 0
        assert live.wait(lambda: live.lost), "its connection ends"
    assert not let_in()
    assert "It floods." in somel("quarantine").stdout
    assert "on hold" in somel("pki", "list").stdout
    assert "let in again" in somel("quarantine", "gw-0001", "--release").stdout
    assert live.wait(let_in)
    assert "1 certificates revoked" in somel("pki", "revoke", "gw-0001", "--reason", "key_compromise").stdout
    assert not let_in()
    ven_comes_and_goes(somel, state, tmp_path)
    said = somel("pki", "events", "gw-0001").stdout
    for action in ("code_made", "enrolled", "refused", "quarantined", "released", "revoked"):
        assert action in said


def ven_comes_and_goes(somel: Somel, state: Path, folder: Path) -> None:
    """Let a VEN come to the broker by its certificate, and shut it out."""
    register_ven(state)
    signed = somel("pki", "ven", "sign", "north", "gw.csr", "--out", "ven.pem")
    assert signed.returncode == 0, signed.stderr
    guard = services_of(state).broker.guard
    assert guard.ven_port is not None
    ca, identity = guard.path / "ca.pem", Identity(folder / "ven.pem", folder / "gw.key")
    with Client(guard.ven_port, ca=ca, identity=identity).connected() as live:
        assert "1 certificates revoked" in somel("pki", "ven", "revoke", "north").stdout
        assert live.wait(lambda: live.lost), "its connection ends"
    again = Client(guard.ven_port, ca=ca, identity=identity)
    assert again.connect()
    again.leave()


def test_a_broker_of_ones_own_gets_its_files(somel: Somel, tmp_path: Path):
    assert somel("pki", "broker", "guard").returncode == 2, "there is no authority yet"
    assert somel("pki", "init", "--root", "root").returncode == 0
    written = somel("pki", "broker", "guard", "--host", "mqtt.example")
    assert written.returncode == 0, written.stderr
    doors = (tmp_path / "guard" / "mosquitto.conf").read_text()
    assert doors.count("require_certificate true") == 2
    assert "listener 8884\n" in doors
    address = BrokerAddress.parse(written.stdout.splitlines()[1].split()[-1])
    assert (address.username, address.port) == ("ingest", 1_883)


def services_of(state: Path) -> Services:
    """Return the embedded services that the commands used."""
    environ = os.environ | {"SOMEL_STATE_DIR": str(state)}
    return Services(Places.from_environment(environ))


def register_gateway(state: Path) -> None:
    """Register a gateway in the database of the embedded services."""
    with psycopg.connect(services_of(state).database_url) as connection:
        connection.execute("INSERT INTO somel.gateway (name, shard) VALUES ('gw-0001', 1)")


def register_ven(state: Path) -> None:
    """Write a VEN object into the database of the embedded services."""
    with psycopg.connect(services_of(state).database_url) as connection:
        connection.execute(
            "INSERT INTO somel.openadr_object "
            "(object_id, object_type, created_at, modified_at, client_id, name, content) "
            "VALUES ('id-north', 'VEN', now(), now(), 'north', 'north', '{}')"
        )
