"""An independent subscriber: paho-mqtt in a thread of its own, decoding with nothing of the simulators'."""

import threading
from types import TracebackType
from typing import Any, Self

import cbor2
import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.support.mqtt import let_go

_DTYPES = {70: "<u4", 78: "<i4", 85: "<f4", 86: "<f8"}


class Subscriber:
    """Gather every message below ``somel/v1`` over a persistent session."""

    def __init__(self, host: str, port: int, client_id: str = "independent") -> None:
        self.messages: list[tuple[str, str, bytes, bool]] = []
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("somel/v1/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._gather
        connect = Properties(PacketTypes.CONNECT)
        connect.SessionExpiryInterval = 600
        self._client.connect(host, port, clean_start=False, properties=connect)

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._subscribed.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        let_go(self._client)

    def publish(self, topic: str, payload: bytes) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        self._client.publish(topic, payload, qos=1, properties=properties).wait_for_publish(10)

    def of_kind(self, kind: str) -> list[tuple[str, str, bytes, bool]]:
        return [message for message in self.messages if message[0].endswith("/" + kind)]

    def intervals(self) -> dict[tuple[str, int, int], int]:
        """Return every interval value received, by meter, register and start."""
        values: dict[tuple[str, int, int], int] = {}
        for _, _, payload, _ in self.of_kind("batch"):
            for block in cbor2.loads(payload)[1]:
                for register, tagged in block[3].items():
                    for place, value in enumerate(typed(tagged)):
                        values[block[0], register, block[1] + place * block[2]] = int(value)
        return values

    def _gather(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        content_type = getattr(message.properties, "ContentType", "")
        self.messages.append((message.topic, content_type, bytes(message.payload), message.retain))


def typed(tagged: Any) -> np.ndarray[Any, Any]:
    """Read an RFC 8746 typed array."""
    return np.frombuffer(tagged.value, _DTYPES[tagged.tag])
