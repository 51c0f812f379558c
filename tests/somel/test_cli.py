import json
import os
import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from somel.cli import app

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def somel(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "somel", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert len(result.output.splitlines()) > 4


def test_the_commands_are_those_of_the_readme():
    wanted = {
        "api",
        "audit",
        "chaos",
        "conformance",
        "consent",
        "decode",
        "demo",
        "enjoy",
        "events",
        "firmware",
        "forecast",
        "gateways",
        "grid",
        "ingest",
        "load",
        "migrate",
        "network",
        "openadr",
        "pki",
        "privacy",
        "quarantine",
        "reader",
        "services",
        "settings",
        "settlement",
        "simulate",
        "tariffs",
        "token",
        "vee",
        "warm",
    }
    assert set(COMMANDS) == wanted


def test_the_version_is_printed():
    done = somel("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "somel")


def test_an_unknown_command_is_wrong_use():
    done = somel("simulat")
    assert done.returncode == 2
    assert "simulat" in done.stderr


def test_a_wrong_setting_is_named_without_a_traceback():
    done = somel("settings", SOMEL_SHARDS="none")
    assert done.returncode == 2
    assert "SOMEL_SHARDS" in done.stderr
    assert "Traceback" not in done.stderr


def test_half_a_pair_of_servers_is_refused():
    done = somel("migrate", SOMEL_DATABASE_URL="postgresql://somel@127.0.0.1:1/somel", SOMEL_MQTT_URL="")
    assert done.returncode == 2
    assert "SOMEL_MQTT_URL" in done.stderr


def test_settings_show_their_source_and_hide_secrets(tmp_path):
    file = tmp_path / "somel.toml"
    file.write_text('shards = 6\nmqtt_url = "mqtt://me:hidden@127.0.0.1"\n')
    done = somel("settings", "--json", SOMEL_CONFIG=str(file), SOMEL_API_PORT="8080")
    shown = json.loads(done.stdout)
    assert shown["shards"] == {"value": 6, "source": "file"}
    assert shown["api_port"] == {"value": 8080, "source": "environment"}
    assert shown["history_days"]["source"] == "default"
    assert "hidden" not in done.stdout
    assert "hidden" not in somel("settings", SOMEL_CONFIG=str(file)).stdout


def test_a_server_that_does_not_exist_is_named():
    done = somel("services", "logs", "oracle")
    assert done.returncode == 3
    assert "postgresql, mosquitto" in done.stderr


def test_a_database_that_is_away_says_so():
    done = somel(
        "migrate", SOMEL_DATABASE_URL="postgresql://somel@127.0.0.1:1/somel", SOMEL_MQTT_URL="mqtt://127.0.0.1:1"
    )
    assert done.returncode == 5
    assert "Traceback" not in done.stderr
