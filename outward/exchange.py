"""One HTTP exchange with a stranger: to an address that was checked, bounded in time and size, redirected nowhere."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import h11

from core.public_addresses import is_public
from outward.addresses import Address, Faults

#: What may come beside the body: heads, and whatever is said before the answer. [bytes]
_BESIDE: Final = 65_536
_READ_BYTES: Final = 65_536

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold a request, and how much of the answer is wanted.

    Attributes
    ----------
    method : str
        ``GET`` or ``POST``.
    headers : sequence of pairs
        Besides ``Host``, ``Connection``, ``User-Agent`` and ``Content-Length``.
    body : bytes
        What is sent.
    most_bytes : int
        Of the answer's body; 0: its head is enough.
    is_cut : bool
        Whether the beginning of a longer body is enough; where it is not, a longer one is refused.
    """

    method: str
    headers: Headers = ()
    body: bytes = b""
    most_bytes: int = 0
    is_cut: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; names of headers are in small letters."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


async def exchange(
    address: Address,
    addresses: Sequence[str],
    asked: Asked,
    faults: Faults,
    *,
    tls: ssl.SSLContext,
    may_be_private: bool = False,
) -> Answer:
    """Send a request to the first address that takes a connection, and return what comes back.

    Parameters
    ----------
    address : Address
        Whom to ask; its name is what the certificate has to be for, whatever the address.
    addresses : sequence of str
        Addresses of its host that were checked. The name is not looked up again.
    asked : Asked
        The request.
    faults : Faults
        What is told where it fails. How long it may take is the caller's to limit.
    tls : SSLContext
        Whom to believe.
    may_be_private : bool
        Whether the peer may be at an address that is not public.
    """
    reader, writer = await _connect(address, addresses, tls, faults)
    try:
        peer = writer.get_extra_info("peername")
        if not may_be_private and not (peer and is_public(str(peer[0]))):
            raise faults.not_public()
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_BESIDE // 2)
        writer.write(_request(connection, address, asked))
        await writer.drain()
        return await _read(connection, reader, asked, faults)
    except (OSError, h11.ProtocolError) as error:
        raise faults.unreachable(str(error) or type(error).__name__) from error
    finally:
        writer.transport.abort()  # a peer that does not read is not waited for


async def _connect(
    address: Address, addresses: Sequence[str], tls: ssl.SSLContext, faults: Faults
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    fault = "it has no address"
    for one in addresses:
        try:
            if address.is_tls:
                return await asyncio.open_connection(one, address.port, ssl=tls, server_hostname=address.host)
            return await asyncio.open_connection(one, address.port)
        except OSError as error:  # ssl.SSLError and ssl.CertificateError are among them
            fault = str(error) or type(error).__name__
    raise faults.unreachable(fault)


def _request(connection: h11.Connection, address: Address, asked: Asked) -> bytes:
    known = [("Host", address.authority), ("Connection", "close"), ("User-Agent", "somel"), *asked.headers]
    if asked.body:
        known.append(("Content-Length", str(len(asked.body))))
    head = connection.send(h11.Request(method=asked.method, target=address.target, headers=known)) or b""
    content = (connection.send(h11.Data(data=asked.body)) or b"") if asked.body else b""
    return head + content + (connection.send(h11.EndOfMessage()) or b"")


async def _read(connection: h11.Connection, reader: asyncio.StreamReader, asked: Asked, faults: Faults) -> Answer:
    status, headers, body, read_count = 0, dict[str, str](), bytearray(), 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            piece = await reader.read(_READ_BYTES)
            read_count += len(piece)
            if read_count > asked.most_bytes + _BESIDE:
                raise faults.too_long(asked.most_bytes)
            connection.receive_data(piece)
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += event.data
        is_whole = isinstance(event, h11.EndOfMessage)
        if len(body) > asked.most_bytes > 0 and not asked.is_cut:
            raise faults.too_long(asked.most_bytes)
        is_enough = asked.is_cut and len(body) >= asked.most_bytes
        if status and (is_whole or is_enough):
            return Answer(status, bytes(body[: asked.most_bytes]), headers)
