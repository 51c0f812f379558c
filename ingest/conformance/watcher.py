"""The bench's own eyes at the broker: one gateway's topics, in sessions of its own that end with it."""

import secrets
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from core.broker_address import BrokerAddress
from core.clock import Clock
from core.errors import ForbiddenError, RetryableError
from core.identifiers import DOWN_KINDS, SHELLY_KINDS, TOPIC_ROOT
from ingest.conformance.observation import Observation, Seen

_WITHIN_S: Final = 10.0
#: How long the broker is given to hand over what it keeps. [s]
_KEPT_WITHIN_S: Final = 0.5
_FAILED: Final = 0x80


class RetainedAs(Enum):
    """What the retain flag of a message tells a subscription."""

    PUBLISHED = SubscribeOptions.RETAIN_DO_NOT_SEND
    KEPT = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE


class _Client:
    """One paho client on a thread of its own."""

    def __init__(self, address: BrokerAddress, note: Callable[[paho.MQTTMessage], None], retained: RetainedAs) -> None:
        self._address, self._retained = address, retained
        self._answered = threading.Event()
        self._refused: set[int] = set()  # identifiers of messages that the broker did not take
        self._refusal: str | None = None
        self._filter = ""
        name = f"conformance-{secrets.token_hex(6)}"
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
        if address.username is not None:
            self._client.username_pw_set(address.username, address.password)
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_publish = self._published
        self._client.on_message = lambda _client, _data, message: note(message)

    def open(self, topic_filter: str) -> None:
        """Connect and subscribe."""
        self._filter = topic_filter
        try:
            self._client.connect(self._address.host, self._address.port, clean_start=True)
        except OSError as error:
            where = f"{self._address.host}:{self._address.port}"
            raise RetryableError("broker_unavailable", f"The broker at {where} cannot be reached: {error}.") from error
        self._client.loop_start()
        if not self._answered.wait(_WITHIN_S):
            raise RetryableError("broker_unavailable", f"The broker did not answer within {_WITHIN_S:.0f} s.")
        if self._refusal is not None:
            raise ForbiddenError("watching_refused", f"The broker does not let the bench watch: {self._refusal}.")

    def close(self) -> None:
        """Disconnect; a second time nothing happens."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, qos: int, expiry_s: int | None) -> bool:
        """Publish JSON and wait for the broker's word; return whether it let us."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        sent = self._client.publish(topic, payload, qos=qos, properties=properties)
        sent.wait_for_publish(_WITHIN_S)
        return sent.mid not in self._refused

    def _published(self, _c: paho.Client, _data: object, mid: int, reason: ReasonCode, _p: object) -> None:
        if reason.value >= _FAILED:
            self._refused.add(mid)

    def _connected(self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            self._answered.set()
            return
        options = SubscribeOptions(
            qos=2, retainAsPublished=self._retained is RetainedAs.PUBLISHED, retainHandling=self._retained.value
        )
        client.subscribe(self._filter, options=options)

    def _subscribed(self, _c: paho.Client, _data: object, _mid: int, reasons: list[ReasonCode], _p: object) -> None:
        if any(reason.value >= _FAILED for reason in reasons):
            self._refusal = f"{self._filter} is not open to it"
        self._answered.set()


class Watcher:
    """Note every message of a gateway in an observation, and send commands to it.

    Two connections: one for what the broker had kept, one for what is published from now on with its retain flag as
    published. Both subscribe at QoS 2, so that the QoS seen is the one published with.

    Parameters
    ----------
    address : BrokerAddress
        Where the broker is.
    seen : Observation
        Where messages are noted.
    clock : Clock
        The platform's.
    """

    def __init__(self, address: BrokerAddress, seen: Observation, clock: Clock) -> None:
        self._address, self._seen, self._clock = address, seen, clock
        self._said: set[bytes] = set()
        self._live = _Client(address, self._note_fresh, RetainedAs.PUBLISHED)
        self._kept = _Client(address, self._note_kept, RetainedAs.KEPT)

    def open(self) -> None:
        """Connect and subscribe.

        Raises
        ------
        RetryableError
            ``broker_unavailable``.
        ForbiddenError
            ``watching_refused`` when the broker does not let the bench in or does not let it watch.
        """
        topic_filter = f"{TOPIC_ROOT}/+/{self._seen.gateway}/#"
        self._live.open(topic_filter)
        self._kept.open(topic_filter)
        time.sleep(_KEPT_WITHIN_S)
        self._kept.close()

    def close(self) -> None:
        """Take leave; nothing stays at the broker."""
        self._kept.close()
        self._live.close()

    def send(self, kind: str, payload: bytes, *, qos: int = 1, expiry_s: int | None = None) -> None:
        """Publish JSON to one of the topics that the gateway listens to, and wait for the broker's word."""
        self._said.add(payload)
        if not self._live.publish(self._seen.topic(kind), payload, qos, expiry_s):
            self._seen.may_send = False

    def _note_fresh(self, message: paho.MQTTMessage) -> None:
        if message.topic == self._seen.topic("stored") and message.payload not in self._said:
            self._seen.platform_speaks = True
        if _is_its_own(message.topic):
            self._seen.messages.append(self._as_seen(message, is_kept=False))

    def _note_kept(self, message: paho.MQTTMessage) -> None:
        if message.retain and _is_its_own(message.topic):
            self._seen.messages.append(self._as_seen(message, is_kept=True))

    def _as_seen(self, message: paho.MQTTMessage, *, is_kept: bool) -> Seen:
        return Seen(
            topic=message.topic,
            content_type=getattr(message.properties, "ContentType", None),
            payload=bytes(message.payload),
            qos=message.qos,
            retain=message.retain,
            is_kept=is_kept,
            at_s=self._clock.now().timestamp(),
            wall_s=time.monotonic(),
        )


def _is_its_own(topic: str) -> bool:
    """Tell whether the gateway is who publishes to a topic: not the platform, and not a Shelly meter below it."""
    kind = "".join(topic.split("/")[4:5])  # the filter also matches the level above the kind
    return kind not in DOWN_KINDS and kind not in SHELLY_KINDS
