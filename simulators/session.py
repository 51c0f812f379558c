"""One gateway's MQTT 5 session: persistent, bounded in flight, resending until the broker has acknowledged.

An acknowledgement is the broker's word only: a broker that is killed forgets what it had not passed on. So a gateway
keeps what it has numbered until the platform says that it is stored; see `simulators.keeping`.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import paho.mqtt.client as paho
import structlog
from paho.mqtt.reasoncodes import ReasonCode

from core.broker_address import BrokerAddress
from core.errors import ConfigurationError, RetryableError
from simulators.client import content, make_client, serve_on
from simulators.counts import Counts
from simulators.keeping import Keeper, Numbered
from simulators.last_will import LastWill
from simulators.loss import Loss

log = structlog.get_logger()

_TICK_S: Final = 0.5
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
_FAILURE: Final = 0x80  # reason codes from here on are errors
_NO_SUBSCRIBER: Final = 0x10


@dataclass(frozen=True, slots=True)
class _Sent:
    values: int
    sequence: int | None
    is_repeat: bool


class GatewaySession:
    """Publish for one gateway and receive its commands.

    Parameters
    ----------
    name : str
        The gateway's name, which is its client identifier.
    broker : BrokerAddress
        Where to connect.
    counts : Counts
        Shared counts of the fleet.
    in_flight : int, default 16
        Messages that may wait for the broker's word before `publish` waits.
    will : LastWill, optional
        What the broker publishes when the connection breaks.
    stored_topic : str, optional
        Topic where the platform says what is stored; None: nothing is kept once the broker has it.
    command_topic : str, optional
        Topic to subscribe to.
    on_command : callable, optional
        Called with each payload that arrives there.
    on_topic : mapping of str to callable, optional
        Further topics to subscribe to, and what is called with each payload that arrives there.
    on_online : callable, optional
        Called after each connection.
    loss : Loss, optional
        Which messages get lost between this gateway and the broker; None: none.
    """

    def __init__(
        self,
        name: str,
        broker: BrokerAddress,
        counts: Counts,
        *,
        in_flight: int = 16,
        will: LastWill | None = None,
        stored_topic: str | None = None,
        command_topic: str | None = None,
        on_command: Callable[[bytes], None] | None = None,
        on_topic: Mapping[str, Callable[[bytes], None]] | None = None,
        on_online: Callable[[], None] | None = None,
        loss: Loss | None = None,
    ) -> None:
        self.name = name
        self._loss = loss or Loss()
        self._on_topic = dict(on_topic or {})
        self._counts = counts
        self._stored_topic, self._keeping = stored_topic, Keeper(counts)
        self._command_topic, self._on_command, self._on_online = command_topic, on_command, on_online
        self._room = asyncio.Semaphore(in_flight)
        self._waiting: dict[int, _Sent] = {}
        self._lost = False
        self._changed = asyncio.Event()
        self._online = asyncio.Event()
        self._answered = asyncio.Event()
        self._closing = asyncio.Event()
        self._refusal: str | None = None
        self._client = make_client(name, broker, in_flight, will)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_publish = self._acknowledged
        self._client.on_message = self._received
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        serve_on(self._client, asyncio.get_running_loop())
        self._keeper = asyncio.create_task(self._keep(), name=f"keeper of {self.name}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connected(self, timeout_s: float = 30.0) -> None:
        """Wait for the connection.

        Raises
        ------
        ConfigurationError
            ``broker_refused`` when the broker does not let this gateway in.
        RetryableError
            ``broker_unreachable`` when there is none within `timeout_s`.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), timeout_s)
        if self._refusal:
            raise ConfigurationError(
                "broker_refused", f"The broker does not let {self.name} in: {self._refusal}.", gateway=self.name
            )
        if not self._client.is_connected():
            raise RetryableError(
                "broker_unreachable", f"No broker answered {self.name} for {timeout_s:g} s.", gateway=self.name
            )

    async def publish(
        self,
        topic: str,
        payload: bytes,
        content_type: str,
        *,
        values: int = 0,
        retain: bool = False,
        sequence: int | None = None,
    ) -> None:
        """Hand over a message; return when there is room for it, which need not be when it is acknowledged.

        A message is sent again after every reconnection until the broker acknowledges it; one with a sequence number
        is kept, and sent again, until the platform says that it is stored.
        """
        is_kept = sequence is not None and self._stored_topic is not None
        await self._room.acquire()
        try:
            if is_kept:
                await self._keeping.room()
            while not self._client.is_connected():  # before that, paho would send it twice: now and after CONNACK
                await self._online.wait()
        except asyncio.CancelledError:
            self._room.release()
            raise
        if sequence is not None and is_kept:
            self._keeping.keep(Numbered(sequence, topic, payload, content_type, values))
        self._counts.messages_published += 1
        self._counts.values_published += values
        if is_kept and self._loss.takes_upward():
            self._room.release()
            return
        properties = content(content_type)
        message = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        self._waiting[message.mid] = _Sent(values, sequence, is_repeat=False)

    def _send_again(self, messages: Sequence[Numbered]) -> None:
        for sent in messages:
            if self._loss.takes_upward():
                continue
            message = self._client.publish(sent.topic, sent.payload, qos=1, properties=content(sent.content_type))
            self._waiting[message.mid] = _Sent(sent.values, sent.sequence, is_repeat=True)
        self._counts.messages_repeated += len(messages)

    def _repeat(self) -> None:
        """Send once more, after a connection that broke, what the broker has acknowledged and may have forgotten."""
        on_their_way = {sent.sequence for sent in self._waiting.values()}
        self._send_again(self._keeping.all_but(on_their_way))
        self._lost = False
        self._changed.set()

    async def drained(self) -> None:
        """Wait until everything is acknowledged and, once the platform has spoken, stored."""
        while self._waiting or self._lost:
            self._changed.clear()
            await self._changed.wait()
        await self._keeping.emptied()

    async def spoken_to(self, within_s: float) -> bool:
        """Wait for the platform's first word about what is stored, if anything is kept; return whether it came."""
        return await self._keeping.spoken_to(within_s)

    async def close(self) -> None:
        """Disconnect, without last will; what is not acknowledged by then is counted as published only."""
        self._closing.set()
        if self._keeper is not None:
            await self._keeper  # it may be connecting in a thread, which cannot be cancelled
            self._keeper = None
        self._client.disconnect()
        self._client.loop_write()

    async def _keep(self) -> None:
        """Connect whenever there is no connection, and let the client check its keep-alive."""
        wait_s = _FIRST_WAIT_S
        while not self._closing.is_set():
            if self._client.socket() is None:
                try:
                    await asyncio.to_thread(self._reconnect)
                except OSError as error:
                    log.debug("broker_unreachable", gateway=self.name, error=str(error))
                await self._pause(wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
                continue
            if self._client.is_connected():
                wait_s = _FIRST_WAIT_S
            self._client.loop_misc()
            if self._client.is_connected() and not self._lost:
                self._send_again(self._keeping.due())
            await self._pause(_TICK_S)

    def _reconnect(self) -> None:
        if not self._closing.is_set():  # this may have waited for its thread
            self._client.reconnect()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    def _connected(self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
        else:
            self._refusal = None
            topics = [topic for topic in (self._command_topic, self._stored_topic, *self._on_topic) if topic]
            if topics:
                client.subscribe([(topic, 1) for topic in topics])
            self._online.set()
            if self._lost:
                asyncio.get_running_loop().call_soon(self._repeat)  # after paho's own resending
            if self._on_online:
                self._on_online()
        self._answered.set()

    def _disconnected(self, _c: paho.Client, _data: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        self._online.clear()
        if not self._closing.is_set():
            self._lost = True
            self._counts.connections_lost += 1
            log.debug("connection_lost", gateway=self.name, reason=str(reason))

    def _acknowledged(self, _c: paho.Client, _data: object, mid: int, reason: ReasonCode, _p: object) -> None:
        sent = self._waiting.pop(mid, None)
        if sent is None:
            return
        if reason.value >= _FAILURE and sent.sequence is not None:
            self._keeping.drop(sent.sequence)  # the broker will never take it
        if reason.value == _NO_SUBSCRIBER and sent.sequence is not None:
            self._keeping.unheard(sent.sequence)
        if not sent.is_repeat:
            self._count(sent, reason)
            self._room.release()
        self._changed.set()

    def _count(self, sent: _Sent, reason: ReasonCode) -> None:
        counts = self._counts
        counts.messages_acknowledged += 1
        counts.values_acknowledged += sent.values
        counts.messages_unheard += reason.value == _NO_SUBSCRIBER
        if reason.value >= _FAILURE:
            counts.messages_refused += 1
            counts.values_refused += sent.values
            log.warning("publish_refused", gateway=self.name, reason=str(reason))

    def _received(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if self._loss.takes_downward():
            return
        if message.topic == self._stored_topic:
            self._send_again(self._keeping.take(bytes(message.payload)))
            return
        if message.topic in self._on_topic:
            self._on_topic[message.topic](bytes(message.payload))
            return
        self._counts.commands_received += 1
        if self._on_command:
            self._on_command(bytes(message.payload))
