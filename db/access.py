"""Bearer tokens of the API: made, found, listed and revoked."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import InputError, NotFoundError
from db.connection import Connection
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("access")

SECRET_PREFIX: Final = "somel_"  # noqa: S105 - what every secret begins with, so that leaked ones are recognised
_SECRET_BYTES: Final = 32

#: What a token may do, with a sentence for people.
SCOPES: Final[dict[str, str]] = {
    "read:grid": "Read the territory, load, forecasts and demand-response events",
    "read:ingest": "Read what ingest received and refused",
    "operate:grid": "Draft, approve and cancel demand-response events",
    "privacy": "Record consents, export and erase what is stored of a usage point, read who looked at it",
    "admin": "Everything",
}


@dataclass(frozen=True, slots=True)
class Token:
    """Describe a token; its secret is shown once, when it is made, and not kept."""

    access_token_id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def hash_of(secret: str) -> bytes:
    """Return what is stored of a secret; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


async def create_token(
    connection: Connection, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[Token, str]:
    """Make a token and return it with its secret, which cannot be had again.

    Parameters
    ----------
    connection : Connection
        Of the owner; committed by the caller.
    name : str
        Whose it is.
    scopes : iterable of str
        Keys of `SCOPES`, at least one.
    expires_at : datetime, optional
        After this (wall clock) it is not accepted.

    Raises
    ------
    InputError
        ``scope_unknown`` or ``scopes_missing``.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown:
        raise InputError("scope_unknown", f"Not a scope: {', '.join(unknown)}. There are {', '.join(SCOPES)}.")
    if not wanted:
        raise InputError("scopes_missing", f"A token needs at least one scope of {', '.join(SCOPES)}.")
    secret = SECRET_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    parameters = {"name": name, "secret_sha256": hash_of(secret), "scopes": wanted, "expires_at": expires_at}
    (token,) = await all_rows(connection, Token, _SQL["create_token"], parameters)
    return token, secret


async def find_token(connection: Connection, secret_sha256: bytes) -> Token | None:
    """Return the token with this hash, or None when there is none, or it is revoked or expired."""
    return await one_row(connection, Token, _SQL["find_token"], {"secret_sha256": secret_sha256})


async def list_tokens(connection: Connection) -> list[Token]:
    """Return all tokens, oldest first, the revoked ones too."""
    return await all_rows(connection, Token, _SQL["list_tokens"])


async def revoke_token(connection: Connection, access_token_id: int) -> Token:
    """End a token from now on; ending it twice changes nothing. Committed by the caller.

    Raises
    ------
    NotFoundError
        ``token_unknown``.
    """
    token = await one_row(connection, Token, _SQL["revoke_token"], {"access_token_id": access_token_id})
    if token is None:
        raise NotFoundError("token_unknown", f"There is no token {access_token_id}.", access_token_id=access_token_id)
    return token
