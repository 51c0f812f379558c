"""Another MQTT client, paho, as the gateways' side of a test."""

import queue
import time
from types import TracebackType
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.support.mqtt import let_go

QOS = 1


class Peer:
    """Publish and subscribe as one client with a persistent session; QoS 1."""

    def __init__(self, client_id: str, port: int) -> None:
        self.received: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self._port = port
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5)
        self._client.max_inflight_messages_set(200)
        self._taken: set[int] = set()
        self._client.on_publish = lambda _client, _data, mid, *_: self._taken.add(mid)
        self._client.on_message = lambda _client, _data, message: self.received.put(message)

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port, clean_start=False, properties=_session())
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        let_go(self._client)

    def send(
        self, topic: str, payload: bytes, *, content_type: str | None = "application/json", retain: bool = False
    ) -> paho.MQTTMessageInfo:
        """Queue a message."""
        properties = Properties(PacketTypes.PUBLISH)
        if content_type is not None:
            properties.ContentType = content_type
        return self._client.publish(topic, payload, QOS, retain, properties)

    def publish(
        self, topic: str, payload: bytes, *, content_type: str | None = "application/json", retain: bool = False
    ) -> None:
        """Publish a message and wait until the broker has it."""
        self.wait_for(self.send(topic, payload, content_type=content_type, retain=retain))

    def wait_for(self, sent: paho.MQTTMessageInfo, within_s: float = 30.0) -> None:
        """Wait until the broker has a message, through lost connections too."""
        deadline_s = time.monotonic() + within_s
        while sent.mid not in self._taken:  # paho's own wait gives up when the message was queued during an outage
            if time.monotonic() > deadline_s:
                raise TimeoutError("the broker did not take a message")
            time.sleep(0.005)

    def subscribe(self, topic_filter: str) -> None:
        """Subscribe; returns when the broker has answered."""
        answered: queue.Queue[bool] = queue.Queue()
        self._client.on_subscribe = lambda *_: answered.put(True)
        self._client.subscribe(topic_filter, QOS)
        answered.get(timeout=10)


def _session() -> Properties:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3_600
    return properties
