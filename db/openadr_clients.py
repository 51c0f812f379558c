"""Clients of the OpenADR VTN and their short-lived tokens: made, found, listed and revoked."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from core.errors import InputError, NotFoundError
from db.access import hash_of
from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("openadr_clients")
_SECRET_BYTES: Final = 32

#: What clients of each role may be given, by the specification's names. `read_bl` is asked for by its operations and
#: left out of its list of scopes.
SCOPES: Final[dict[str, tuple[str, ...]]] = {
    "bl": ("read_all", "read_bl", "write_programs", "write_events", "write_subscriptions", "write_vens"),
    "ven": ("read_all", "read_targets", "read_ven_objects", "write_reports", "write_subscriptions", "write_vens"),
}


@dataclass(frozen=True, slots=True)
class Client:
    """Describe a client; its secret is shown once, when it is made, and not kept."""

    client_id: str
    name: str
    role: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Say who bears a token: client, role, scopes, its VEN object if any, and the targets that it was granted."""

    client_id: str
    role: str
    scopes: list[str]
    ven_id: str | None
    granted: list[str]


async def create_client(
    connection: Connection, name: str, role: str, scopes: Iterable[str] | None = None
) -> tuple[Client, str]:
    """Make a client and return it with its secret, which cannot be had again.

    Parameters
    ----------
    connection : Connection
        Of the owner; committed by the caller.
    name : str
        Whose it is.
    role : str
        Key of `SCOPES`.
    scopes : iterable of str, optional
        Of those of the role; all when left out.

    Raises
    ------
    InputError
        ``openadr_role_unknown`` or ``openadr_scope_unknown``.
    """
    if role not in SCOPES:
        raise InputError("openadr_role_unknown", f"Not a role: {role}. There are {', '.join(SCOPES)}.")
    wanted = sorted(set(scopes)) if scopes else list(SCOPES[role])
    unknown = [scope for scope in wanted if scope not in SCOPES[role]]
    if unknown:
        message = f"Not for {role}: {', '.join(unknown)}. There are {', '.join(SCOPES[role])}."
        raise InputError("openadr_scope_unknown", message)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    parameters = {
        "client_id": f"{role}-{uuid4()}",
        "name": name,
        "secret_sha256": hash_of(secret),
        "role": role,
        "scopes": wanted,
    }
    (client,) = await all_rows(connection, Client, _SQL["create_client"], parameters)
    return client, secret


async def list_clients(connection: Connection) -> list[Client]:
    """Return all clients, oldest first, the revoked ones too."""
    return await all_rows(connection, Client, _SQL["list_clients"])


async def revoke_client(connection: Connection, client_id: str) -> Client:
    """End a client and its tokens from now on; ending it twice changes nothing. Committed by the caller.

    Raises
    ------
    NotFoundError
        ``openadr_client_unknown``.
    """
    client = await one_row(connection, Client, _SQL["revoke_client"], {"client_id": client_id})
    if client is None:
        raise NotFoundError("openadr_client_unknown", f"There is no OpenADR client {client_id}.", client_id=client_id)
    return client


async def client_with_secret(connection: Connection, client_id: str, secret: str) -> Client | None:
    """Return the client with this secret, or None when there is none, or it is revoked."""
    parameters = {"client_id": client_id, "secret_sha256": hash_of(secret)}
    return await one_row(connection, Client, _SQL["client_with_secret"], parameters)


async def create_token(connection: Connection, client_id: str, scopes: Iterable[str], *, life_s: float) -> str:
    """Make a token of a client and return it; only its hash is kept. Tokens that ended are removed.

    Parameters
    ----------
    connection : Connection
        In the role that computes; committed by the caller.
    client_id : str
        Client.
    scopes : iterable of str
        What it may do.
    life_s : float
        How long it is accepted, by the wall clock. [s]
    """
    token = secrets.token_urlsafe(_SECRET_BYTES)
    values = {"token_sha256": hash_of(token), "client_id": client_id, "scopes": list(scopes), "life_s": life_s}
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(_SQL["delete_ended_tokens"])
        await cursor.execute(_SQL["insert_token"], values)
    return token


async def bearer_of(connection: Connection, token: str) -> Bearer | None:
    """Return who bears a token, or None when it is unknown or ended, or its client revoked."""
    return await one_row(connection, Bearer, _SQL["bearer_of"], {"token_sha256": hash_of(token)})
