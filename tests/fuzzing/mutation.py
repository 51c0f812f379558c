"""A seeded mutator: payloads near to good ones, with the words of all formats, and checksums put right again."""

import random
import re
from collections.abc import Callable, Sequence

_INTERESTING = [0, 1, 2, 3, 9, 10, 13, 0x20, 0x3F, 0x5F, 0x7F, 0x80, 0xA0, 0xBF, 0xC0, 0xF6, 0xF9, 0xFB, 0xFF]
_WORDS = [
    *(b"null", b"true", b"1e999", b"-1", b"0", b"9" * 25, b"1.5e300", b"NaN", b'"', b"{}", b"[]", b"[[", b"\\u0000"),
    *(
        b"\xf9\x7e\x00",
        b"\xfb\x7f\xf0" + bytes(6),
        b"\x1b" + b"\xff" * 8,
        b"\x9b\x7f",
        b"\xd8\x46",
        b"\xc2\x49",
        b"\xff",
    ),
    *(b"\x02", b"\x03", b"\n", b"\r", b"\t", b" ", b"E260601140000", b"e991231235959", b"EAST", b"CCASN", b"CCASN-1"),
    *(b"import_wh", b"power_w", b"voltage_v", b"m-000001", b"021976000001", b"missing", b"bad", b"step_s"),
    *(
        b'"v":',
        b'"t":',
        b'"bn":',
        b'"bt":',
        b'"u":"kWh"',
        b'"vs":',
        b"urn:dev:ops:",
        b'"n":"',
        b"\x08\x15",
        b"\x12\x07",
    ),
]
_GROUP = re.compile(rb"\n([^\n\r]{2,150})([\t ])[^\n\r]\r")


def _flip(random_: random.Random, payload: bytearray) -> None:
    place = random_.randrange(len(payload))
    payload[place] ^= 1 << random_.randrange(8)


def _replace(random_: random.Random, payload: bytearray) -> None:
    payload[random_.randrange(len(payload))] = random_.choice(_INTERESTING)


def _cut(random_: random.Random, payload: bytearray) -> None:
    first = random_.randrange(len(payload))
    del payload[first : first + random_.randrange(1, 9)]


def _end(random_: random.Random, payload: bytearray) -> None:
    del payload[random_.randrange(len(payload)) :]


def _repeat(random_: random.Random, payload: bytearray) -> None:
    first = random_.randrange(len(payload))
    part = payload[first : first + random_.randrange(1, 64)]
    payload[first:first] = part * random_.choice((1, 1, 2, 8))


def _say(random_: random.Random, payload: bytearray) -> None:
    first = random_.randrange(len(payload))
    payload[first : first + random_.choice((0, 0, 1, 4, 8))] = random_.choice(_WORDS)


def _number(random_: random.Random, payload: bytearray) -> None:
    digits = list(re.finditer(rb"[0-9]+", payload))
    if digits:
        found = random_.choice(digits)
        payload[found.start() : found.end()] = str(random_.getrandbits(random_.choice((4, 31, 33, 64)))).encode()


MUTATIONS: Sequence[Callable[[random.Random, bytearray], None]] = (
    _flip, _flip, _replace, _cut, _end, _repeat, _say, _say, _number,
)  # fmt: skip


def with_checksums(payload: bytes) -> bytes:
    """Return a payload whose groups all have the checksum that a Linky would give them."""

    def mended(found: re.Match[bytes]) -> bytes:
        core, separator = found.groups()
        summed = core + separator if separator == b"\t" else core
        return b"\n" + core + separator + bytes([(sum(summed) & 0x3F) + 0x20]) + b"\r"

    return _GROUP.sub(mended, payload)


def mutate(random_: random.Random, payload: bytes, other: bytes) -> bytes:
    """Return a payload made of a good one by one to five changes; now and then its end is that of another."""
    changed = bytearray(payload)
    if random_.random() < 0.1:
        changed[random_.randrange(len(changed) + 1) :] = other[random_.randrange(len(other) + 1) :]
    for _ in range(random_.choice((1, 1, 1, 2, 3, 5))):
        if changed:
            random_.choice(MUTATIONS)(random_, changed)
    made = bytes(changed)
    return with_checksums(made) if made[:1] == b"\x02" and random_.random() < 0.7 else made
