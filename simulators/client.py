"""paho-mqtt's client, its socket served by the asyncio loop, so that a fleet needs no threads of its own."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from core.broker_address import BrokerAddress
from simulators.last_will import LastWill

_KEEP_ALIVE_S: Final = 30
_CONNECT_TIMEOUT_S: Final = 3.0
_SESSION_EXPIRY_S: Final = 604_800
_LOOP_WITHIN_S: Final = 30.0


def serve_on(client: paho.Client, loop: asyncio.AbstractEventLoop) -> None:
    """Let an asyncio loop read and write a client's socket.

    Connecting happens in a thread, so what must touch the loop is passed to it. A socket that is closed there, because
    the broker hung up at once, is forgotten by the loop first: its number may be another's a moment later.
    """

    def opened(_client: paho.Client, _data: object, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.call_soon_threadsafe(_if_open, sock, loop.add_reader, partial(_read, client, sock))

    def closed(_client: paho.Client, _data: object, sock: Any) -> None:
        _on_loop(loop, lambda: loop.remove_reader(sock))

    def has_more(_client: paho.Client, _data: object, sock: Any) -> None:
        loop.call_soon_threadsafe(_if_open, sock, loop.add_writer, client.loop_write)

    def has_no_more(_client: paho.Client, _data: object, sock: Any) -> None:
        _on_loop(loop, lambda: loop.remove_writer(sock))

    client.on_socket_open, client.on_socket_close = opened, closed
    client.on_socket_register_write, client.on_socket_unregister_write = has_more, has_no_more


def _on_loop(loop: asyncio.AbstractEventLoop, act: Callable[[], object]) -> None:
    """Do something on the loop, now, and return when it is done."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        done: Future[None] = Future()

        def act_and_tell() -> None:
            act()
            done.set_result(None)

        loop.call_soon_threadsafe(act_and_tell)
        done.result(_LOOP_WITHIN_S)
    else:
        act()


def _read(client: paho.Client, sock: Any) -> None:
    """Read what has come; of TLS also what is decrypted already, of which the socket gives no further sign."""
    client.loop_read()
    while isinstance(sock, ssl.SSLSocket) and sock.fileno() >= 0 and sock.pending():
        client.loop_read()


def _if_open(sock: Any, register: Callable[[Any, Callable[[], object]], object], act: Callable[[], object]) -> None:
    if sock.fileno() >= 0:
        register(sock, act)


def make_client(name: str, broker: BrokerAddress, in_flight: int, will: LastWill | None) -> paho.Client:
    """Return a client of a persistent session, not connected yet."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
    client.max_inflight_messages_set(in_flight)
    client.connect_timeout = _CONNECT_TIMEOUT_S
    tls = broker.for_gateway(name).tls()
    if tls is not None:
        client.tls_set_context(tls)
    client.username_pw_set(broker.username or name, broker.password)
    if will:
        client.will_set(will.topic, will.payload, qos=1, retain=True, properties=content(will.content_type, will=True))
    connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    connect.SessionExpiryInterval = _SESSION_EXPIRY_S
    client.connect_async(broker.host, broker.port, _KEEP_ALIVE_S, clean_start=False, properties=connect)
    return client


def content(content_type: str, *, will: bool = False) -> Properties:
    """Return the properties that say a message's content type."""
    properties = Properties(PacketTypes.WILLMESSAGE if will else PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = content_type
    return properties
