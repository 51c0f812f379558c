"""A gateway written with paho from the specification alone, and able to break one rule at a time."""

import contextlib
import itertools
import json
import threading
import time
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.support.mqtt import let_go

JSON = "application/json"
METER, CAR = "m-000001", "ev-000001"
PRM_LIKE = "30001234567890"
_WITHIN_S = 10.0


def right_shard(gateway: str, shards: int = 4) -> int:
    """Return FNV-1a of the name, modulo the number of shards."""
    digest = 0xCBF29CE484222325
    for byte in gateway.encode():
        digest = ((digest ^ byte) * 0x100000001B3) % 2**64
    return digest % shards


class PahoGateway:
    """Live on a thread until the end of the block; `fault` names the rule it breaks, None: none."""

    def __init__(self, name: str, port: int, fault: str | None = None) -> None:
        self.name, self.fault, self._port = name, fault, port
        self._numbers = itertools.count(1)
        self._answers: dict[str, dict[str, Any]] = {}
        self._kept: dict[int, tuple[str, str]] = {}
        self._ending = threading.Event()
        self._client = self._make()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> Self:
        self._connect()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join(_WITHIN_S)
        self._client.disconnect()
        stopping = threading.Thread(target=let_go, args=[self._client], daemon=True)  # it waits without a limit
        stopping.start()
        stopping.join(_WITHIN_S)
        if stopping.is_alive() or self._thread.is_alive():
            raise TimeoutError(f"The gateway {self.name} did not end within {_WITHIN_S:.0f} s.")

    def breaks(self, *faults: str) -> bool:
        return self.fault in faults

    def topic(self, kind: str, *, shard: int | None = None) -> str:
        return f"somel/v1/{right_shard(self.name) if shard is None else shard}/{self.name}/{kind}"

    def _make(self) -> paho.Client:
        name = f"{self.name}-b" if self.breaks("client_id") else self.name
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
        client.reconnect_delay_set(1, 1)
        if not self.breaks("user_name"):
            client.username_pw_set(self.name)
        if not self.breaks("no_will"):
            topic = self.topic("meta" if self.breaks("will_topic") else "state")
            payload = b'{"status":"online"}' if self.breaks("will_online") else b'{"status":"offline"}'
            client.will_set(topic, payload, 1, retain=True, properties=self._says(JSON, PacketTypes.WILLMESSAGE))
        client.on_connect = self._connected
        client.on_message = lambda _client, _data, message: self._take(message.topic, json.loads(message.payload))
        if self.breaks("forgets"):
            client.on_disconnect = lambda *_: threading.Thread(target=self._start_anew, daemon=True).start()
        return client

    def _connect(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 60 if self.breaks("short_session") else 604_800
        if self.breaks("small_packets"):
            properties.MaximumPacketSize = 1_024
        keep_alive = 300 if self.breaks("keep_alive") else 30
        self._client.connect(
            "127.0.0.1", self._port, keep_alive, clean_start=self.breaks("clean_start"), properties=properties
        )
        self._client.loop_start()

    def _start_anew(self) -> None:
        """Forget what was not acknowledged: a new client, as after a crash without a store."""
        if self._ending.is_set():
            return
        time.sleep(0.5)
        self._client.on_disconnect = None
        let_go(self._client)
        self._client = self._make()
        with contextlib.suppress(OSError):  # the bench has gone
            self._connect()

    def _connected(self, client: paho.Client, *_: object) -> None:
        if not self.breaks("deaf"):
            client.subscribe(self.topic("command"), qos=0 if self.breaks("subscribes_qos_0") else 1)
        if not self.breaks("stored_unheard"):
            client.subscribe(self.topic("stored"), qos=1)
        if not self.breaks("never_online"):
            self._send("state", {"status": "online", "at": self._now()}, retain=not self.breaks("state_not_retained"))
        gateway = "gw-9999" if self.breaks("meta_of_other") else self.name
        meters = [PRM_LIKE if self.breaks("prm") else METER] if not self.breaks("meta_lacks_meter") else ["m-000777"]
        resources = [{"resource": CAR, "kind": "ev_charger", "rated_power_w": 7400}]
        meta = {"gateway": gateway, "specification": "1.1", "firmware_version": "1", "meters": meters}
        self._send("meta", {**meta, "resources": resources}, retain=True)

    def _live(self) -> None:
        while not self._ending.wait(0.25):
            self._publish_values()

    def _publish_values(self) -> None:
        number = next(self._numbers)
        if self.breaks("sequence_gap") and number % 6 == 0:
            number = next(self._numbers)
        if self.breaks("sequence_again") and number > 5:
            number = 5
        meter = PRM_LIKE if self.breaks("prm") else METER
        if number % 3 == 0:
            self._send("batch", {"sequence": number, "blocks": [self._block(meter)]})
        elif self.breaks("malformed") and number % 3 == 1:
            self._client.publish(self.topic("live"), b"{", 1, properties=self._says(JSON))
            self._send("live", {"sequence": number, **self._snapshot(meter)})
        else:
            self._send("live", {"sequence": number, **self._snapshot(meter)})

    def _snapshot(self, meter: str) -> dict[str, Any]:
        power = [1e6] if self.breaks("out_of_limits") else [532.0]
        register = "power_kw" if self.breaks("register") else "power_w"
        snapshot: dict[str, Any] = {"at": self._now(), "meters": [meter], "registers": {register: power}}
        if self.breaks("shape"):
            snapshot["firmware"] = "1"
        if self.breaks("quality"):
            snapshot["quality"] = {"superb": [0]}
        return snapshot

    def _block(self, meter: str) -> dict[str, Any]:
        step = 420 if self.breaks("step") else 1_800
        start = int(time.time()) // 1_800 * 1_800 - 3_600
        if self.breaks("grid"):
            start += 60
        if self.breaks("step"):
            start = start // step * step
        if self.breaks("future"):
            start += 7_200
        if self.breaks("ancient"):
            start = 0
        registers = {"import_wh": [120], "export_wh": [0, 0] if self.breaks("lengths") else [0]}
        return {"meter": meter, "start": start, "step_s": step, "registers": registers}

    def _take(self, topic: str, message: dict[str, Any]) -> None:
        if topic.endswith("/command"):
            self._obey(message)
        elif not self.breaks("stored_ignored"):
            for first, last in message["missing"]:
                for number in range(first, last + 1):
                    self._again(number)

    def _again(self, number: int) -> None:
        kind, payload = self._kept[number]
        if self.breaks("changed_when_sent_again"):
            payload = payload.replace(f'"sequence": {number}', f'"sequence": {next(self._numbers)}')
        self._client.publish(self.topic(kind), payload, 1, properties=self._says(JSON))

    def _obey(self, command: dict[str, Any]) -> None:
        if self.breaks("mute"):
            return
        identifier, is_new = command["command"], command["command"] not in self._answers
        expired = command["expires_at"] <= time.time() and not self.breaks("takes_expired")
        answer = {"command": identifier, "at": self._now(), "status": "expired" if expired else "accepted"}
        if not is_new and self.breaks("changes_its_mind"):
            answer["status"] = "refused"
        if not is_new and self.breaks("answers_once_only"):
            return
        self._answers[identifier] = answer
        for _ in range(2 if self.breaks("answers_twice") and is_new and not expired else 1):
            self._send("answer", {"sequence": next(self._numbers), **answer})

    def _send(self, kind: str, message: dict[str, Any], *, retain: bool = False) -> None:
        qos = {"qos_0": 0, "qos_2": 2}.get(self.fault or "", 1) if kind == "answer" else 1
        content_type = None if self.breaks("no_content_type") and kind == "batch" else JSON
        if self.breaks("content_type") and kind == "batch":
            content_type = "application/json; charset=utf-8"
        shard = (right_shard(self.name) + 1) % 4 if self.breaks("shard") and kind == "batch" else None
        topic = self.topic("readings" if self.breaks("kind") and kind == "batch" else kind, shard=shard)
        retain = retain or (kind == "batch" and self.breaks("batch_retained"))
        payload = json.dumps(message)
        self._kept[message.get("sequence", 0)] = (kind, payload)
        self._client.publish(topic, payload, qos, retain, self._says(content_type))

    def _now(self) -> int:
        return int(time.time()) - (120 if self.breaks("slow_clock") else 0)

    @staticmethod
    def _says(content_type: str | None, packet: int = PacketTypes.PUBLISH) -> Properties:
        properties = Properties(packet)
        if content_type is not None:
            properties.ContentType = content_type
        return properties
