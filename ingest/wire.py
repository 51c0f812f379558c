"""Bytes of one MQTT 5 connection: whole packets out of what was read, acknowledgements into one send."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import mqtt5
import numpy as np

from core.errors import RetryableError

#: One read of the socket takes at most this much. [bytes]
READ_BYTES: Final = 1 << 20
#: Largest packet that a broker may send us: a payload of 16 MiB, its topic and its properties. [bytes]
PACKET_BYTES: Final = (16 << 20) + (128 << 10)

_PUBACK: Final = np.dtype([("kind", ">u1"), ("remaining", ">u1"), ("packet_id", ">u2")])
_PUBACK_KIND: Final = 0x40
_PUBACK_REMAINING: Final = 2  # reason code and properties left out: Success


class Reply(NamedTuple):
    """Where and under which word a message is answered: MQTT 5's Response Topic and Correlation Data."""

    topic: str
    correlation: bytes


class PacketReader:
    """Cut a stream of bytes into MQTT packets.

    The socket writes into `space`, then `take` returns the packets that are whole. The buffer grows to hold one
    packet that is larger than a read, and shrinks again after it.
    """

    def __init__(self) -> None:
        self._buffer = bytearray(READ_BYTES)
        self._filled = 0

    def space(self) -> memoryview:
        """Return where the next bytes go; never empty."""
        if self._filled == len(self._buffer):
            self._resize(min(2 * len(self._buffer), PACKET_BYTES + READ_BYTES))
        return memoryview(self._buffer)[self._filled :]

    def take(self, byte_count: int) -> list[mqtt5.Packet]:
        """Return the packets that are whole after `byte_count` more bytes, in their order.

        Raises
        ------
        RetryableError
            ``broker_protocol_error`` when the bytes are not MQTT 5: only a new connection can help.
        """
        self._filled += byte_count
        packets: list[mqtt5.Packet] = []
        view = memoryview(self._buffer)[: self._filled]
        offset = 0
        try:
            while offset < self._filled:
                packet, size = mqtt5.read(view[offset:])
                packets.append(packet)
                offset += size
        except IndexError:  # the codec's word for "the rest has not come yet"
            self._require_room(self._filled - offset)
        except ValueError as error:
            raise RetryableError("broker_protocol_error", f"The broker sent what is not MQTT 5: {error}.") from error
        self._keep(offset)
        return packets

    def _keep(self, offset: int) -> None:
        rest = self._filled - offset
        if offset:
            self._buffer[:rest] = self._buffer[offset : self._filled]
        self._filled = rest
        if len(self._buffer) > READ_BYTES and rest < READ_BYTES:
            self._resize(READ_BYTES)

    def _resize(self, size: int) -> None:
        buffer = bytearray(size)  # a new one: the event loop may still hold a view of the old
        buffer[: self._filled] = self._buffer[: self._filled]
        self._buffer = buffer

    @staticmethod
    def _require_room(rest: int) -> None:
        if rest >= PACKET_BYTES + READ_BYTES:
            raise RetryableError("broker_protocol_error", "The broker sent a packet larger than it was told it may.")


def encode_acknowledgements(packet_ids: Sequence[int]) -> bytes:
    """Return the PUBACK packets, Success, for `packet_ids`, in their order."""
    packets = np.empty(len(packet_ids), _PUBACK)
    packets["kind"] = _PUBACK_KIND
    packets["remaining"] = _PUBACK_REMAINING
    packets["packet_id"] = packet_ids
    return packets.tobytes()
