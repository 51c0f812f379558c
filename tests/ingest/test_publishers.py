"""A broker with the rules that we print lets each organisation publish to its own datasets, and to no other's."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from typer.testing import CliRunner

from edge.guard import password_file
from enjoy.publishing import declare
from somel.cli import app
from somel.embedded.broker import Broker
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning
from tests.enjoy.stations import CAR_PARKS, described
from tests.enjoy.test_publishing import NOW, acting, organisations
from tests.support.mqtt import let_go

PASSWORDS = {"enjoy-ilevia": "one", "enjoy-lille": "two"}
NOT_AUTHORIZED, NO_SUBSCRIBER = 0x87, 0x10


class Ruled(Broker):
    """A broker with accounts and rules in its folder."""

    rules = ""

    def _configuration(self) -> tuple[Path, str]:
        file, text = super()._configuration()
        known, may = self.folder / "passwords", self.folder / "rules"
        known.write_text(password_file(PASSWORDS))
        may.write_text(self.rules)
        for one in (known, may):
            one.chmod(0o644)
        text = text.replace("allow_anonymous true", "allow_anonymous false")
        return file, f"{text}password_file {known}\nacl_file {may}\n"


@contextmanager
def ruled(services: Services, rules: str) -> Iterator[Broker]:
    folder = Path(tempfile.mkdtemp(prefix="somel-broker-"))
    folder.chmod(0o755)
    account = Places.from_environment().account
    broker = Ruled(folder / "mosquitto", services.bundle, account, BrokerTuning(), tied=True)
    broker.rules = rules
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(folder)


def answer_to(port: int, account: str, topic: str) -> int:
    """Publish at QoS 1 and return the broker's reason code."""
    client = paho.Client(CallbackAPIVersion.VERSION2, account, protocol=paho.MQTTv5)
    client.username_pw_set(account, PASSWORDS[account])
    codes: list[int] = []
    connected, answered = threading.Event(), threading.Event()
    client.on_connect = lambda *_: connected.set()

    def published(_client: object, _data: object, _mid: int, reason: ReasonCode, _properties: object) -> None:
        codes.append(reason.value)
        answered.set()

    client.on_publish = published
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert connected.wait(20)
    client.publish(topic, b"{}", 1)
    assert answered.wait(20)
    client.disconnect()
    let_go(client)
    return codes[0]


async def test_each_organisation_publishes_to_its_own_datasets_alone(
    services: Services, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    ilevia, lille = await organisations(database_url)
    for organisation, name in ((ilevia, "parks"), (ilevia, "bikes"), (lille, "markets")):
        async with acting(database_url, organisation) as connection:
            await declare(connection, organisation, name, described("private"), CAR_PARKS, actor="key/ada", now=NOW)
    printed = await asyncio.to_thread(CliRunner().invoke, app, ["enjoy", "rules"], catch_exceptions=False)
    assert printed.stdout == (
        "user enjoy-ilevia\ntopic write enjoy/v1/bikes/records\ntopic write enjoy/v1/parks/records\n"
        "user enjoy-lille\ntopic write enjoy/v1/markets/records\n"
    )
    with ruled(services, printed.stdout) as broker:
        for account, dataset, wanted in (
            ("enjoy-ilevia", "parks", NO_SUBSCRIBER),  # taken; nobody listens here
            ("enjoy-ilevia", "markets", NOT_AUTHORIZED),
            ("enjoy-lille", "markets", NO_SUBSCRIBER),
            ("enjoy-lille", "parks", NOT_AUTHORIZED),
            ("enjoy-lille", "nothing", NOT_AUTHORIZED),
        ):
            topic = f"enjoy/v1/{dataset}/records"
            assert await asyncio.to_thread(answer_to, broker.port, account, topic) == wanted, (account, dataset)
