"""Bytes of one MQTT 5 connection: whole packets out of what was read, acknowledgements into one send."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import mqtt5
import numpy as np
import numpy.typing as npt

from core.errors import RetryableError
from ingest.kernels.packets import COLUMNS, FULL, INCOMPLETE, OTHER, cut
from ingest.parcel import Parcel, moved

#: One read of the socket takes at most this much. [bytes]
READ_BYTES: Final = 1 << 20
#: Largest packet that a broker may send us: a payload of 16 MiB, its topic and its properties. [bytes]
PACKET_BYTES: Final = (16 << 20) + (128 << 10)

_MESSAGES_AT_ONCE: Final = 8_192
_PUBACK: Final = np.dtype([("kind", ">u1"), ("remaining", ">u1"), ("packet_id", ">u2")])
_PUBACK_KIND: Final = 0x40
_PUBACK_REMAINING: Final = 2  # reason code and properties left out: Success


class Reply(NamedTuple):
    """Where and under which word a message is answered: MQTT 5's Response Topic and Correlation Data."""

    topic: str
    correlation: bytes


class PacketReader:
    """Cut a stream of bytes into MQTT packets.

    The socket writes into `space`, `note` is told how much, then `take` returns the packets that are whole. The buffer
    grows to hold one packet that is larger than a read, and shrinks again after it.
    """

    def __init__(self) -> None:
        self._buffer = bytearray(READ_BYTES)
        self._filled = 0
        self._table = np.empty((_MESSAGES_AT_ONCE, COLUMNS), np.int64)

    def space(self) -> memoryview:
        """Return where the next bytes go; never empty."""
        if self._filled == len(self._buffer):
            self._resize(min(2 * len(self._buffer), PACKET_BYTES + READ_BYTES))
        return memoryview(self._buffer)[self._filled :]

    def note(self, byte_count: int) -> None:
        """Note that so many bytes were written into `space`."""
        self._filled += byte_count

    def take(self) -> list[Parcel | mqtt5.Packet]:
        """Return what is whole now, in its order: plain messages as parcels of no origin yet.

        Raises
        ------
        RetryableError
            ``broker_protocol_error`` when the bytes are not MQTT 5: only a new connection can help.
        """
        found: list[Parcel | mqtt5.Packet] = []
        view = memoryview(self._buffer)[: self._filled]
        after, reason = 0, FULL
        try:
            while reason != INCOMPLETE:
                first = after
                count, after, reason = cut(np.frombuffer(view, np.uint8), first, self._table)
                if count:
                    found.append(Parcel(bytes(view[first:after]), moved(self._table[:count], -first), ()))
                if reason == OTHER:
                    packet, size = mqtt5.read(view[after:])
                    found.append(packet)
                    after += size
        except IndexError:  # the codec's word for "the rest has not come yet"
            reason = INCOMPLETE
        except ValueError as error:
            raise RetryableError("broker_protocol_error", f"The broker sent what is not MQTT 5: {error}.") from error
        self._require_room(self._filled - after)
        self._keep(after)
        return found

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


def encode_acknowledgements(packet_ids: Sequence[int] | npt.NDArray[np.int64]) -> bytes:
    """Return the PUBACK packets, Success, for `packet_ids`, in their order."""
    packets = np.empty(len(packet_ids), _PUBACK)
    packets["kind"] = _PUBACK_KIND
    packets["remaining"] = _PUBACK_REMAINING
    packets["packet_id"] = packet_ids
    return packets.tobytes()
