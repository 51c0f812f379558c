"""``somel conformance`` as a firmware maker types it, against a gateway of a maker's own."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from core.errors import ConfigurationError, InputError, RetryableError
from somel.cli import app
from somel.embedded.services import Services
from tests.ingest.conformance.gateway import PahoGateway

NAME = "gw-7001"


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["conformance", "--gateway", *arguments], catch_exceptions=False)


@pytest.fixture
def port(services: Services) -> Iterator[int]:
    with PahoGateway(NAME, services.broker.port):
        yield services.broker.port


def test_a_gateway_is_watched_where_it_stands_and_commands_are_tried(port: int, tmp_path: Path):
    junit = tmp_path / "junit.xml"
    done = typed(NAME, "--broker", f"mqtt://127.0.0.1:{port}", "--for", "20", "--json", "--junit", str(junit))
    said = json.loads(done.stdout)
    assert done.exit_code == 0, said
    results = {point["name"]: point["result"] for point in said["points"]}
    assert said["counts"]["failed"] == 0
    assert results["command.expired"] == results["publish.qos"] == results["sequence.rises"] == "passed"
    assert results["connect.will"] == results["resend.mid_packet"] == "not seen"
    (suite,) = ET.fromstring(junit.read_bytes())  # noqa: S314 - our own
    assert int(suite.attrib["skipped"]) == said["counts"]["not seen"] > 0

    strict = typed(NAME, "--broker", f"mqtt://127.0.0.1:{port}", "--for", "5", "--no-commands", "--strict")
    assert strict.exit_code == 1
    assert "not seen" in strict.stdout
    assert "points decided" in strict.stderr


def test_a_gateway_that_is_silent_is_not_seen(services: Services):
    done = typed("gw-7002", "--broker", services.mqtt_url, "--for", "5", "--no-commands", "--json")
    counts = json.loads(done.stdout)["counts"]
    assert (done.exit_code, counts["passed"], counts["failed"]) == (0, 0, 0)


def test_what_cannot_be_is_said_before_anything_is_watched(services: Services, tmp_path: Path):
    with pytest.raises(InputError, match="cannot be the name"):
        typed("gw 1")
    with pytest.raises(ConfigurationError, match="no port"):
        typed(NAME, "--proxy", "here", "--broker", services.mqtt_url)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = taken.getsockname()[1]
        with pytest.raises(RetryableError, match="cannot be reached"):
            typed(NAME, "--broker", f"mqtt://127.0.0.1:{closed}", "--for", "5")
        taken.listen()
        with pytest.raises(ConfigurationError, match="cannot be listened on"):
            typed(NAME, "--broker", services.mqtt_url, "--proxy", str(closed), "--for", "5")
