"""Clients of the OpenADR VTN, made and ended by whoever owns the database."""

from core.clock import WALL_CLOCK
from db import audit, openadr_clients
from db.connection import Role, connect
from db.openadr_clients import Client


async def make_client(database_url: str, name: str, role: str, scopes: list[str] | None) -> tuple[Client, str]:
    """Make a client; return it and its secret, which is not kept."""
    async with await connect(database_url, Role.OWNER) as connection:
        client, secret = await openadr_clients.create_client(connection, name, role, scopes)
        facts = {"role": role, "scopes": client.scopes}
        await audit.record(
            connection,
            at=WALL_CLOCK.now(),
            actor="operator",
            action="openadr_client.created",
            subject=f"openadr_client/{client.client_id}",
            facts=facts,
        )
        return client, secret


async def read_clients(database_url: str) -> list[Client]:
    """Return all clients."""
    async with await connect(database_url, Role.OWNER) as connection:
        return await openadr_clients.list_clients(connection)


async def end_client(database_url: str, client_id: str) -> None:
    """Revoke a client."""
    async with await connect(database_url, Role.OWNER) as connection:
        client = await openadr_clients.revoke_client(connection, client_id)
        await audit.record(
            connection,
            at=WALL_CLOCK.now(),
            actor="operator",
            action="openadr_client.revoked",
            subject=f"openadr_client/{client.client_id}",
            facts={"role": client.role},
        )
