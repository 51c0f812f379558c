"""The bench's own eyes at the broker: one gateway's topics, in sessions of its own that end with it."""

import asyncio
import time
from typing import Final

import mqtt5

from core.broker_address import BrokerAddress
from core.clock import Clock
from core.identifiers import DOWN_KINDS, SHELLY_KINDS, TOPIC_ROOT
from ingest.conformance.listener import Listener
from ingest.conformance.observation import Observation, Seen

#: How long the broker is given to hand over what it keeps. [s]
_KEPT_WITHIN_S: Final = 0.5
#: Subscribed so, the QoS of a message is the one it was published with.
_MOST: Final = mqtt5.QoS.EXACTLY_ONCE


class Watcher:
    """Note every message of a gateway in an observation, and send commands to it.

    Two connections: one for what the broker had kept, one for what is published from now on with its retain flag as
    published.

    Parameters
    ----------
    address : BrokerAddress
        Where the broker is.
    seen : Observation
        Where messages are noted.
    clock : Clock
        The platform's.

    Attributes
    ----------
    lost : Future of PlatformError
        Is done, with the reason, when the gateway is no longer seen.
    """

    def __init__(self, address: BrokerAddress, seen: Observation, clock: Clock) -> None:
        self._address, self._seen, self._clock = address, seen, clock
        self._said: set[bytes] = set()
        self._live = Listener(self._note_fresh)
        self.lost = self._live.lost

    async def open(self) -> None:
        """Connect and subscribe.

        Raises
        ------
        RetryableError
            ``broker_unavailable``.
        ForbiddenError
            ``watching_refused`` when the broker does not let the bench in or does not let it watch.
        """
        topics = f"{TOPIC_ROOT}/+/{self._seen.gateway}/#"
        handling = mqtt5.RetainHandling
        await self._live.open(
            self._address, mqtt5.TopicFilter(topics, max_qos=_MOST, retain_handling=handling.SEND_NEVER)
        )
        kept = Listener(self._note_kept)
        try:
            await kept.open(
                self._address,
                mqtt5.TopicFilter(
                    topics, max_qos=_MOST, retain_as_published=False, retain_handling=handling.SEND_ALWAYS
                ),
            )
            await asyncio.sleep(_KEPT_WITHIN_S)
        finally:
            await kept.close()

    async def close(self) -> None:
        """Take leave; nothing stays at the broker."""
        await self._live.close()

    async def send(self, kind: str, payload: bytes, *, qos: int = 1, expiry_s: int | None = None) -> None:
        """Publish JSON to one of the topics that the gateway listens to, and wait for the broker's word."""
        self._said.add(payload)
        if not await self._live.publish(self._seen.topic(kind), payload, qos=qos, expiry_s=expiry_s):
            self._seen.may_send = False

    def _note_fresh(self, message: mqtt5.PublishPacket) -> None:
        if message.topic == self._seen.topic("stored") and message.payload not in self._said:
            self._seen.platform_speaks = True
        if _is_its_own(message.topic):
            self._seen.messages.append(self._as_seen(message, is_kept=False))

    def _note_kept(self, message: mqtt5.PublishPacket) -> None:
        if message.retain and _is_its_own(message.topic):
            self._seen.messages.append(self._as_seen(message, is_kept=True))

    def _as_seen(self, message: mqtt5.PublishPacket, *, is_kept: bool) -> Seen:
        return Seen(
            topic=message.topic,
            content_type=message.content_type,
            payload=bytes(message.payload or b""),
            qos=int(message.qos),
            retain=message.retain,
            is_kept=is_kept,
            at_s=self._clock.now().timestamp(),
            wall_s=time.monotonic(),
        )


def _is_its_own(topic: str) -> bool:
    """Tell whether the gateway is who publishes to a topic: not the platform, and not a Shelly meter below it."""
    kind = "".join(topic.split("/")[4:5])  # the filter also matches the level above the kind
    return kind not in DOWN_KINDS and kind not in SHELLY_KINDS
