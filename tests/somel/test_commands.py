"""The commands as an operator types them, on real servers."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.errors import InputError, NotFoundError
from db.access import Token, find_token, hash_of
from db.connection import Role, connect
from somel.cli import app
from somel.embedded.places import Places
from somel.embedded.process import wait_until
from somel.embedded.services import Services

SOMEL = Path(sys.executable).with_name("somel")
NAME = ("--name", "default")


def typed(*arguments: str) -> Result:
    """Run a command in this process; what it raises is raised."""
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def somel(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program."""
    return subprocess.run([str(SOMEL), *arguments], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def embedded(state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Return the embedded servers that commands find in a state folder of their own; stopped afterwards."""
    monkeypatch.delenv("SOMEL_DATABASE_URL", raising=False)
    monkeypatch.delenv("SOMEL_MQTT_URL", raising=False)
    services = Services(Places.from_environment(), NAME[1])
    assert services.folder.is_relative_to(state)
    yield services
    services.down()


def test_embedded_servers_go_up_are_mended_tell_their_story_and_go_down(embedded):
    assert "postgresql: stopped" in typed("services", "status", *NAME).output

    up = typed("services", "up", *NAME)
    assert up.exit_code == 0
    assert re.search(r"^postgresql +running  postgresql://\S+@127\.0\.0\.1:\d+/\S+$", up.output, re.MULTILINE)
    assert re.search(r"^mosquitto +running  mqtt://127\.0\.0\.1:\d+$", up.output, re.MULTILINE)

    status = typed("services", "status", *NAME, "--json")
    database, broker = (json.loads(line) for line in status.output.splitlines())
    assert status.exit_code == 0
    assert (database["state"], broker["state"]) == ("running", "running")
    assert "TimescaleDB" in database["version"]

    begun = time.monotonic()
    again = somel("services", "up", *NAME)
    assert time.monotonic() - begun < 5
    assert (again.returncode, again.stdout) == (0, up.stdout)

    process = embedded.broker.process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert wait_until(lambda: not process.is_running(), within_s=5)
    crashed = typed("services", "status", *NAME)
    assert crashed.exit_code == 5
    assert "mosquitto: crashed" in crashed.output
    assert "postgresql: running" in crashed.output

    assert typed("services", "up", *NAME).exit_code == 0
    assert typed("services", "status", *NAME).exit_code == 0
    assert embedded.broker.is_ready()

    logs = typed("services", "logs", "postgresql", *NAME, "--lines", "3")
    assert logs.exit_code == 0
    assert 1 <= len(logs.output.splitlines()) <= 3

    assert typed("services", "down", *NAME).output == "stopped\n"
    states = [json.loads(line) for line in typed("services", "status", *NAME, "--json").output.splitlines()]
    assert [(server["state"], server["pid"]) for server in states] == [("stopped", None), ("stopped", None)]


def test_servers_that_were_never_started_have_no_logs_and_are_not_crashed(embedded):
    assert typed("services", "status", *NAME).exit_code == 0
    with pytest.raises(NotFoundError, match="has not been started yet"):
        typed("services", "logs", "postgresql", *NAME)


def test_where_no_servers_are_named_a_command_starts_the_embedded_ones(embedded):
    migrated = typed("migrate")
    assert migrated.exit_code == 0
    *applied, last = migrated.stdout.splitlines()
    assert [line.split("_")[0] for line in applied] == [f"applied {n:04}" for n in range(1, len(applied) + 1)]
    assert last == f"{len(applied)} migrations applied"
    assert [server.state for server in embedded.status()] == ["running", "running"]
    assert numbers(embedded.database_url, "SELECT count(*) FROM somel.commune") == (0,)


@pytest.fixture
def named(database_url: str, services: Services, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the test's own servers in the settings; return the database's URL."""
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", services.mqtt_url)
    return database_url


def numbers(database_url: str, query: str) -> tuple[object, ...]:
    """Return the one row that a query of the owner finds."""

    async def ask() -> tuple[object, ...]:
        async with await connect(database_url, Role.OWNER) as connection:
            row = await (await connection.execute(query)).fetchone()
        assert row is not None
        return tuple(row)

    return asyncio.run(ask())


def test_a_migrated_database_is_left_as_it_is(named):
    migrated = typed("migrate")
    assert (migrated.exit_code, migrated.output) == (0, "the schema is up to date\n")


def test_communes_are_loaded_and_loading_them_again_changes_nothing(named):
    for _ in range(2):
        loaded = typed("load", "communes")
        assert (loaded.exit_code, loaded.output) == (0, "95 communes, 0 boundaries loaded\n")
        assert numbers(named, "SELECT count(*), count(boundary) FROM somel.commune") == (95, 0)


def boundaries(*codes: str) -> str:
    square = [[3.0, 50.6], [3.1, 50.6], [3.1, 50.7], [3.0, 50.7], [3.0, 50.6]]
    shape = {"type": "Polygon", "coordinates": [square]}
    features = [{"type": "Feature", "properties": {"insee": code}, "geometry": shape} for code in codes]
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_boundaries_of_communes_are_loaded_from_a_file_and_those_of_others_are_passed_over(named, tmp_path):
    file = tmp_path / "boundaries.geojson"
    file.write_text(boundaries("59350", "75056"))  # Lille and Paris

    loaded = typed("load", "communes", str(file))

    assert (loaded.exit_code, loaded.output) == (0, "95 communes, 1 boundaries loaded\n")
    drawn = "SELECT insee_code, ST_XMin(boundary), ST_YMax(boundary) FROM somel.commune WHERE boundary IS NOT NULL"
    assert numbers(named, drawn) == ("59350", 3.0, 50.7)


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "Feature"}', None], ids=["cut", "list", "feature", "missing"])
def test_a_file_that_is_not_a_feature_collection_is_bad_input(named, tmp_path, text):
    file = tmp_path / "boundaries.geojson"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=r"boundaries\.geojson cannot be read") as refused:
        typed("load", "communes", str(file))
    assert refused.value.code == "boundaries_unreadable"


def test_bad_input_leaves_with_exit_code_3_and_one_sentence(named, tmp_path):
    done = somel("load", "communes", str(tmp_path / "nowhere.geojson"))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("somel: ")
    assert "nowhere.geojson" in done.stderr
    assert "Traceback" not in done.stderr


def known_token(database_url: str, secret: str) -> Token | None:
    """Return the token that the API would find for a secret."""

    async def ask() -> Token | None:
        async with await connect(database_url, Role.READ) as connection:
            return await find_token(connection, hash_of(secret))

    return asyncio.run(ask())


def test_a_token_works_until_it_is_revoked(named):
    assert "no tokens yet" in typed("token", "create", "--help").output + typed("token", "list").output

    secret = typed("token", "create", "control room", "--scope", "read:grid", "--scope", "operate:grid").output.strip()
    token = known_token(named, secret)
    assert token is not None
    assert (token.name, token.scopes) == ("control room", ["operate:grid", "read:grid"])
    listed = typed("token", "list").output
    assert "control room" in listed
    assert "until " in listed
    assert secret not in listed

    number = str(token.access_token_id)
    assert typed("token", "revoke", number).output == f"token {number} is revoked\n"
    assert known_token(named, secret) is None
    assert "revoked" in typed("token", "list").output


def test_a_token_may_read_unless_told_otherwise(named):
    token = known_token(named, typed("token", "create", "reader").output.strip())
    assert token is not None
    assert token.scopes == ["read:grid", "read:ingest"]


def test_tokens_that_cannot_be_made_or_ended_are_refused(named):
    with pytest.raises(InputError, match="read:everything"):
        typed("token", "create", "reader", "--scope", "read:everything")
    with pytest.raises(NotFoundError):
        typed("token", "revoke", "999")


def test_a_simulated_fleet_is_registered_and_publishes_the_days_asked_for(named):
    typed("load", "communes")
    done = typed("simulate", "--usage-points", "50", "--backfill-days", "1", "--no-live", "--json")

    assert done.exit_code == 0
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["values_published"] == counts["values_acknowledged"] == counts["backfill"]["values_published"]
    assert counts["values_published"] >= 50 * 48
    assert "live" not in counts
    assert numbers(named, "SELECT count(*) FROM somel.usage_point") == (50,)


def test_a_demo_too_short_for_its_forecast_to_be_judged_is_wrong_use():
    asked = typed("demo", "--days", "27")
    assert asked.exit_code == 2
    assert "28" in asked.stderr
