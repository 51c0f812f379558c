"""Access tokens, made and ended by whoever owns the database."""

from datetime import datetime

from db import access
from db.access import Token
from db.connection import Role, connect


async def make_token(database_url: str, name: str, scopes: list[str], expires_at: datetime | None) -> tuple[Token, str]:
    """Make a token; return it and its secret, which is not kept."""
    async with await connect(database_url, Role.OWNER) as connection:
        return await access.create_token(connection, name, scopes, expires_at)


async def read_tokens(database_url: str) -> list[Token]:
    """Return all tokens."""
    async with await connect(database_url, Role.OWNER) as connection:
        return await access.list_tokens(connection)


async def end_token(database_url: str, token_id: int) -> None:
    """Revoke a token."""
    async with await connect(database_url, Role.OWNER) as connection:
        await access.revoke_token(connection, token_id)
