"""From the bytes of a Linky's customer port to groups whose checksums have been looked at.

A frame is STX, groups, ETX. A group is LF, label, separator, [horodate, separator,] data, separator, checksum, CR. The
checksum may be a space and the data may end in spaces, so nothing is ever split at blanks, nor stripped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.errors import InputError
from ingest.decode.tic_labels import Mode

_STX: Final = re.compile(rb"(?:([0-9]{1,12})\r?\n)?\x02")
_ENDS: Final = re.compile(rb"[\x02\x03\x04]")
_MASKED: Final = bytes(byte & 0x7F for byte in range(256))
_EVEN: Final = bytes(byte for byte in range(256) if byte.bit_count() % 2 == 0)
#: A label, a separator, data of no length, a separator and a checksum.
_SHORTEST: Final = 4


@dataclass(frozen=True, slots=True)
class Group:
    """One group as it was written.

    Attributes
    ----------
    mode : Mode
        By its separator.
    label, data : bytes
        As written.
    horodate : bytes or None
        The time before the data.
    is_intact : bool
        Whether the checksum holds.
    """

    mode: Mode
    label: bytes
    horodate: bytes | None
    data: bytes
    is_intact: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood between STX and ETX, in the order written.

    Attributes
    ----------
    read_s : int or None
        When the gateway read it, if it says so, UTC epoch. [s]
    groups : list of Group
        Groups, also those whose checksum does not hold.
    broken : int
        Pieces that have not the form of a group.
    """

    read_s: int | None
    groups: list[Group]
    broken: int


def checksum(text: bytes) -> int:
    """Return the byte that ends a group: six bits of the sum, made printable.

    Examples
    --------
    >>> chr(checksum(b"PAPP 00000"))
    '!'
    """
    return (sum(text) & 0x3F) + 0x20


def read_group(body: bytes) -> Group | None:
    """Read what stood between LF and CR; None when it has not the form of a group."""
    if len(body) < _SHORTEST:
        return None
    label, horodate, data, separator = body[:-2], None, b"", body[-2:-1]
    if separator == b"\t":
        label, *parts = body[:-2].split(b"\t")
        if len(parts) not in (1, 2):
            return None
        horodate, data = (parts[0] if len(parts) == 2 else None), parts[-1]  # noqa: PLR2004 - horodate and data
        return Group(Mode.STANDARD, label, horodate, data, checksum(body[:-1]) == body[-1])
    label, found, data = body[:-2].partition(b" ")
    if separator != b" " or not found:
        return None
    return Group(Mode.HISTORIC, label, None, data, checksum(body[:-2]) == body[-1])


def _frame(read_s: bytes | None, content: bytes) -> Frame:
    groups: list[Group] = []
    broken = 0
    for piece in content.split(b"\r"):
        before, _, body = piece.rpartition(b"\n")
        group = read_group(body)
        if group is not None:
            groups.append(group)
        broken += bool(before) + (group is None and bool(body))
    return Frame(None if read_s is None else int(read_s), groups, broken)


def without_parity(payload: bytes) -> bytes:
    """Return seven bits a byte, where every byte carries the even parity of the wire; else the bytes as they are."""
    return payload.translate(_MASKED) if not payload.translate(None, _EVEN) else payload


def read_frames(payload: bytes) -> Iterator[Frame]:
    """Yield the frames of a payload, cut ones too; what stands between frames is noise.

    Raises
    ------
    InputError
        ``payload_malformed`` when there is no frame in it.
    """
    content = without_parity(payload)
    begin = _STX.search(content)
    if begin is None:
        raise InputError("payload_malformed", "The payload holds no frame: there is no STX (0x02) in it.")
    while begin is not None:
        end = _ENDS.search(content, begin.end())
        yield _frame(begin[1], content[begin.end() : end.start() if end else len(content)])
        begin = _STX.search(content, end.start()) if end else None
