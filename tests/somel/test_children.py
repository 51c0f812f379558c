import os
import signal

import pytest

from core.errors import InvariantError
from somel.demo.children import Children


def test_a_process_that_ends_is_reported_with_what_it_said(tmp_path):
    with Children(tmp_path) as children:
        child = children.start("settings", "settings", environment={"SOMEL_SHARDS": "none"})
        with pytest.raises(InvariantError, match="SOMEL_SHARDS") as ended:
            child.wait_ready()
    assert ended.value.code == "demo_process_ended"


def test_the_first_line_of_a_process_says_that_it_is_ready(tmp_path):
    with Children(tmp_path) as children:
        child = children.start("version", "--version", environment={})
        assert child.wait_ready().startswith("somel ")
        assert children.stop(child) == ""


def test_a_process_that_was_killed_is_started_again(tmp_path):
    with Children(tmp_path) as children:
        waiting = {"SOMEL_DATABASE_URL": "postgresql://127.0.0.1:1/none", "SOMEL_MQTT_URL": "mqtt://127.0.0.1:1"}
        child = children.start("ingest", "ingest", environment=waiting)
        assert children.check() == []
        first = child._process.pid
        os.kill(first, signal.SIGKILL)
        child._process.wait()
        assert children.check() == ["ingest"]
        assert child._process.pid != first
