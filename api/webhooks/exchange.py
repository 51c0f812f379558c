"""One HTTP exchange with a stranger: to an address that was checked, bounded in time and size, redirected nowhere."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import h11

from api.webhooks.addresses import Callback
from core.errors import InputError, RetryableError
from core.public_addresses import is_public

#: Of an answer no more is looked at. [bytes]
MOST_BYTES: Final = 4_096
#: Nor more read, whatever comes before it. [bytes]
_MOST_READ: Final = 65_536
_READ_BYTES: Final = 8_192

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its status and, to a ``GET``, the beginning of the body."""

    status: int
    body: bytes


async def exchange(
    callback: Callback,
    addresses: Sequence[str],
    *,
    method: str,
    headers: Headers = (),
    body: bytes = b"",
    tls: ssl.SSLContext,
    is_development: bool = False,
) -> Answer:
    """Send a request to the first address that takes a connection, and return what comes back.

    Parameters
    ----------
    callback : Callback
        Whom to ask; its name is what the certificate has to be for, whatever the address.
    addresses : sequence of str
        Addresses of its host that were checked. The name is not looked up again.
    method : str
        ``GET`` or ``POST``.
    headers : sequence of pairs
        Besides ``Host``, ``Connection`` and ``Content-Length``.
    body : bytes
        What is sent.
    tls : SSLContext
        Whom to believe.
    is_development : bool
        Whether the peer may be at an address that is not public.

    Raises
    ------
    RetryableError
        ``callback_unreachable``. How long it may take is the caller's to limit.
    """
    reader, writer = await _connect(callback, addresses, tls)
    try:
        peer = writer.get_extra_info("peername")
        if not is_development and not (peer and is_public(str(peer[0]))):
            raise InputError("callback_not_public", "The callback's host is not at a public address.")
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_READ // 2)
        writer.write(_request(connection, callback, method, headers, body))
        await writer.drain()
        return await _read(connection, reader, wants_body=method == "GET")
    except (OSError, h11.ProtocolError) as error:
        raise unreachable(str(error) or type(error).__name__) from error
    finally:
        writer.transport.abort()  # a peer that does not read is not waited for


async def _connect(
    callback: Callback, addresses: Sequence[str], tls: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    fault = "it has no address"
    for address in addresses:
        try:
            if callback.is_tls:
                return await asyncio.open_connection(address, callback.port, ssl=tls, server_hostname=callback.host)
            return await asyncio.open_connection(address, callback.port)
        except OSError as error:  # ssl.SSLError and ssl.CertificateError are among them
            fault = str(error) or type(error).__name__
    raise unreachable(fault)


def _request(connection: h11.Connection, callback: Callback, method: str, headers: Headers, body: bytes) -> bytes:
    known = [("Host", callback.authority), ("Connection", "close"), ("User-Agent", "somel"), *headers]
    if body:
        known.append(("Content-Length", str(len(body))))
    head = connection.send(h11.Request(method=method, target=callback.target, headers=known)) or b""
    content = (connection.send(h11.Data(data=body)) or b"") if body else b""
    return head + content + (connection.send(h11.EndOfMessage()) or b"")


async def _read(connection: h11.Connection, reader: asyncio.StreamReader, *, wants_body: bool) -> Answer:
    status, body, read_count = 0, bytearray(), 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            piece = await reader.read(_READ_BYTES)
            read_count += len(piece)
            if read_count > _MOST_READ:
                raise unreachable("its answer is too long")
            connection.receive_data(piece)
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
        if status and (not wants_body or len(body) >= MOST_BYTES or isinstance(event, h11.EndOfMessage)):
            return Answer(status, bytes(body[:MOST_BYTES]))


def unreachable(why: str) -> RetryableError:
    """Return the error of a callback that did not answer as a server does."""
    return RetryableError("callback_unreachable", f"The callback did not answer: {why[:200]}.")
