"""One connection of the bench's own to the broker: one subscription at QoS 2, in a session that ends with it."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Final, Self

import mqtt5

from core.broker_address import BrokerAddress
from core.errors import ForbiddenError, PlatformError, RetryableError
from ingest.conformance.packets import whole_packets

_WITHIN_S: Final = 10.0
_KEEP_ALIVE_S: Final = 60
_READ_BYTES: Final = 65_536
_HIGHEST_PACKET_ID: Final = 65_535
_FAILED: Final = 0x80  # reason codes from here on say no


class Listener:
    """Hand over every message of a subscription as it was published, and publish JSON.

    Parameters
    ----------
    note : callable
        Is given each message, on the loop.
    """

    def __init__(self, note: Callable[[mqtt5.PublishPacket], None]) -> None:
        self._note = note
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._packet_ids: Iterator[int] = cycle(range(1, _HIGHEST_PACKET_ID + 1))
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []
        #: Is done, with the reason, when the broker is no longer heard.
        self.lost: asyncio.Future[PlatformError] = asyncio.get_running_loop().create_future()

    async def open(self, address: BrokerAddress, topic_filter: mqtt5.TopicFilter) -> Self:
        """Connect and subscribe.

        Raises
        ------
        RetryableError
            ``broker_unavailable``.
        ForbiddenError
            ``watching_refused`` when the broker does not let us in or does not let us listen.
        """
        try:
            async with asyncio.timeout(_WITHIN_S):
                reader, self._writer = await asyncio.open_connection(address.host, address.port, ssl=address.tls())
        except OSError as error:  # TimeoutError is one
            where, why = f"{address.host}:{address.port}", str(error) or f"no answer within {_WITHIN_S:.0f} s"
            raise RetryableError("broker_unavailable", f"The broker at {where} cannot be reached: {why}.") from error
        self._tasks = [asyncio.create_task(self._read(reader)), asyncio.create_task(self._keep_alive())]
        self._say(_connect(address))
        reason = await self._ask(lambda packet_id: mqtt5.SubscribePacket(packet_id, [topic_filter]))
        if reason >= _FAILED:
            raise _refused(f"{topic_filter.pattern} is not open to it")
        return self

    async def close(self) -> None:
        """Take leave; nothing stays at the broker."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._writer is not None:
            if not self.lost.done():
                self._writer.write(mqtt5.DisconnectPacket().write())
            self._writer.close()
            with contextlib.suppress(OSError):  # TimeoutError is one
                async with asyncio.timeout(_WITHIN_S):
                    await self._writer.wait_closed()

    async def publish(self, topic: str, payload: bytes, *, qos: int, expiry_s: int | None) -> bool:
        """Publish JSON at QoS 0 or 1 and wait for the broker's word; return whether it let us.

        Raises
        ------
        RetryableError
            ``broker_unavailable``.
        ForbiddenError
            ``watching_refused`` when the broker closed the connection because of it.
        """

        def packet(packet_id: int | None) -> mqtt5.PublishPacket:
            return mqtt5.PublishPacket(
                topic,
                payload,
                qos=mqtt5.QoS(qos),
                packet_id=packet_id,
                content_type="application/json",
                message_expiry_interval=expiry_s,
            )

        if qos == 0:
            self._say(packet(None))
            return True
        return await self._ask(packet) < _FAILED

    def _say(self, packet: mqtt5.Packet) -> None:
        if self.lost.done():
            raise self.lost.result()
        assert self._writer is not None  # noqa: S101 - open came first; for the type checker
        self._writer.write(packet.write())

    async def _ask(self, packet: Callable[[int], mqtt5.Packet]) -> int:
        """Send a packet and return the reason code of its answer."""
        packet_id = next(self._packet_ids)
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers[packet_id] = answer
        self._say(packet(packet_id))
        await asyncio.wait((answer, self.lost), timeout=_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        del self._answers[packet_id]
        if answer.done():
            return answer.result()
        if self.lost.done():
            raise self.lost.result()
        raise RetryableError("broker_unavailable", f"The broker did not answer within {_WITHIN_S:.0f} s.")

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_KEEP_ALIVE_S / 2)
            self._say(mqtt5.PingReqPacket())

    async def _read(self, reader: asyncio.StreamReader) -> None:
        unread, reason = bytearray(), "the broker closed the connection"
        try:
            while data := await reader.read(_READ_BYTES):
                unread += data
                for packet, _raw in whole_packets(unread):
                    self._take(packet)
        except OSError as error:
            reason = str(error)
        self._end(RetryableError("broker_unavailable", f"The bench can no longer watch: {reason}."))

    def _end(self, error: PlatformError) -> None:
        if not self.lost.done():
            self.lost.set_result(error)

    def _take(self, packet: mqtt5.Packet | None) -> None:
        if isinstance(packet, mqtt5.PublishPacket):
            self._note(packet)
            self._acknowledge(packet)
        elif isinstance(packet, mqtt5.PubRelPacket):
            self._say(mqtt5.PubCompPacket(packet.packet_id))
        elif isinstance(packet, mqtt5.PubAckPacket):
            self._settle(packet.packet_id, int(packet.reason_code))
        elif isinstance(packet, mqtt5.SubAckPacket):
            self._settle(packet.packet_id, int(packet.reason_codes[0]))
        elif isinstance(packet, mqtt5.ConnAckPacket | mqtt5.DisconnectPacket) and int(packet.reason_code) >= _FAILED:
            self._end(_refused(packet.reason_code.name.lower().replace("_", " ")))

    def _acknowledge(self, packet: mqtt5.PublishPacket) -> None:
        if packet.packet_id is None:
            return
        kind = mqtt5.PubAckPacket if packet.qos == mqtt5.QoS.AT_LEAST_ONCE else mqtt5.PubRecPacket
        self._say(kind(packet.packet_id))

    def _settle(self, packet_id: int, reason: int) -> None:
        answer = self._answers.get(packet_id)
        if answer is not None and not answer.done():
            answer.set_result(reason)


def _connect(address: BrokerAddress) -> mqtt5.ConnectPacket:
    return mqtt5.ConnectPacket(
        f"conformance-{secrets.token_hex(6)}",
        username=address.username,
        password=None if address.password is None else address.password.encode(),
        clean_start=True,
        keep_alive=_KEEP_ALIVE_S,
    )


def _refused(why: str) -> ForbiddenError:
    return ForbiddenError("watching_refused", f"The broker does not let the bench watch: {why}.")
