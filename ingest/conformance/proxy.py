"""A small TCP proxy in front of the broker: sees how a gateway connects, and cuts its connection where it hurts."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Final, Literal

import mqtt5

from core.broker_address import BrokerAddress
from core.errors import ConfigurationError
from ingest.conformance.observation import Cut, Observation, SeenConnect, SeenSubscription, SeenWill
from ingest.conformance.packets import whole_packets

How = Literal["mid-packet", "before PUBACK"]

_READ_BYTES: Final = 65_536
#: How long a message gets to reach the broker before its connection is cut. [s]
_ARRIVE_S: Final = 0.3
_KEPT_BACK: Final = ("batch", "live", "event")


@dataclass(slots=True)
class _Link:
    """One connection of the gateway, and ours to the broker for it."""

    to_gateway: asyncio.StreamWriter
    to_broker: asyncio.StreamWriter
    is_mute: bool = False
    unread: bytearray = field(default_factory=bytearray)
    aliases: dict[int, str] = field(default_factory=dict)

    def cut(self) -> None:
        """Break both connections without a word, as a lost line does."""
        self.to_gateway.transport.abort()
        self.to_broker.transport.abort()


class Proxy:
    """Pass a gateway's bytes on, note what they say, and cut when asked.

    Parameters
    ----------
    address : BrokerAddress
        Where the broker is.
    seen : Observation
        Where connections, subscriptions and cuts are noted.
    """

    def __init__(self, address: BrokerAddress, seen: Observation) -> None:
        self._address, self._seen = address, seen
        self._wanted: How | None = None
        self._server: asyncio.Server | None = None
        self._links: dict[asyncio.Task[None], _Link] = {}

    async def open(self, host: str, port: int) -> int:
        """Listen for the gateway; return the port, a free one for 0.

        Raises
        ------
        ConfigurationError
            ``proxy_port_taken``.
        """
        try:
            self._server = await asyncio.start_server(self._serve, host, port)
        except OSError as error:
            raise ConfigurationError("proxy_port_taken", f"{host}:{port} cannot be listened on: {error}.") from error
        self._seen.is_proxied = True
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and cut what is connected."""
        if self._server is not None:
            self._server.close()
        for link in self._links.values():
            link.cut()
        if self._links:
            await asyncio.wait(self._links)

    def cut_next(self, how: How) -> None:
        """Cut the connection at the next measured values or event that the gateway publishes."""
        self._wanted = how

    async def _serve(self, from_gateway: asyncio.StreamReader, to_gateway: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as a task; for the type checker
        try:
            from_broker, to_broker = await asyncio.open_connection(self._address.host, self._address.port)
        except OSError:
            to_gateway.transport.abort()
            return
        link = self._links[task] = _Link(to_gateway, to_broker)
        ways = [
            asyncio.create_task(self._up(from_gateway, link)),
            asyncio.create_task(self._down(from_broker, link)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for writer in (to_gateway, to_broker):
                writer.close()
            del self._links[task]

    async def _up(self, reader: asyncio.StreamReader, link: _Link) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_READ_BYTES):
                link.unread += data
                for packet, raw in whole_packets(link.unread):
                    self._note(packet)
                    how = self._is_wanted(packet, link)
                    if how is not None:
                        await self._cut(how, packet, raw, link)
                        return
                    link.to_broker.write(raw)
                await link.to_broker.drain()

    async def _down(self, reader: asyncio.StreamReader, link: _Link) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_READ_BYTES):
                if not link.is_mute:
                    link.to_gateway.write(data)
                    await link.to_gateway.drain()
            await asyncio.sleep(_ARRIVE_S if link.is_mute else 0)

    def _note(self, packet: mqtt5.Packet | None) -> None:
        now_s = time.monotonic()
        if isinstance(packet, mqtt5.ConnectPacket):
            self._seen.connects.append(_connect(packet, now_s))
            for cut in self._seen.cuts:
                cut.connected_again_s = cut.connected_again_s or now_s - cut.wall_s
        elif isinstance(packet, mqtt5.SubscribePacket):
            self._seen.subscriptions += [
                SeenSubscription(wanted.pattern, int(wanted.max_qos), now_s) for wanted in packet.topic_filters
            ]
        elif isinstance(packet, mqtt5.PublishPacket):
            for cut in self._seen.cuts:
                if cut.came_again_s is None and cut.payload == packet.payload:
                    cut.came_again_s = now_s - cut.wall_s

    def _is_wanted(self, packet: mqtt5.Packet | None, link: _Link) -> How | None:
        if not isinstance(packet, mqtt5.PublishPacket):
            return None
        topic = _topic(packet, link)
        if self._wanted is None or packet.qos != mqtt5.QoS.AT_LEAST_ONCE or topic.rpartition("/")[2] not in _KEPT_BACK:
            return None
        how, self._wanted = self._wanted, None
        return how

    async def _cut(self, how: How, packet: mqtt5.Packet | None, raw: bytes, link: _Link) -> None:
        assert isinstance(packet, mqtt5.PublishPacket)  # noqa: S101 - only these are wanted; for the type checker
        link.is_mute = True
        link.to_broker.write(raw[: len(raw) // 2] if how == "mid-packet" else raw)
        await link.to_broker.drain()
        await asyncio.sleep(_ARRIVE_S)
        self._seen.cuts.append(Cut(how, _topic(packet, link), packet.payload, time.monotonic()))
        link.cut()


def _topic(packet: mqtt5.PublishPacket, link: _Link) -> str:
    if packet.topic_alias is not None and packet.topic:
        link.aliases[packet.topic_alias] = packet.topic
    return packet.topic or link.aliases.get(packet.topic_alias or 0, "")


def _connect(packet: mqtt5.ConnectPacket, now_s: float) -> SeenConnect:
    will = packet.will
    return SeenConnect(
        client_id=packet.client_id,
        user_name=packet.username,
        clean_start=packet.clean_start,
        session_expiry_s=packet.session_expiry_interval or 0,
        keep_alive_s=packet.keep_alive,
        most_packet_bytes=packet.max_packet_size,
        will=None
        if will is None
        else SeenWill(will.topic, will.payload or b"", int(will.qos), will.retain, will.content_type),
        wall_s=now_s,
    )
