"""Messages as they came, many at a time: their bytes in one piece, and a table of what stands where."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, overload

import numpy as np
import numpy.typing as npt

from ingest.kernels.names import split_levels
from ingest.kernels.packets import (
    COLUMNS,
    ORIGIN,
    PACKET_ID,
    PAYLOAD,
    PAYLOAD_END,
    RECEIVED,
    TOPIC,
    TOPIC_END,
    TYPE,
    TYPE_END,
)

Table = npt.NDArray[np.int64]

#: What a message weighs besides its payload: topic, packet, and its row. [bytes]
_OVERHEAD_BYTES: Final = 200
_PLACES: Final = slice(TOPIC, PAYLOAD_END + 1)


class Origin(Protocol):
    """Where messages came from, and are acknowledged."""

    def acknowledge(self, packet_ids: Sequence[int] | npt.NDArray[np.int64]) -> None:
        """Send the acknowledgements, if that still makes sense."""


class Message(NamedTuple):
    """One message as it came; `connection` is the only one on which `packet_id` means it; `received_s` is epoch s.

    `is_retained` says that the broker had kept it and gave it for subscribing: it may be old.
    """

    topic: str
    content_type: str | None
    payload: bytes
    packet_id: int | None
    connection: Origin
    received_s: int
    is_retained: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Parcel(Sequence[Message]):
    """Messages in the order received; each becomes an object only when it is asked for.

    Attributes
    ----------
    data : bytes
        Their topics, content types and payloads, with gaps.
    table : ndarray, shape (message, COLUMNS), int64
        First byte and the one after the last of topic, content type (-1: none) and payload; packet id, 0 for none;
        position of the connection in `origins`; time of receipt, epoch s; whether the broker had kept it.
    origins : tuple of Origin
        The connections that they came on.
    """

    data: bytes
    table: Table
    origins: tuple[Origin, ...]

    @classmethod
    def of(cls, messages: Iterable[Message]) -> "Parcel":
        """Return messages that are objects already."""
        pieces: list[bytes] = []
        rows: list[list[int]] = []
        origins: dict[int, tuple[int, Origin]] = {}
        at = 0
        for message in messages:
            row = []
            for text in (message.topic.encode(), message.content_type, message.payload):
                piece = text.encode() if isinstance(text, str) else text
                row += [-1, -1] if piece is None else [at, at + len(piece)]
                pieces.append(piece or b"")
                at += len(pieces[-1])
            origin, _ = origins.setdefault(id(message.connection), (len(origins), message.connection))
            rows.append([*row, message.packet_id or 0, origin, message.received_s, message.is_retained])
        table = np.array(rows, np.int64).reshape(-1, COLUMNS)
        return cls(b"".join(pieces), table, tuple(origin for _, origin in origins.values()))

    @classmethod
    def join(cls, parcels: Sequence["Parcel"]) -> "Parcel":
        """Return all messages of one or more parcels, in their order."""
        if len(parcels) == 1:
            return parcels[0]
        origins: dict[int, tuple[int, Origin]] = {}
        tables = []
        at = 0
        for parcel in parcels:
            numbers = [origins.setdefault(id(origin), (len(origins), origin))[0] for origin in parcel.origins]
            table = moved(parcel.table, at)
            table[:, ORIGIN] = np.array(numbers, np.int64)[table[:, ORIGIN]]
            tables.append(table)
            at += len(parcel.data)
        data = b"".join([parcel.data for parcel in parcels])
        return cls(data, np.concatenate(tables), tuple(origin for _, origin in origins.values()))

    def __len__(self) -> int:
        return len(self.table)

    @overload
    def __getitem__(self, index: int) -> Message: ...

    @overload
    def __getitem__(self, index: slice) -> "Parcel": ...

    def __getitem__(self, index: int | slice) -> "Message | Parcel":
        """Return one message as an object, or some as a parcel that holds no others' bytes."""
        if isinstance(index, slice):
            table = self.table[index]
            first = int(table[:, TOPIC].min(initial=len(self.data)))
            after = int(table[:, PAYLOAD_END].max(initial=first))
            return Parcel(self.data[first:after], moved(table, -first), self.origins)
        topic, topic_end, kind, kind_end, payload, payload_end, packet_id, origin, at_s, kept = self.table[
            index
        ].tolist()
        return Message(
            self.data[topic:topic_end].decode(),
            None if kind < 0 else self.data[kind:kind_end].decode(),
            self.data[payload:payload_end],
            packet_id or None,
            self.origins[origin],
            at_s,
            bool(kept),
        )

    def stamp(self, received_s: int) -> None:
        """Note when they were received, epoch s."""
        self.table[:, RECEIVED] = received_s

    def topics(self) -> Iterator[bytes]:
        """Yield the topic of each message."""
        places = self.table[:, TOPIC : TOPIC_END + 1].tolist()
        return (self.data[first:after] for first, after in places)

    @property
    def array(self) -> npt.NDArray[np.uint8]:
        """`data` as kernels take it, not copied."""
        return np.frombuffer(self.data, np.uint8)

    def split_topics(self, head: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Return where the first `head` levels of each topic stand in `data`, and how many levels it has."""
        heads, levels = np.empty((len(self), 2), np.int64), np.empty(len(self), np.int32)
        split_levels(self.array, self.table[:, TOPIC:TYPE], head, heads, levels)
        return heads, levels

    def only(self, chosen: npt.NDArray[np.bool_]) -> "Parcel":
        """Return the messages chosen; they share the bytes."""
        return Parcel(self.data, self.table[chosen], self.origins)

    @property
    def weights(self) -> npt.NDArray[np.int64]:
        """What each message weighs. [bytes]."""
        weights: npt.NDArray[np.int64] = self.table[:, PAYLOAD_END] - self.table[:, PAYLOAD] + _OVERHEAD_BYTES
        return weights

    def acknowledge(self) -> None:
        """Send the acknowledgements, each on the connection that its message came on, in the order received."""
        for number, origin in enumerate(self.origins):
            packet_ids = self.table[self.table[:, ORIGIN] == number, PACKET_ID]
            packet_ids = packet_ids[packet_ids > 0]
            if len(packet_ids):
                origin.acknowledge(packet_ids)


def moved(table: Table, by: int) -> Table:
    """Return a table whose places stand further on."""
    moved = table.copy()
    moved[:, _PLACES] += by
    absent = table[:, TYPE] < 0
    moved[absent, TYPE] = moved[absent, TYPE_END] = -1
    return moved
