"""End another client's connection: MQTT gives a client identifier to whoever came last."""

import asyncio
from typing import Final

import mqtt5

from core.broker_address import BrokerAddress
from core.errors import RetryableError
from ingest.connection import Connection
from ingest.session import why

_WITHIN_S: Final = 10.0


async def evict(address: BrokerAddress, client_id: str) -> None:
    """Take over a client's session, which ends its connection, and leave without keeping the session.

    Parameters
    ----------
    address : BrokerAddress
        The broker, on a listener where client identifiers are free.
    client_id : str
        Whose connection to end; what waits for it at the broker is dropped.

    Raises
    ------
    RetryableError
        ``broker_unavailable``.
    ConfigurationError
        When the broker does not let us in.
    """
    password = address.password
    packet = mqtt5.ConnectPacket(
        client_id,
        username=address.username,
        password=None if password is None else password.encode(),
        clean_start=True,
    )
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_WITHIN_S):
            _, connection = await loop.create_connection(
                lambda: Connection(lambda _parcel: None), address.host, address.port, ssl=address.tls()
            )
            try:
                await connection.open(packet)
            finally:
                connection.disconnect()
    except (OSError, TimeoutError) as error:
        raise RetryableError("broker_unavailable", f"The broker cannot be reached: {why(error)}") from error
