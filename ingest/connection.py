"""One MQTT 5 connection: packets in and out of a socket, alive or lost for good."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Any, Final

import mqtt5
import numpy as np
import numpy.typing as npt

from core.errors import ConfigurationError, RetryableError
from ingest.parcel import Message, Parcel
from ingest.wire import PacketReader, Reply, encode_acknowledgements

#: A broker sends packet by packet; reading and handling each by itself would cost more than all else. So after a read
#: of less than this the socket is left alone for a moment, in which the next packets gather. [bytes] [s]
_ENOUGH_BYTES: Final = 1 << 16
_MOMENT_S: Final = 0.005
_HIGHEST_PACKET_ID: Final = 65_535
_FAILED: Final = 0x80  # reason codes from here on say no
_OPERATOR_MUST_ACT: Final = (
    mqtt5.ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD,
    mqtt5.ConnAckReasonCode.NOT_AUTHORIZED,
    mqtt5.ConnAckReasonCode.CLIENT_ID_NOT_VALID,
    mqtt5.ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
    mqtt5.ConnAckReasonCode.BANNED,
)

_FAREWELLS: Final = {
    "SESSION_TAKEN_OVER": "another ingest took over: only one may run on a shard",
    "SERVER_SHUTTING_DOWN": "the broker was shut down",
}


class Connection(asyncio.BufferedProtocol):
    """Speak MQTT 5 over one socket.

    A connection is never reused: what was received on it can be acknowledged on it alone, and `acknowledge` does
    nothing once it is lost. So no packet id is ever acknowledged on a later connection, where it names another message.

    Parameters
    ----------
    receive : callable
        Is given the messages of each read, in their order, in one or more parcels.
    """

    def __init__(self, receive: Callable[[Parcel], None]) -> None:
        loop = asyncio.get_running_loop()
        self._receive = receive
        self._reader = PacketReader()
        self._transport: asyncio.Transport | None = None
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._packet_ids: Iterator[int] = cycle(range(1, _HIGHEST_PACKET_ID + 1))
        self._connack: asyncio.Future[mqtt5.ConnAckPacket] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()  # resolves to the reason
        self.last_read_s = loop.time()
        self._is_paused = False
        self._quota = asyncio.Semaphore(1)  # until the broker says how much it takes at once

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the socket (asyncio calls this)."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection makes; for the type checker
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the socket writes to (asyncio calls this)."""
        del sizehint
        return self._reader.space()

    def buffer_updated(self, nbytes: int) -> None:
        """Handle what was read, and let more of it come before the next read (asyncio calls this)."""
        loop = asyncio.get_running_loop()
        self.last_read_s = loop.time()
        self._reader.note(nbytes)
        if nbytes < _ENOUGH_BYTES and self._transport is not None:
            self._transport.pause_reading()
            loop.call_later(_MOMENT_S, self._read_on)
        self._handle()

    def _read_on(self) -> None:
        if self._transport is not None and not self._is_paused and not self.lost.done():
            self._transport.resume_reading()

    def _handle(self) -> None:
        """Handle the packets that are whole now."""
        if self.lost.done():
            return
        try:
            packets = self._reader.take()
        except RetryableError as error:
            self.close(error.message)
            return
        for packet in packets:
            if isinstance(packet, Parcel):
                self._receive(Parcel(packet.data, packet.table, (self,)))
            elif isinstance(packet, mqtt5.PublishPacket):
                self._receive(Parcel.of([_message(packet, self)]))
            else:
                self._control(packet)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end (asyncio calls this)."""
        self._handle()  # it may hold the reason
        self._end(str(exc) if exc else "the broker closed the connection")

    async def open(self, packet: mqtt5.ConnectPacket) -> mqtt5.ConnAckPacket:
        """Send CONNECT and return the broker's answer.

        Raises
        ------
        ConfigurationError
            ``broker_refused`` when the broker will never let us in as we are.
        RetryableError
            ``broker_unavailable`` when it does not now.
        """
        self._write(packet.write())
        answer = await self._connack
        if answer.reason_code in _OPERATOR_MUST_ACT:
            raise ConfigurationError("broker_refused", f"The broker refused us: {answer.reason_code.name}.")
        if int(answer.reason_code) >= _FAILED:
            raise RetryableError("broker_unavailable", f"The broker answered {answer.reason_code.name}.")
        self._quota = asyncio.Semaphore(answer.receive_max)
        return answer

    async def subscribe(self, topic_filter: str, *, own: bool = False) -> None:
        """Subscribe at QoS 1, our own publications left out unless asked for, retained messages only the first time.

        Raises
        ------
        ConfigurationError
            ``subscription_refused``.
        RetryableError
            ``broker_unavailable`` when the connection is lost.
        """
        wanted = mqtt5.TopicFilter(
            topic_filter,
            max_qos=mqtt5.QoS.AT_LEAST_ONCE,
            no_local=not own,
            retain_as_published=False,  # a message says that it was retained only where it may be old
            retain_handling=mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS,
        )
        packet_id = self._free_packet_id()
        reason = await self._answer_to(packet_id, mqtt5.SubscribePacket(packet_id, [wanted]).write())
        if reason >= _FAILED:
            raise ConfigurationError("subscription_refused", f"The broker refused {topic_filter} ({reason:#04x}).")

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        content_type: str,
        expiry_s: int | None,
        retain: bool = False,
        reply: Reply | None = None,
    ) -> int:
        """Publish at QoS 1 and return the reason code of the broker's PUBACK.

        Raises
        ------
        RetryableError
            ``broker_unavailable`` when the connection is lost before the broker has taken it.
        """
        async with self._quota:
            packet_id = self._free_packet_id()
            packet = mqtt5.PublishPacket(
                topic,
                payload,
                qos=mqtt5.QoS.AT_LEAST_ONCE,
                retain=retain,
                packet_id=packet_id,
                content_type=content_type,
                message_expiry_interval=expiry_s,
                response_topic=None if reply is None else reply.topic,
                correlation_data=None if reply is None else reply.correlation,
            )
            return await self._answer_to(packet_id, packet.write())

    def send(self, topic: str, payload: bytes, *, content_type: str | None = None) -> None:
        """Publish at QoS 0: once, or not at all."""
        self.send_all([(topic, payload)], content_type=content_type)

    def send_all(self, words: Sequence[tuple[str, bytes]], *, content_type: str | None = None) -> None:
        """Publish topics with their payloads at QoS 0, in one piece."""
        packets = (mqtt5.PublishPacket(topic, payload, content_type=content_type) for topic, payload in words)
        self._write(b"".join(packet.write() for packet in packets))

    def acknowledge(self, packet_ids: Sequence[int] | npt.NDArray[np.int64]) -> None:
        """Send the PUBACKs of messages received on this connection, in one piece; nothing once it is lost."""
        if len(packet_ids) and not self.lost.done():
            self._write(encode_acknowledgements(packet_ids))

    def ping(self) -> None:
        """Ask the broker for a sign of life."""
        self._write(mqtt5.PingReqPacket().write())

    def pause(self, *, paused: bool) -> None:
        """Stop reading the socket, or go on; the broker then waits."""
        if self._transport is None or self.lost.done() or paused == self._is_paused:
            return
        self._is_paused = paused
        if paused:
            self._transport.pause_reading()
        else:
            self.last_read_s = asyncio.get_running_loop().time()
            self._transport.resume_reading()

    @property
    def is_paused(self) -> bool:
        """Whether reading is stopped."""
        return self._is_paused

    def disconnect(self, *, with_will: bool = False) -> None:
        """Take leave; a persistent session stays at the broker, which publishes the will if it is asked to."""
        reasons = mqtt5.DisconnectReasonCode
        reason = reasons.DISCONNECT_WITH_WILL_MESSAGE if with_will else reasons.NORMAL_DISCONNECTION
        if not self.lost.done():
            self._write(mqtt5.DisconnectPacket(reason_code=reason).write())
        self.close("we closed the connection")

    def close(self, reason: str) -> None:
        """Close the socket, what was written before is still sent."""
        if self._transport is not None:
            self._transport.close()
        self._end(reason)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _control(self, packet: mqtt5.Packet) -> None:
        if isinstance(packet, mqtt5.PubAckPacket):
            self._settle(packet.packet_id, int(packet.reason_code))
        elif isinstance(packet, mqtt5.SubAckPacket):
            self._settle(packet.packet_id, int(packet.reason_codes[0]))
        elif isinstance(packet, mqtt5.ConnAckPacket) and not self._connack.done():
            self._connack.set_result(packet)
        elif isinstance(packet, mqtt5.DisconnectPacket):
            self.close(_FAREWELLS.get(name := packet.reason_code.name, f"the broker disconnected us: {name}"))

    def _settle(self, packet_id: int, reason: int) -> None:
        answer = self._answers.pop(packet_id, None)
        if answer is not None and not answer.done():
            answer.set_result(reason)

    async def _answer_to(self, packet_id: int, data: bytes) -> int:
        if self.lost.done():
            raise _unavailable(self.lost.result())
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers[packet_id] = answer
        self._write(data)
        return await answer  # a packet id whose answer is no longer awaited stays taken until the broker settles it

    def _free_packet_id(self) -> int:
        return next(packet_id for packet_id in self._packet_ids if packet_id not in self._answers)

    def _end(self, reason: str) -> None:
        if self.lost.done():
            return
        self.lost.set_result(reason)
        waiting: list[asyncio.Future[Any]] = [self._connack, *self._answers.values()]
        self._answers.clear()
        for answer in waiting:
            if not answer.done():
                answer.set_exception(_unavailable(reason))
                answer.exception()  # whoever waits is told; where nobody does any more, it is not worth a warning


def _message(packet: mqtt5.PublishPacket, connection: Connection) -> Message:
    return Message(packet.topic, packet.content_type, packet.payload, packet.packet_id, connection, 0, packet.retain)


def _unavailable(reason: str) -> RetryableError:
    return RetryableError("broker_unavailable", f"The broker cannot be reached: {reason}.")
