"""Keys that sign passes."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row, run
from db.statements import statements

_SQL: Final = statements("pass_keys")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Describe a key; see the comments of ``pass.signing_key``."""

    kid: str
    public_key: str
    published_from: datetime
    signs_from: datetime
    signs_until: datetime
    needed_until: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewSigningKey:
    """Hold a key that is to be stored; see the comments of ``pass.signing_key``."""

    kid: str
    public_key: str
    private_key: bytes
    published_from: datetime
    signs_from: datetime
    signs_until: datetime


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """Name a key that readers believe."""

    kid: str
    public_key: str


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """Hold the key that signs."""

    kid: str
    private_key: bytes


async def hold_keys(connection: Connection) -> None:
    """Keep others from making keys until the transaction ends."""
    await run(connection, _SQL["hold_keys"])


async def insert_signing_key(connection: Connection, key: NewSigningKey) -> None:
    """Store a key."""
    await run(connection, _SQL["insert_signing_key"], **asdict(key))


async def signing_keys(connection: Connection) -> list[SigningKey]:
    """Return all keys, in the order in which they sign."""
    return await all_rows(connection, SigningKey, _SQL["signing_keys"])


async def published_keys(connection: Connection, now: datetime) -> list[PublishedKey]:
    """Return the keys that readers believe."""
    return await all_rows(connection, PublishedKey, _SQL["published_keys"], {"now": now})


async def private_key_now(connection: Connection, now: datetime) -> PrivateKey | None:
    """Return the key that signs, or None where none does."""
    return await one_row(connection, PrivateKey, _SQL["private_key_now"], {"now": now})


async def need_key_until(connection: Connection, kid: str, until: datetime) -> None:
    """Note that something that a key signed holds until then."""
    await run(connection, _SQL["need_key_until"], kid=kid, until=until)


async def end_signing(connection: Connection, until: datetime, *, but: str) -> None:
    """Let all keys but one sign no longer than until then."""
    await run(connection, _SQL["end_signing"], until=until, kid=but)


async def revoke_signing_key(connection: Connection, kid: str, now: datetime) -> bool:
    """Note that a key leaked; tell whether there was one that had not."""
    async with translated_errors():
        found = await connection.execute(_SQL["revoke_signing_key"], {"kid": kid, "now": now})
        return await found.fetchone() is not None
