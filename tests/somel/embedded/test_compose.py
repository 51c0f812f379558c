"""The compose file offers the same servers as the embedded ones."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from somel.embedded.services import Services

DEPLOY = Path(__file__).parents[3] / "deploy"
PLACES = {"listener", "persistence_location"}


def _options(text: str) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name and name != "#":
            options.setdefault(name, []).append(value)
    return options


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def test_the_broker_of_the_compose_file_has_the_limits_of_the_embedded_one(services: Services) -> None:
    composed = _options((DEPLOY / "mosquitto.conf").read_text())
    embedded = _options((services.broker.folder / "mosquitto.conf").read_text())

    assert composed.keys() == embedded.keys()
    assert {name: composed[name] for name in composed if name not in PLACES} == {
        name: embedded[name] for name in embedded if name not in PLACES
    }


def test_ports_are_published_on_the_loopback_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service["ports"]]

    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_service_is_checked_and_keeps_its_data_in_a_named_volume(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["healthcheck"]["test"][0] == "CMD"
        assert any(volume.partition(":")[0] in compose["volumes"] for volume in service["volumes"])
        assert all((DEPLOY / v.partition(":")[0]).is_file() for v in service["volumes"] if v.startswith("./"))
