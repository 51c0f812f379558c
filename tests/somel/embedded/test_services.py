"""The kept servers, as the demo uses them: killed, stopped, started again, always with their data."""

import contextlib
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ConfigurationError, NotFoundError
from somel.embedded.places import Places
from somel.embedded.process import ServerProcess, wait_until
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning


def _mosquitto(services: Services, program: str, *arguments: str, payload: bytes = b"") -> bytes:
    """Run one of the broker's own clients against it and return what it printed."""
    line = [str(services.bundle.program(program)), "-h", "127.0.0.1", "-p", str(services.broker.port), "-V", "5"]
    run = subprocess.run([*line, *arguments], input=payload, capture_output=True, timeout=20, check=True)
    return run.stdout


def _states(services: Services) -> list[str]:
    return [server.state for server in services.status()]


def _libraries(process: ServerProcess | None) -> set[str]:
    assert process is not None
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    return set(re.findall(r" (/\S+\.so[.\d]*)$", maps, re.MULTILINE))


@pytest.fixture
def crashed(kept: Services) -> Iterator[Services]:
    """Return the servers just after both were killed with something stored; they run again afterwards."""
    kept.cluster.run_sql("CREATE TABLE IF NOT EXISTS survivor (word text); INSERT INTO survivor VALUES ('still here')")
    _mosquitto(kept, "mosquitto_pub", "-t", "survivor", "-r", "-q", "1", "-m", "still here")
    time.sleep(2 * BrokerTuning().save_every_s + 1)  # the broker writes its store now and then
    for process in (kept.cluster.process, kept.broker.process):
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        assert wait_until(lambda process=process: not process.is_running(), within_s=5)  # type: ignore[misc]
    yield kept
    kept.up()


def test_a_second_up_leaves_running_servers_alone(kept: Services) -> None:
    before = [server.pid for server in kept.status()]
    kept.up()

    assert [server.pid for server in kept.status()] == before
    assert _states(kept) == ["running", "running"]


def test_stopped_servers_are_up_again_in_under_five_seconds_on_the_same_ports(kept: Services) -> None:
    ports = [server.port for server in kept.status()]
    kept.down()
    assert _states(kept) == ["stopped", "stopped"]
    assert [server.pid for server in kept.status()] == [None, None]

    start = time.monotonic()
    kept.up()

    assert time.monotonic() - start < 5
    assert [server.port for server in kept.status()] == ports


def test_killed_servers_are_reported_and_come_back_with_their_data(crashed: Services) -> None:
    assert _states(crashed) == ["crashed", "crashed"]

    crashed.up()

    assert _states(crashed) == ["running", "running"]
    assert crashed.cluster.run_sql("SELECT DISTINCT word FROM survivor") == "still here"
    assert _mosquitto(crashed, "mosquitto_sub", "-t", "survivor", "-C", "1", "-W", "5") == b"still here\n"


def test_a_left_over_process_id_that_now_belongs_to_another_program_is_no_obstacle(crashed: Services) -> None:
    file = crashed.cluster.data / "postmaster.pid"
    other = subprocess.Popen(["sleep", "60"], user=file.stat().st_uid if os.geteuid() == 0 else None)
    try:
        _, *rest = file.read_text().splitlines(keepends=True)
        file.write_text("".join([f"{other.pid}\n", *rest]))
        crashed.up()

        assert other.poll() is None
        assert crashed.cluster.run_sql("SELECT DISTINCT word FROM survivor") == "still here"
    finally:
        other.kill()
        other.wait()


def test_a_running_server_whose_record_was_lost_is_found_again(kept: Services) -> None:
    before = kept.cluster.process
    (kept.cluster.folder / "server.json").unlink()

    kept.up()

    assert kept.cluster.process == before


def test_a_record_of_another_process_is_never_signalled(kept: Services) -> None:
    mine = ServerProcess.of(os.getpid())
    assert mine is not None
    ServerProcess(mine.pid, mine.started + 1, mine.boot).end(politely=signal.SIGKILL, within_s=1)
    ServerProcess(mine.pid, mine.started, "another boot").end(politely=signal.SIGKILL, within_s=1)

    assert kept.cluster.is_ready()


def test_timescaledb_and_postgis_work(kept: Services) -> None:
    answer = kept.cluster.run_sql("""
        CREATE EXTENSION IF NOT EXISTS timescaledb;
        CREATE EXTENSION IF NOT EXISTS postgis;
        CREATE TABLE sample (at timestamptz NOT NULL, load_w float8);
        SELECT 1 FROM create_hypertable('sample', 'at', chunk_time_interval => interval '1 day');
        INSERT INTO sample SELECT t, 1 FROM generate_series('2026-01-01Z'::timestamptz, '2026-01-03Z', '30 min') AS t;
        SELECT count(*) FROM show_chunks('sample');
        SELECT round(ST_X(ST_Transform(ST_SetSRID(ST_MakePoint(3, 50.6), 4326), 2154)));
        SELECT '2026-07-01T00:00Z'::timestamptz AT TIME ZONE 'Europe/Paris';
        SHOW timescaledb.license; SHOW timezone; SHOW fsync;
    """)

    assert answer.splitlines() == ["1", "3", "700000", "2026-07-01 02:00:00", "apache", "UTC", "on"]


def test_servers_load_nothing_but_the_bundle(kept: Services) -> None:
    private = f"{kept.bundle.path.resolve()}/"

    for process in (kept.cluster.process, kept.broker.process):
        libraries = _libraries(process)
        assert len(libraries) > 5
        assert {path for path in libraries if not path.startswith(private)} == set()


def test_servers_listen_on_the_loopback_only(kept: Services) -> None:
    ports = {f"{server.port:04X}" for server in kept.status()}
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    listening = {fields[1].partition(":")[0] for fields in lines if fields[3] == "0A" and fields[1][-4:] in ports}

    assert listening == {"0100007F"}


def test_the_password_is_needed_and_nobody_else_can_read_it(kept: Services) -> None:
    secret = kept.cluster.folder / "secret"
    stranger = subprocess.run(
        [
            kept.bundle.program("psql"),
            "-XqAtw",
            "-h",
            "127.0.0.1",
            "-p",
            str(kept.cluster.port),
            "-c",
            "SELECT 1",
            "somel",
        ],
        env={"PGUSER": "somel", "PGPASSWORD": "guess"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "password authentication failed" in stranger.stderr
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.cluster.folder.stat().st_mode) == 0o700
    assert kept.database_url not in str(kept.status())


def test_a_role_logs_in_with_a_password_of_its_own(kept: Services) -> None:
    kept.cluster.run_sql("CREATE ROLE reader")
    kept.cluster.enable_logins("reader")

    assert kept.cluster.run_sql("SELECT current_user", role="reader") == "reader"
    with pytest.raises(ConfigurationError, match="permission denied"):
        kept.cluster.run_sql("CREATE TABLE public.mine ()", role="reader")


def test_a_payload_of_five_megabytes_passes_the_broker(kept: Services) -> None:
    payload = b"x" * 5_000_000
    _mosquitto(kept, "mosquitto_pub", "-t", "large", "-r", "-q", "1", "-s", payload=payload)

    assert _mosquitto(kept, "mosquitto_sub", "-t", "large", "-C", "1", "-W", "10") == payload + b"\n"


def test_status_names_versions_editions_and_folders(kept: Services) -> None:
    database, broker = kept.status()

    assert re.fullmatch(
        r"PostgreSQL 17\.\d+, TimescaleDB 2\.19\.\d+ \(Apache edition\), PostGIS 3\.\d+\.\d+", database.version
    )
    assert broker.version.startswith("Mosquitto 2.")
    assert database.url == f"postgresql://somel@127.0.0.1:{database.port}/somel"
    assert broker.url == kept.mqtt_url
    assert database.data.is_dir()


def test_logs_end_with_the_last_lines_and_go_on(kept: Services) -> None:
    assert len(list(kept.logs("postgresql", lines=3))) == 3
    coming = kept.logs("postgresql", lines=1, following=True)
    next(coming)
    with contextlib.suppress(ConfigurationError):
        kept.cluster.run_sql("SELECT no_such_column")

    assert 'column "no_such_column" does not exist' in next(coming)


def test_servers_that_never_ran_are_stopped_and_have_no_log(folder: Path) -> None:
    services = Services(Places.from_environment(), folder=folder / "new")

    assert _states(services) == ["stopped", "stopped"]
    assert [server.url for server in services.status()] == [None, None]
    with pytest.raises(NotFoundError, match="has not been started"):
        next(services.logs("mosquitto"))
    services.down()
