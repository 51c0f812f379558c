"""Keys of the Enjoy API: made, found by their secret, listed and revoked."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.errors import InputError, NotFoundError
from db.access import hash_of
from db.connection import Connection, translated_errors
from db.rows import all_rows, one_integer, one_row, stored
from db.statements import statements

_SQL: Final = statements("keys")

SECRET_PREFIX: Final = "enjoy_"  # noqa: S105 - what every secret begins with, so that leaked ones are recognised
_SECRET_BYTES: Final = 32

#: What a key may do, with a sentence for people.
SCOPES: Final[dict[str, str]] = {
    "read:data": "Read what is shared with the organisation, beside what is open",
    "write:data": "Write and delete records of the organisation's datasets",
    "manage:datasets": "Declare datasets, change and share them, open versions",
    "manage:services": "Declare services that passes open, their venues, rules and readers; read their figures",
    "attest:rights": "Say at a desk what rights of a holder follow from",
    "sell:passes": "Sell tourism passes, and read what is settled",
    "manage:shop": "Run a shop: what it sells, when it is collected, its orders",
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
    rotated_at: datetime | None
    before_until: datetime | None
    quota_per_minute: int | None


async def create_key(
    connection: Connection,
    name: str,
    scopes: Iterable[str],
    *,
    organisation_id: int,
    is_sandbox: bool = False,
    expires_at: datetime | None = None,
    quota_per_minute: int | None = None,
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
    secret = _new_secret()
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
            "quota_per_minute": quota_per_minute,
        },
    )
    return stored(number), secret


async def find_key(connection: Connection, secret: str) -> ApiKey | None:
    """Return the key that a secret belongs to, or None where it is unknown, expired or revoked."""
    return await one_row(connection, ApiKey, _SQL["find_key"], {"secret_sha256": hash_of(secret)})


async def list_keys(connection: Connection, organisation: str) -> list[ApiKey]:
    """Return the keys of an organisation that are not revoked."""
    return await all_rows(connection, ApiKey, _SQL["list_keys"], {"organisation": organisation})


async def rotate_key(
    connection: Connection, api_key_id: int, *, overlap: timedelta, organisation_id: int | None = None
) -> str:
    """Give a key a new secret and return it; the one of today is good for a while yet, the one before that no more.

    Parameters
    ----------
    connection : Connection
        Of the owner or of who keeps accounts; committed by the caller.
    api_key_id : int
        Key.
    overlap : timedelta
        How long the secret of today is taken beside the new one; zero when it has leaked.
    organisation_id : int, optional
        Whose key it has to be.

    Raises
    ------
    NotFoundError
        ``api_key_unknown``.
    """
    secret = _new_secret()
    wanted = {
        "api_key_id": api_key_id,
        "organisation_id": organisation_id,
        "secret_sha256": hash_of(secret),
        "overlap": overlap,
    }
    if await one_integer(connection, _SQL["rotate_key"], wanted) is None:
        raise _unknown(api_key_id)
    return secret


async def revoke_key(connection: Connection, api_key_id: int, *, organisation_id: int | None = None) -> None:
    """Revoke a key for good, perhaps only where it is of an organisation.

    Raises
    ------
    NotFoundError
        ``api_key_unknown``.
    """
    wanted = {"api_key_id": api_key_id, "organisation_id": organisation_id}
    async with translated_errors():
        cursor = await connection.execute(_SQL["revoke_key"], wanted)
    if not cursor.rowcount:
        raise _unknown(api_key_id)


async def set_quota(connection: Connection, api_key_id: int, quota_per_minute: int | None) -> None:
    """Say how many requests a key may make in a minute: 0 for any number, None for as many as the settings say.

    Raises
    ------
    NotFoundError
        ``api_key_unknown``.
    """
    wanted = {"api_key_id": api_key_id, "quota_per_minute": quota_per_minute}
    async with translated_errors():
        cursor = await connection.execute(_SQL["set_quota"], wanted)
    if not cursor.rowcount:
        raise _unknown(api_key_id)


def _new_secret() -> str:
    return SECRET_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def _unknown(api_key_id: int) -> NotFoundError:
    message = f"There is no key {api_key_id} that is not revoked."
    return NotFoundError("api_key_unknown", message, api_key_id=api_key_id)
