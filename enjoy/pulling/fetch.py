"""One look at a source: to a public address that was checked, bounded in time and size, conditional, few redirects.

The name is looked up once, and what was checked is what is called; the same holds for each redirect.
"""

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import h11

from core.errors import InputError, RetryableError
from core.public_addresses import is_public

#: Of an answer no more is read. [bytes]
MOST_BYTES: Final = 32 * 1024 * 1024
#: Remembered of all answers together, so that what has not changed need not be sent again. [bytes]
_MOST_REMEMBERED: Final = 64 * 1024 * 1024
_WITHIN_S: Final = 20.0
_MOST_REDIRECTS: Final = 3
_READ_BYTES: Final = 65_536
_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """Hold what a source says, and whether it says something else than when it was last asked."""

    body: bytes
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Fetcher:
    """Ask sources, and remember what they said for as long as it is the same.

    Parameters
    ----------
    is_development : bool, default False
        Whether sources may be at addresses that are not public.
    """

    def __init__(self, *, is_development: bool = False) -> None:
        self._is_development = is_development
        self._tls = ssl.create_default_context()
        self._remembered: OrderedDict[str, tuple[dict[str, str], bytes]] = OrderedDict()

    async def fetch(self, url: str) -> Fetched:
        """Return what a source says now.

        Raises
        ------
        InputError
            ``source_unfit``: the URL, or one that it redirects to, cannot be used.
        RetryableError
            ``source_unreachable`` or ``source_answer``.
        """
        known = self._remembered.get(url)
        conditions = [] if known is None else list(known[0].items())
        try:
            async with asyncio.timeout(_WITHIN_S):
                answer = await self._followed(url, conditions)
        except TimeoutError as error:
            raise _unreachable(f"no answer within {_WITHIN_S:.0f} s") from error
        if answer.status == HTTPStatus.NOT_MODIFIED and known is not None:
            self._remembered.move_to_end(url)
            return Fetched(known[1], is_new=False)
        if answer.status != HTTPStatus.OK:
            raise RetryableError("source_answer", f"The source answered {answer.status}.", status=answer.status)
        self._remember(url, answer)
        return Fetched(answer.body, is_new=known is None or known[1] != answer.body)

    def forget(self, url: str) -> None:
        """Forget what a source said: it could not be stored."""
        self._remembered.pop(url, None)

    def _remember(self, url: str, answer: _Answer) -> None:
        validators = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
        conditions = {asks: answer.headers[told] for told, asks in validators.items() if told in answer.headers}
        self._remembered[url] = (conditions, answer.body)
        self._remembered.move_to_end(url)
        while sum(len(body) for _, body in self._remembered.values()) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _followed(self, url: str, conditions: Sequence[tuple[str, str]]) -> _Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            parts = read_url(url)
            answer = await self._ask(parts, await self._addresses(parts), conditions)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url = urljoin(url, answer.headers["location"])
        raise RetryableError("source_answer", "The source redirects too often.")

    async def _addresses(self, parts: SplitResult) -> list[str]:
        wanted = (parts.hostname, parts.port or _PORTS[parts.scheme], socket.AF_UNSPEC, socket.SOCK_STREAM)
        try:
            found = await asyncio.get_running_loop().run_in_executor(None, socket.getaddrinfo, *wanted)
        except (OSError, UnicodeError) as error:
            raise _unreachable("its host is not known") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            self._check(address)
        return addresses

    def _check(self, address: str) -> None:
        if not self._is_development and not is_public(address):
            raise _unfit("its host is not at a public address")

    async def _ask(
        self, parts: SplitResult, addresses: Sequence[str], conditions: Sequence[tuple[str, str]]
    ) -> _Answer:
        writer = None
        try:
            reader, writer = await self._connect(parts, addresses)
            self._check(str(writer.get_extra_info("peername")[0]))
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_READ_BYTES)
            writer.write(_request(connection, parts, conditions))
            await writer.drain()
            return await _read(connection, reader)
        except (OSError, h11.ProtocolError) as error:
            raise _unreachable(str(error) or type(error).__name__) from error
        finally:
            if writer is not None:
                writer.transport.abort()

    async def _connect(
        self, parts: SplitResult, addresses: Sequence[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = parts.port or _PORTS[parts.scheme]
        secured = {"ssl": self._tls, "server_hostname": parts.hostname} if parts.scheme == "https" else {}
        fault = OSError("it has no address")
        for address in addresses:
            try:
                return await asyncio.open_connection(address, port, **secured)  # type: ignore[arg-type]  # as named
            except OSError as error:  # ssl.SSLError is one
                fault = error
        raise fault


def read_url(url: str) -> SplitResult:
    """Read the address of a source.

    Raises
    ------
    InputError
        ``source_unfit``.
    """
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise _unfit("it has characters that belong to no URL")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _PORTS and parts.hostname and parts.port != 0
    except ValueError as error:
        raise _unfit("it cannot be read") from error
    if not usable:
        raise _unfit("it has to begin with http:// or https://, and to name a host")
    if parts.username is not None or parts.password is not None:
        raise _unfit("it must not hold a user or a password")
    return parts


def _request(connection: h11.Connection, parts: SplitResult, conditions: Sequence[tuple[str, str]]) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [
        ("Host", parts.netloc),
        ("Connection", "close"),
        ("User-Agent", "somel-enjoy"),
        ("Accept", "application/json, */*;q=0.5"),
        ("Accept-Encoding", "identity"),
        *conditions,
    ]
    head = connection.send(h11.Request(method="GET", target=target, headers=headers)) or b""
    return head + (connection.send(h11.EndOfMessage()) or b"")


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> _Answer:
    status, headers, body = 0, dict[str, str](), bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST_BYTES:
                raise RetryableError("source_answer", f"The source's answer has more than {MOST_BYTES:,} bytes.")
        elif isinstance(event, h11.EndOfMessage):
            return _Answer(status, headers, bytes(body))


def _unfit(why: str) -> InputError:
    return InputError("source_unfit", f"The source cannot be used: {why}.")


def _unreachable(why: str) -> RetryableError:
    return RetryableError("source_unreachable", f"The source did not answer: {why[:200]}.")
