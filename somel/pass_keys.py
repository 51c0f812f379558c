"""Keys that passes are signed with, for the command line."""

from datetime import UTC, datetime

from core.settings import Settings
from db.connection import Role, connect
from db.pass_keys import SigningKey
from enjoy.passes.secret import secret_of
from enjoy.passes.signing import keys_known, revoke_key, rotate
from somel.enjoy import OPERATOR


async def read_keys(database_url: str) -> list[SigningKey]:
    """Return all keys, in the order in which they sign."""
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        return await keys_known(connection)


async def rotate_keys(settings: Settings, database_url: str, *, is_at_once: bool) -> str:
    """Make a key that takes over from the others and return its identifier.

    Raises
    ------
    ConfigurationError
        ``pass_secret_missing``.
    """
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        return await rotate(connection, secret_of(settings), datetime.now(UTC), is_at_once=is_at_once)


async def revoke_leaked(settings: Settings, database_url: str, kid: str) -> int:
    """Believe nothing any more that a key signed; return how many tokens are lost with it.

    Raises
    ------
    NotFoundError
        ``signing_key_unknown``.
    ConfigurationError
        ``pass_secret_missing``.
    """
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        return await revoke_key(connection, secret_of(settings), kid, actor=OPERATOR, now=datetime.now(UTC))


def state_of(key: SigningKey, now: datetime) -> str:
    """Return in a word how a key stands."""
    if key.revoked_at is not None:
        return "revoked"
    if now >= key.needed_until:
        return "over"
    if now >= key.signs_until:
        return "believed"
    return "signs" if now >= key.signs_from else "next"
