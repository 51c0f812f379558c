"""People who sign in to Enjoy: their accounts and sessions, and as what they belong to which organisations."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from db.access import hash_of
from db.connection import Connection
from db.rows import all_rows, one_integer, one_row, run, stored
from db.statements import statements

_SQL: Final = statements("accounts")
_SECRET_BYTES: Final = 32
Role = Literal["owner", "publisher", "desk", "reader"]


@dataclass(frozen=True, slots=True)
class Account:
    """Describe an account; see the comments of ``catalogue.account``."""

    account_id: int
    email: str
    passphrase: str
    organisation_id: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Say who a session belongs to."""

    account_id: int
    email: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Say as what somebody belongs to an organisation."""

    organisation_id: int
    organisation: str
    title: str
    kind: str
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """Say who belongs to an organisation."""

    account_id: int
    email: str
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """Describe an invitation that is open; see the comments of ``catalogue.invitation``."""

    invitation_id: int
    organisation_id: int
    organisation: str
    role: Role
    created_at: datetime
    expires_at: datetime


async def insert_account(connection: Connection, email: str, passphrase: str) -> int:
    """Store an account with an organisation of its own, of which it is the owner; return its key.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    name = f"dev-{secrets.token_hex(6)}"
    made = await one_integer(
        connection, _SQL["insert_account"], {"email": email, "passphrase": passphrase, "name": name}
    )
    return stored(made)


async def insert_merchant(connection: Connection, account_id: int, name: str, title: str) -> int:
    """Store an organisation of a merchant, of which an account is the owner; return its key.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    facts = {"account_id": account_id, "name": name, "title": title}
    return stored(await one_integer(connection, _SQL["insert_merchant"], facts))


async def insert_merchant_alone(connection: Connection, name: str, title: str) -> int:
    """Store an organisation of a merchant that has no member yet; return its key.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    return stored(await one_integer(connection, _SQL["insert_merchant_alone"], {"name": name, "title": title}))


async def find_account(connection: Connection, email: str) -> Account | None:
    """Return an account by its address, or None."""
    return await one_row(connection, Account, _SQL["find_account"], {"email": email, "account_id": None})


async def account_of(connection: Connection, account_id: int) -> Account | None:
    """Return an account by its key, or None."""
    return await one_row(connection, Account, _SQL["find_account"], {"email": None, "account_id": account_id})


async def note_attempt(connection: Connection, account_id: int, *, is_right: bool) -> None:
    """Note that a passphrase was right or wrong; after five wrong ones the account closes for a while."""
    await run(connection, _SQL["note_attempt"], account_id=account_id, is_right=is_right)


async def change_passphrase(connection: Connection, account_id: int, passphrase: str) -> None:
    """Store another passphrase and end all sessions."""
    await run(connection, _SQL["change_passphrase"], account_id=account_id, passphrase=passphrase)
    await run(connection, _SQL["end_sessions"], account_id=account_id)


async def erase_account(connection: Connection, account_id: int) -> None:
    """Forget who somebody was, end their sessions and memberships, and revoke the keys of their own organisation."""
    for step in ("end_sessions", "revoke_own_keys", "leave_all", "erase_account"):
        await run(connection, _SQL[step], account_id=account_id)


async def begin_session(connection: Connection, account_id: int, *, lasts: timedelta) -> str:
    """Begin a session and return its secret."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    facts = {"secret_sha256": hash_of(secret), "account_id": account_id, "lasts": lasts}
    await run(connection, _SQL["begin_session"], **facts)
    return secret


async def find_session(connection: Connection, secret: str) -> SignedIn | None:
    """Return whom a session belongs to, or None where there is none that lasts."""
    return await one_row(connection, SignedIn, _SQL["find_session"], {"secret_sha256": hash_of(secret)})


async def end_session(connection: Connection, secret: str) -> None:
    """End a session."""
    await run(connection, _SQL["end_session"], secret_sha256=hash_of(secret))


async def memberships(connection: Connection, account_id: int) -> list[Membership]:
    """Return what somebody belongs to; their own organisation is the first."""
    return await all_rows(connection, Membership, _SQL["memberships"], {"account_id": account_id})


async def members(connection: Connection, organisation_id: int) -> list[Member]:
    """Return who belongs to an organisation."""
    return await all_rows(connection, Member, _SQL["members"], {"organisation_id": organisation_id})


async def set_member(connection: Connection, organisation_id: int, account_id: int, role: Role) -> None:
    """Say as what somebody belongs to an organisation."""
    await run(connection, _SQL["set_member"], organisation_id=organisation_id, account_id=account_id, role=role)


async def remove_member(connection: Connection, organisation_id: int, account_id: int) -> None:
    """Let somebody no longer belong to an organisation."""
    await run(connection, _SQL["remove_member"], organisation_id=organisation_id, account_id=account_id)


async def hold_members(connection: Connection, organisation_id: int) -> None:
    """Keep others from changing an organisation's members until the transaction ends."""
    await run(connection, _SQL["hold_members"], organisation_id=organisation_id)


async def insert_invitation(
    connection: Connection, organisation_id: int, role: Role, *, lasts: timedelta
) -> tuple[int, str]:
    """Make an invitation; return its number and its secret, which cannot be had again."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    facts = {"organisation_id": organisation_id, "role": role, "secret_sha256": hash_of(secret), "lasts": lasts}
    made = await one_integer(connection, _SQL["insert_invitation"], facts)
    return stored(made), secret


async def invitations(connection: Connection, organisation_id: int) -> list[Invitation]:
    """Return the invitations of an organisation that are open."""
    return await all_rows(connection, Invitation, _SQL["invitations"], {"organisation_id": organisation_id})


async def take_invitation(connection: Connection, secret: str) -> Invitation | None:
    """Take an invitation, which nobody can take again, and return it; None where it is not open."""
    return await one_row(connection, Invitation, _SQL["take_invitation"], {"secret_sha256": hash_of(secret)})


async def withdraw_invitation(connection: Connection, organisation_id: int, invitation_id: int) -> None:
    """Take an invitation of an organisation back."""
    await run(connection, _SQL["withdraw_invitation"], organisation_id=organisation_id, invitation_id=invitation_id)
