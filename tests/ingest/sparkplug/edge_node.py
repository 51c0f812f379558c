"""An edge node in a test: paho over MQTT 3.1.1, payloads by Eclipse Tahu, births and sequence by hand."""

import queue
import time
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.ingest.sparkplug.tahu import Tahu
from tests.support.mqtt import let_go

#: What each meter defines at birth: name, alias, type and properties.
POWER = {"name": "power_w", "alias": 1, "type": "Double"}
ENERGY = {
    "name": "import_index_wh",
    "alias": 2,
    "type": "UInt64",
    "properties": {"engUnit": {"type": "String", "value": "kWh"}},
}


class EdgeNode:
    """One node with one device; `seq` is the number that its next message has, each a second later than the one before.

    Times are kept to the second, so that two messages of one second would be one reading and its revision.
    """

    def __init__(self, name: str, device: str, port: int, library: Tahu, *, bd_seq: int = 0) -> None:
        self.seq = 0
        self.commands: queue.Queue[dict[str, Any]] = queue.Queue()
        self._at_ms = (int(time.time()) - 3_600) * 1000
        self._name, self._device, self._library, self._bd_seq, self._port = name, device, library, bd_seq, port
        self._client = paho.Client(CallbackAPIVersion.VERSION2, name, clean_session=True, protocol=paho.MQTTv311)
        self._client.will_set(f"spBv1.0/somel/NDEATH/{name}", self._payload([self._bd_seq_metric], seq=None), 1)
        self._client.on_message = lambda _client, _data, message: self.commands.put(
            library.decode(bytes(message.payload))
        )

    @property
    def _bd_seq_metric(self) -> dict[str, Any]:
        return {"name": "bdSeq", "type": "Int64", "value": self._bd_seq}

    def __enter__(self) -> Self:
        answered: queue.Queue[bool] = queue.Queue()
        self._client.on_subscribe = lambda *_: answered.put(True)
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        self._client.subscribe(f"spBv1.0/somel/NCMD/{self._name}", 1)
        answered.get(timeout=10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        let_go(self._client)

    def die(self) -> None:
        """Vanish without a word, so that the broker publishes the will."""
        sock = self._client.socket()
        assert sock is not None
        self._client.loop_stop()
        sock.close()

    def be_born(self, power_w: float, energy_kwh: int) -> None:
        """Publish the birth of the node, then that of its device."""
        self.seq = 0
        rebirth = {"name": "Node Control/Rebirth", "type": "Boolean", "value": False}
        self._publish("NBIRTH", self._name, [self._bd_seq_metric, rebirth])
        self._publish(
            "DBIRTH", f"{self._name}/{self._device}", [POWER | {"value": power_w}, ENERGY | {"value": energy_kwh}]
        )

    def say(self, power_w: float) -> None:
        """Publish a power by its alias."""
        self._publish("DDATA", f"{self._name}/{self._device}", [{"alias": 1, "type": "Double", "value": power_w}])

    def lose_a_message(self) -> None:
        """Count a message that never arrives."""
        self.seq = (self.seq + 1) % 256

    def _publish(self, kind: str, path: str, metrics: list[dict[str, Any]]) -> None:
        payload = self._payload(metrics, seq=self.seq)
        self._client.publish(f"spBv1.0/somel/{kind}/{path}", payload, 0).wait_for_publish(10)
        self.lose_a_message()

    def _payload(self, metrics: list[dict[str, Any]], seq: int | None) -> bytes:
        self._at_ms += 1_000
        stamped = [{"timestamp": self._at_ms} | metric for metric in metrics]
        payload = {"timestamp": self._at_ms, "metrics": stamped}
        return self._library.encode(payload if seq is None else payload | {"seq": seq})
