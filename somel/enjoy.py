"""Organisations of Enjoy and their keys, for the command line."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.errors import NotFoundError
from db import accounts, keys
from db.accounts import Role as MemberRole
from db.connection import Connection, Role, connect
from db.dataset_rows import NewOrganisation, Organisation
from db.datasets import find_organisation, insert_organisation, list_organisations
from enjoy.passphrases import hash_passphrase

_MOST = 10_000
_PASSPHRASE_BYTES = 12


async def add_organisation(database_url: str, organisation: NewOrganisation) -> None:
    """Store an organisation.

    Raises
    ------
    ConflictError
        ``already_exists``.
    """
    async with await connect(database_url, Role.OWNER) as connection:
        await insert_organisation(connection, organisation)


async def read_organisations(database_url: str) -> list[Organisation]:
    """Return all organisations by name."""
    async with await connect(database_url, Role.OWNER) as connection:
        return await list_organisations(connection, limit=_MOST)


async def make_key(
    database_url: str,
    organisation: str,
    name: str,
    scopes: Sequence[str],
    *,
    is_sandbox: bool,
    expires_at: datetime | None,
) -> str:
    """Make a key of an organisation and return its secret.

    Raises
    ------
    NotFoundError
        ``organisation_unknown``.
    InputError
        ``scope_unknown``.
    """
    async with await connect(database_url, Role.OWNER) as connection:
        found = await _organisation(connection, organisation)
        _, secret = await keys.create_key(
            connection,
            name,
            scopes,
            organisation_id=found.organisation_id,
            is_sandbox=is_sandbox,
            expires_at=expires_at,
        )
        return secret


async def read_keys(database_url: str, organisation: str) -> list[keys.ApiKey]:
    """Return the keys of an organisation that are not revoked."""
    async with await connect(database_url, Role.OWNER) as connection:
        return await keys.list_keys(connection, organisation)


async def end_key(database_url: str, api_key_id: int) -> None:
    """Revoke a key for good.

    Raises
    ------
    NotFoundError
        ``api_key_unknown``.
    """
    async with await connect(database_url, Role.OWNER) as connection:
        await keys.revoke_key(connection, api_key_id)


async def turn_key(database_url: str, api_key_id: int, *, overlap_h: int) -> str:
    """Give a key a new secret and return it; the one before is good for some hours yet. [h].

    Raises
    ------
    NotFoundError
        ``api_key_unknown``.
    """
    async with await connect(database_url, Role.OWNER) as connection:
        return await keys.rotate_key(connection, api_key_id, overlap=timedelta(hours=overlap_h))


async def set_key_quota(database_url: str, api_key_id: int, per_minute: int | None) -> None:
    """Say how many requests a key may make in a minute; None: as the settings say.

    Raises
    ------
    NotFoundError
        ``api_key_unknown``.
    """
    async with await connect(database_url, Role.OWNER) as connection:
        await keys.set_quota(connection, api_key_id, per_minute)


async def invite(database_url: str, organisation: str, role: MemberRole, *, days: int) -> str:
    """Make an invitation into an organisation and return its secret. [days].

    Raises
    ------
    NotFoundError
        ``organisation_unknown``.
    """
    async with await connect(database_url, Role.OWNER) as connection:
        found = await _organisation(connection, organisation)
        _, secret = await accounts.insert_invitation(
            connection, found.organisation_id, role, lasts=timedelta(days=days)
        )
        return secret


async def new_passphrase(database_url: str, email: str) -> str:
    """Give an account a passphrase that is drawn, end its sessions, and return it.

    Raises
    ------
    NotFoundError
        ``account_unknown``.
    """
    drawn = secrets.token_urlsafe(_PASSPHRASE_BYTES)
    async with await connect(database_url, Role.OWNER) as connection:
        found = await accounts.find_account(connection, email.strip().lower())
        if found is None:
            raise NotFoundError("account_unknown", f"Nobody has signed up as {email!r}.")
        await accounts.change_passphrase(connection, found.account_id, hash_passphrase(drawn))
    return drawn


async def _organisation(connection: Connection, name: str) -> Organisation:
    found = await find_organisation(connection, name)
    if found is None:
        message = f"There is no organisation {name!r}; make it with `somel enjoy organisation`."
        raise NotFoundError("organisation_unknown", message)
    return found
