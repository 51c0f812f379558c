"""How much waits at the broker, as far as it tells."""

import asyncio
import secrets
from typing import Final

import mqtt5

from core.broker_address import BrokerAddress
from core.errors import PlatformError
from ingest.connection import Connection
from ingest.parcel import Parcel

#: Mosquitto's count of messages that it holds: queued for sessions, in flight, and retained.
_HELD: Final = "$SYS/broker/store/messages/count"
_WITHIN_S: Final = 3.0


async def broker_backlog(url: str) -> int | None:
    """Return the messages that the broker holds, retained ones included; None when it does not tell.

    Parameters
    ----------
    url : str
        Broker, ``mqtt://[user:password@]host:port``.
    """
    address = BrokerAddress.parse(url)
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def take(messages: Parcel) -> None:
        text = messages[-1].payload.decode(errors="replace")
        if text.isdecimal() and not told.done():
            told.set_result(int(text))

    try:
        async with asyncio.timeout(_WITHIN_S):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(take), address.host, address.port, ssl=address.tls()
            )
            try:
                await connection.open(_connect_packet(address))
                await connection.subscribe(_HELD)
                return await told
            finally:
                connection.disconnect()
    except (PlatformError, OSError, TimeoutError):
        return None


def _connect_packet(address: BrokerAddress) -> mqtt5.ConnectPacket:
    return mqtt5.ConnectPacket(
        f"ingest-status-{secrets.token_hex(4)}",
        username=address.username,
        password=None if address.password is None else address.password.encode(),
        clean_start=True,
    )
