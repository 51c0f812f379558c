"""Keys of the Enjoy API: made, found by their secret, listed and revoked."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import InputError, InvariantError, NotFoundError
from db.access import hash_of
from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row
from db.statements import statements

_SQL: Final = statements("keys")

SECRET_PREFIX: Final = "enjoy_"  # noqa: S105 - what every secret begins with, so that leaked ones are recognised
_SECRET_BYTES: Final = 32

#: What a key may do, with a sentence for people.
SCOPES: Final[dict[str, str]] = {
    "read:data": "Read what is shared with the organisation, beside what is open",
    "write:data": "Write and delete records of the organisation's datasets",
    "manage:datasets": "Declare datasets, change and share them, open versions",
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Describe a key; its secret is shown once, when it is made, and not kept."""

    api_key_id: int
    name: str
    organisation_id: int
    organisation_name: str
    scopes: list[str]
    is_sandbox: bool
    created_at: datetime
    expires_at: datetime | None


async def create_key(
    connection: Connection,
    name: str,
    scopes: Iterable[str],
    *,
    organisation_id: int,
    is_sandbox: bool = False,
    expires_at: datetime | None = None,
) -> tuple[int, str]:
    """Make a key; return its number and its secret, which cannot be had again.

    Raises
    ------
    InputError
        ``scope_unknown``.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        message = f"Scopes are {', '.join(SCOPES)}; at least one is needed."
        raise InputError("scope_unknown", message, scopes=unknown)
    secret = SECRET_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    number = await one_integer(
        connection,
        _SQL["insert_key"],
        {
            "organisation_id": organisation_id,
            "name": name,
            "secret_sha256": hash_of(secret),
            "scopes": wanted,
            "is_sandbox": is_sandbox,
            "expires_at": expires_at,
        },
    )
    if number is None:
        raise InvariantError("row_not_stored", "A row was stored and not returned.")
    return number, secret


async def find_key(connection: Connection, secret: str) -> ApiKey | None:
    """Return the key that a secret belongs to, or None where it is unknown, expired or revoked."""
    return await one_row(connection, ApiKey, _SQL["find_key"], {"secret_sha256": hash_of(secret)})


async def list_keys(connection: Connection, organisation: str) -> list[ApiKey]:
    """Return the keys of an organisation that are not revoked."""
    return await all_rows(connection, ApiKey, _SQL["list_keys"], {"organisation": organisation})


async def revoke_key(connection: Connection, api_key_id: int) -> None:
    """Revoke a key for good.

    Raises
    ------
    NotFoundError
        ``api_key_unknown``.
    """
    async with translated_errors():
        cursor = await connection.execute(_SQL["revoke_key"], {"api_key_id": api_key_id})
    if not cursor.rowcount:
        raise NotFoundError(
            "api_key_unknown", f"There is no key {api_key_id} that is not revoked.", api_key_id=api_key_id
        )
