"""Processes started for real, on nothing: what they log, how, and their exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def start(process: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a process that has no servers named to its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOMEL_")}
    return subprocess.run(
        [sys.executable, "-m", process],
        cwd=ROOT,
        env=environment | {"SOMEL_CONFIG": os.devnull} | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("process", ["ingest", "grid", "api"])
def test_a_process_without_servers_says_so_in_the_format_that_is_set(process: str):
    done = start(process, SOMEL_LOG_FORMAT="json")
    said = json.loads(done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert (said["event"], said["level"], said["process"]) == ("stopped", "error", process)
    assert said["code"] == "server_not_named"
    assert "SOMEL_DATABASE_URL" in said["reason"]


def test_a_process_with_a_wrong_setting_says_which_on_standard_error():
    done = start("ingest", SOMEL_LOG_FORMAT="xml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "SOMEL_LOG_FORMAT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("log_format", "is_json"), [("json", True), ("console", False)])
def test_what_libraries_and_failures_log_has_the_same_format(log_format: str, is_json: bool):
    code = f"""
import logging, structlog
from core.logs import configure_logs
from core.settings import read_settings
configure_logs()
configure_logs(read_settings(log_format={log_format!r}))
logging.getLogger("library").warning("it is %s", "late")
try:
    secret = 1 / 0
except ZeroDivisionError:
    structlog.get_logger().exception("failed")
structlog.get_logger().debug("unheard")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "unheard" not in done.stderr
    assert "it is late" in done.stderr
    assert "ZeroDivisionError: division by zero" in done.stderr
    if is_json:
        late, failed = map(json.loads, done.stderr.splitlines())
        assert (late["event"], late["level"]) == ("it is late", "warning")
        assert failed["event"] == "failed"
        assert "ZeroDivisionError" in failed["exception"]
