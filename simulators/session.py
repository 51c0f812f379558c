"""One gateway's MQTT 5 session: persistent, bounded in flight, resending until the broker has acknowledged.

paho-mqtt does the protocol; its socket is served by the asyncio loop, so that a fleet needs no threads of its own.

An acknowledgement is the broker's word only: a broker that is killed forgets what it had not passed on. After a
connection that broke, a gateway therefore repeats what was acknowledged shortly before; storing is idempotent.
"""

import asyncio
import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core.broker_address import BrokerAddress
from core.errors import ConfigurationError, RetryableError
from simulators.counts import Counts
from simulators.last_will import LastWill

log = structlog.get_logger()

_KEEP_ALIVE_S: Final = 30
_TICK_S: Final = 0.5
_CONNECT_TIMEOUT_S: Final = 3.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
_SESSION_EXPIRY_S: Final = 86_400
_REPEATED_MESSAGES, _REPEATED_S = 64, 120.0
_FAILURE: Final = 0x80  # reason codes from here on are errors
_NO_SUBSCRIBER: Final = 0x10


@dataclass(frozen=True, slots=True)
class _Sent:
    topic: str
    payload: bytes
    content_type: str
    values: int
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
    command_topic : str, optional
        Topic to subscribe to.
    on_command : callable, optional
        Called with each payload that arrives there.
    on_online : callable, optional
        Called after each connection.
    """

    def __init__(
        self,
        name: str,
        broker: BrokerAddress,
        counts: Counts,
        *,
        in_flight: int = 16,
        will: LastWill | None = None,
        command_topic: str | None = None,
        on_command: Callable[[bytes], None] | None = None,
        on_online: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._counts = counts
        self._command_topic, self._on_command, self._on_online = command_topic, on_command, on_online
        self._room = asyncio.Semaphore(in_flight)
        self._waiting: dict[int, _Sent] = {}
        self._acknowledged_lately: deque[tuple[float, _Sent]] = deque(maxlen=_REPEATED_MESSAGES)
        self._lost = False
        self._changed = asyncio.Event()
        self._online = asyncio.Event()
        self._answered = asyncio.Event()
        self._closing = asyncio.Event()
        self._refusal: str | None = None
        self._client = _client(name, broker, in_flight, will)
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
        self, topic: str, payload: bytes, content_type: str, *, values: int = 0, retain: bool = False
    ) -> None:
        """Hand over a message; return when there is room for it, which need not be when it is acknowledged.

        A message is kept, and sent again after every reconnection, until the broker acknowledges it.
        """
        await self._room.acquire()
        while not self._client.is_connected():  # before that, paho would send it twice: now and after CONNACK
            await self._online.wait()
        self._hand_over(_Sent(topic, payload, content_type, values, is_repeat=False), retain=retain)
        self._counts.messages_published += 1
        self._counts.values_published += values

    def _hand_over(self, sent: _Sent, *, retain: bool = False) -> None:
        properties = _content(sent.content_type)
        message = self._client.publish(sent.topic, sent.payload, qos=1, retain=retain, properties=properties)
        self._waiting[message.mid] = sent

    def _repeat(self) -> None:
        """Send once more what was acknowledged shortly before the connection broke."""
        since_s = time.monotonic() - _REPEATED_S
        again = [sent for at_s, sent in self._acknowledged_lately if at_s >= since_s]
        self._acknowledged_lately.clear()
        for sent in again:
            self._hand_over(replace(sent, is_repeat=True))
        self._counts.messages_repeated += len(again)
        self._lost = False
        self._changed.set()

    async def drained(self) -> None:
        """Wait until the broker has acknowledged everything, repeats after a broken connection included."""
        while self._waiting or self._lost:
            self._changed.clear()
            await self._changed.wait()

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
                    await asyncio.to_thread(self._client.reconnect)
                except OSError as error:
                    log.debug("broker_unreachable", gateway=self.name, error=str(error))
                await self._pause(wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
                continue
            if self._client.is_connected():
                wait_s = _FIRST_WAIT_S
            self._client.loop_misc()
            await self._pause(_TICK_S)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    def _connected(self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
        else:
            self._refusal = None
            if self._command_topic:
                client.subscribe(self._command_topic, qos=1)
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
        if sent.values and reason.value < _FAILURE:
            self._acknowledged_lately.append((time.monotonic(), sent))
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
        self._counts.commands_received += 1
        if self._on_command:
            self._on_command(bytes(message.payload))


def serve_on(client: paho.Client, loop: asyncio.AbstractEventLoop) -> None:
    """Let an asyncio loop read and write a client's socket.

    Connecting happens in a thread, so what must touch the loop is passed to it; a socket is always closed on the
    loop, and must be forgotten before its number is used again.
    """

    def opened(_client: paho.Client, _data: object, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.call_soon_threadsafe(_if_open, sock, loop.add_reader, client.loop_read)

    def closed(_client: paho.Client, _data: object, sock: Any) -> None:
        loop.remove_reader(sock)

    def has_more(_client: paho.Client, _data: object, sock: Any) -> None:
        loop.call_soon_threadsafe(_if_open, sock, loop.add_writer, client.loop_write)

    def has_no_more(_client: paho.Client, _data: object, sock: Any) -> None:
        loop.remove_writer(sock)

    client.on_socket_open, client.on_socket_close = opened, closed
    client.on_socket_register_write, client.on_socket_unregister_write = has_more, has_no_more


def _if_open(sock: Any, register: Callable[[Any, Callable[[], object]], object], act: Callable[[], object]) -> None:
    if sock.fileno() >= 0:
        register(sock, act)


def _client(name: str, broker: BrokerAddress, in_flight: int, will: LastWill | None) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
    client.max_inflight_messages_set(in_flight)
    client.connect_timeout = _CONNECT_TIMEOUT_S
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    if will:
        client.will_set(will.topic, will.payload, qos=1, retain=True, properties=_content(will.content_type, will=True))
    connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    connect.SessionExpiryInterval = _SESSION_EXPIRY_S
    client.connect_async(broker.host, broker.port, _KEEP_ALIVE_S, clean_start=False, properties=connect)
    return client


def _content(content_type: str, *, will: bool = False) -> Properties:
    properties = Properties(PacketTypes.WILLMESSAGE if will else PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = content_type
    return properties
