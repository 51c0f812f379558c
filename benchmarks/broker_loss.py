"""What a killed broker forgets of what it has acknowledged: ``python -m benchmarks.broker_loss [--json]``."""

import argparse
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from somel.embedded.broker import Broker
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.tuning import BrokerTuning

_MESSAGES: Final = 5_000
_PAYLOAD: Final = bytes(200)
_TOPIC: Final = "somel/v1/0/gw-0002/batch"
_QUIET_S: Final = 3.0


def _client(name: str, port: int) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, name, protocol=paho.MQTTv5)
    session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    session.SessionExpiryInterval = 3_600
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port, clean_start=False, properties=session)
    return client


def _subscribe(port: int) -> None:
    """Leave a persistent session behind that subscribes and is away."""
    answered = threading.Event()
    client = _client("ingest-0", port)
    client.on_subscribe = lambda *_: answered.set()
    client.loop_start()
    client.subscribe("somel/v1/0/#", qos=1)
    answered.wait(10)
    client.disconnect()
    client.loop_stop()


def _publish(port: int, rate: int, kill: Callable[[], None]) -> int:
    """Publish at a rate, or as fast as it goes for 0; kill at once; return how many were acknowledged."""
    client = _client("gw-0002", port)
    client.loop_start()
    began_s, sent = time.monotonic(), []
    for number in range(_MESSAGES if not rate else rate * 5):
        sent.append(client.publish(_TOPIC, _PAYLOAD, qos=1))
        if rate:
            time.sleep(max(0.0, began_s + number / rate - time.monotonic()))
    for message in sent:
        message.wait_for_publish(30)
    count = sum(message.is_published() for message in sent)
    kill()
    client.loop_stop()  # takes a second, in which the broker would save
    return count


def _delivered(port: int) -> int:
    """Return how many messages wait for the session."""
    received: list[float] = []
    client = _client("ingest-0", port)
    client.on_message = lambda *_: received.append(time.monotonic())
    client.loop_start()
    since_s = time.monotonic()
    while time.monotonic() - max([since_s, *received[-1:]]) < _QUIET_S:
        time.sleep(0.05)
    client.disconnect()
    client.loop_stop()
    return len(received)


def _kill(broker: Broker) -> None:
    process = broker.process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    while process.is_running():
        time.sleep(0.01)


def measure(tuning: BrokerTuning, rate: int) -> dict[str, Any]:
    """Publish to a session that is away, kill the broker, start it again and count what it still has."""
    folder = Path(tempfile.mkdtemp(prefix="somel-loss-"))
    folder.chmod(0o755)
    places = Places.from_environment()
    bundle = Services(places, folder=folder).bundle
    broker = Broker(folder / "mosquitto", bundle, places.account, tuning, tied=True)
    try:
        broker.start()
        _subscribe(broker.port)
        acknowledged = _publish(broker.port, rate, lambda: _kill(broker))
        broker.start()
        lost = acknowledged - _delivered(broker.port)
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)
    saving = "every_s" if tuning.save_after_changes is None else f"after_{tuning.save_after_changes}"
    return {"saving": saving, "rate": rate, "acknowledged": acknowledged, "lost": lost}


def main() -> None:
    """Measure the settings in use and the dearest ones, in a flood (rate 0) and at a trickle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    as_json = parser.parse_args().json
    ways = (BrokerTuning(), BrokerTuning(save_after_changes=1_000), BrokerTuning(save_after_changes=1))
    runs = [measure(tuning, rate) for tuning in ways for rate in (0, 100)]
    if as_json:
        print(json.dumps({f"lost_saving_{run['saving']}_at_{run['rate']}": run["lost"] for run in runs}))
        return
    for run in runs:
        print("  ".join(f"{name} {value}" for name, value in run.items()))


if __name__ == "__main__":
    main()
