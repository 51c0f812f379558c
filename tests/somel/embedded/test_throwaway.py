"""Servers for a test run leave nothing behind, however the run ends."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from somel.embedded import throwaway
from somel.embedded.places import Places
from somel.embedded.process import ServerProcess, wait_until
from somel.embedded.services import Services
from somel.embedded.throwaway import throwaway_services
from somel.embedded.tuning import ClusterTuning

ENDLESS = """
import time
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.throwaway import throwaway_services
with throwaway_services(Places.from_environment()) as services:
    print(services.folder, services.cluster.process.pid, services.broker.process.pid, flush=True)
    time.sleep(600)
"""


def test_throwaway_servers_run_on_ports_of_their_own_and_are_gone_afterwards(services: Services) -> None:
    with throwaway_services(Places.from_environment()) as others:
        assert (others.folder.parent == throwaway.IN_MEMORY) is throwaway.has_room(throwaway.IN_MEMORY)
        processes = [others.cluster.process, others.broker.process]
        assert len({server.port for server in (*services.status(), *others.status())}) == 4
        assert others.cluster.run_sql("SHOW fsync") == "off"
        assert services.database_url != others.database_url

    assert not others.folder.exists()
    assert [process is not None and process.is_running() for process in processes] == [False, False]


def test_a_killed_test_run_leaves_no_server_and_the_next_removes_its_data() -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with run:
        assert run.stdout is not None
        folder, *pids = run.stdout.readline().split()
        servers = [ServerProcess.of(int(pid)) for pid in pids]
        run.kill()

    assert len(servers) == 2
    assert wait_until(lambda: not any(server and server.is_running() for server in servers), within_s=10)
    with throwaway_services(Places.from_environment()):
        assert not Path(folder).exists()


def test_what_has_to_survive_is_not_in_memory_nor_what_finds_no_room_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not throwaway.has_room(Path("/proc/nowhere"))
    with throwaway_services(Places.from_environment(), cluster=ClusterTuning.kept()) as services:
        assert services.folder.parent == Path(tempfile.gettempdir())
    monkeypatch.setattr(throwaway, "_ROOM_BYTES", 1 << 60)
    with throwaway_services(Places.from_environment()) as services:
        assert services.folder.parent == Path(tempfile.gettempdir())


def test_a_template_database_with_timescaledb_is_copied_at_once(services: Services) -> None:
    services.cluster.run_sql("CREATE DATABASE model")
    services.cluster.run_sql("CREATE EXTENSION timescaledb", database="model")
    for number in range(3):
        services.cluster.run_sql(f"CREATE DATABASE copy_{number} TEMPLATE model STRATEGY file_copy")

    assert services.cluster.run_sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'copy_%'") == "3"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs its servers as somebody else")
def test_roots_servers_run_as_somebody_else(services: Services) -> None:
    for process in (services.cluster.process, services.broker.process):
        assert process is not None
        assert Path(f"/proc/{process.pid}").stat().st_uid != 0
