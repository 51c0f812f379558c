"""Requests of readers, read from their bytes where they are as nearly all are; others are left to a server of HTTP."""

import re
from dataclasses import dataclass
from typing import Final

from api.limits import LARGEST_BODY

ADDRESS: Final = "/enjoy/v1/reader/validations"
#: How the bytes of such a request begin.
BEGINNING: Final = f"POST {ADDRESS} HTTP/1.1\r\n".encode()
_LONGEST_HEAD: Final = 4_096
_END: Final = b"\r\n\r\n"
_HEADERS: Final = re.compile(rb"(?:[A-Za-z0-9-]+:[\x20-\x7e]*(?:\r\n|\Z))+")
#: Headers that change how a request has to be read or answered.
_UNUSUAL: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"content-encoding", b"trailer", b"origin"})
_LENGTH: Final = re.compile(rb"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """Hold what a reader sent: its secret and the content."""

    secret: str
    content: bytes


def read_plain(received: bytes) -> PlainRequest | None:
    """Return a request that is there as a whole, with nothing unusual in it and nothing behind it, or None."""
    head, end, content = received.partition(_END)
    if not end or len(head) > _LONGEST_HEAD or not head.startswith(BEGINNING):
        return None
    headers = _headers(head[len(BEGINNING) :])
    if headers is None or b"host" not in headers or not _UNUSUAL.isdisjoint(headers):
        return None
    length = headers.get(b"content-length", b"")
    if not _LENGTH.fullmatch(length) or int(length) != len(content) or len(content) > LARGEST_BODY:
        return None
    scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer" or headers.get(b"connection", b"keep-alive").lower() != b"keep-alive":
        return None
    return PlainRequest(secret.strip().decode("ascii"), content)


def _headers(lines: bytes) -> dict[bytes, bytes] | None:
    """Return headers by their names in lower case; None: one is there twice, or they are not as they should be."""
    if not _HEADERS.fullmatch(lines):
        return None
    headers: dict[bytes, bytes] = {}
    for line in lines.split(b"\r\n"):
        name, _, content = line.partition(b":")
        headers[name.lower()] = content.strip()
    return headers if len(headers) == lines.count(b"\r\n") + 1 else None
