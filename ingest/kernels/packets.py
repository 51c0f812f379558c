"""Cut what a broker sent into PUBLISH packets without making an object for one."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.compiling import jitted, kernel

#: Columns of a table of messages: places in the bytes, the packet id, where it
#: came from, when it was received [epoch s], and whether the broker had kept it.
TOPIC, TOPIC_END, TYPE, TYPE_END, PAYLOAD, PAYLOAD_END, PACKET_ID, ORIGIN, RECEIVED, RETAINED = range(10)
COLUMNS: Final = 10

#: Why `cut` came to an end: the rest has not come yet; a packet of another kind follows; the table is full.
INCOMPLETE: Final = 0
OTHER: Final = 1
FULL: Final = 2

_PUBLISH_QOS_1, _NOT_DUP = 0x32, 0xF7
_LENGTH_BYTES, _MORE, _SEVEN_BITS = 4, 0x80, 0x7F
_FORMAT, _EXPIRY, _CONTENT_TYPE, _USER_PROPERTY = 0x01, 0x02, 0x03, 0x26
_FIRST_GRAPHIC, _LAST_GRAPHIC = 0x20, 0x7E


@jitted
def _variable(data: npt.NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Return a variable byte integer and the place after it; -1 when it is not complete, -2 when it is too long."""
    value = 0
    for index in range(_LENGTH_BYTES):
        if at >= end:
            return 0, -1
        byte = int(np.int64(data[at]))
        at += 1
        value |= (byte & _SEVEN_BITS) << (7 * index)
        if not byte & _MORE:
            return value, at
    return 0, -2


@jitted
def _text(data: npt.NDArray[np.uint8], at: int, end: int) -> int:
    """Return the place after a text with its length before it, or -1 when it has not room."""
    if at + 2 > end:
        return -1
    after = at + 2 + (int(np.int64(data[at])) << 8 | int(np.int64(data[at + 1])))
    return after if after <= end else -1


@jitted
def _is_plain(data: npt.NDArray[np.uint8], first: int, after: int) -> bool:
    """Tell whether a text is not empty and of printable ASCII; others are left to the codec to judge."""
    for at in range(first, after):
        if not _FIRST_GRAPHIC <= data[at] <= _LAST_GRAPHIC:
            return False
    return after > first


@jitted
def _properties(data: npt.NDArray[np.uint8], at: int, end: int) -> tuple[int, int, bool]:
    """Return where the content type stands, -1 for none, and whether all properties are of the plain kind."""
    first = after = -1
    while at < end:
        kind = data[at]
        at += 1
        if kind == _CONTENT_TYPE and first < 0:
            first, after = at + 2, _text(data, at, end)
            if after < 0 or not _is_plain(data, first, after):
                return -1, -1, False
            at = after
        elif kind == _FORMAT:
            at += 1
        elif kind == _EXPIRY:
            at += 4
        elif kind == _USER_PROPERTY:
            at = _text(data, at, end)
            at = _text(data, at, end) if at >= 0 else -1
            if at < 0:
                return -1, -1, False
        else:
            return -1, -1, False
    return first, after, at == end


@jitted
def _publication(data: npt.NDArray[np.uint8], at: int, end: int, row: npt.NDArray[np.int64]) -> bool:
    """Fill a row from what follows a PUBLISH's fixed header; False when it is not of the plain kind."""
    topic_end = _text(data, at, end)
    if topic_end < 0 or topic_end + 2 > end or not _is_plain(data, at + 2, topic_end):
        return False
    packet_id = int(np.int64(data[topic_end])) << 8 | int(np.int64(data[topic_end + 1]))
    size, first = _variable(data, topic_end + 2, end)
    if packet_id == 0 or first < 0 or first + size > end:
        return False
    type_first, type_end, plain = _properties(data, first, first + size)
    row[TOPIC], row[TOPIC_END], row[TYPE], row[TYPE_END] = at + 2, topic_end, type_first, type_end
    row[PAYLOAD], row[PAYLOAD_END], row[PACKET_ID] = first + size, end, packet_id
    row[ORIGIN] = row[RECEIVED] = row[RETAINED] = 0
    return plain


@kernel
def cut(data: npt.NDArray[np.uint8], at: int, table: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    """Fill a row for each PUBLISH of QoS 1, not retained, with plain properties, until something else comes.

    Parameters
    ----------
    data : ndarray, shape (byte,), uint8
        Bytes of the connection.
    at : int
        Place where a packet begins.
    table : ndarray, shape (row, COLUMNS), int64
        Filled.

    Returns
    -------
    tuple of int
        Rows filled, the place after the last packet that was read, and INCOMPLETE, OTHER or FULL.

    Notes
    -----
    Topics and content types outside printable ASCII, packets that break a rule and all other packets are OTHER: the
    codec reads them, or says what is wrong with them.
    """
    size = data.size
    for row in range(len(table)):
        if at >= size:
            return row, at, INCOMPLETE
        if data[at] & _NOT_DUP != _PUBLISH_QOS_1:
            return row, at, OTHER
        remaining, first = _variable(data, at + 1, size)
        if first == -1 or first + remaining > size:
            return row, at, INCOMPLETE
        if first < 0 or not _publication(data, first, first + remaining, table[row]):
            return row, at, OTHER
        at = first + remaining
    return len(table), at, FULL
