"""Organisations of Enjoy and their keys, for the command line."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.errors import NotFoundError
from db import accounts, keys
from db.accounts import Role as MemberRole
from db.connection import Connection, Role, connect
from db.dataset_rows import NewOrganisation, Organisation, Published
from db.datasets import (
    act_for,
    find_organisation,
    find_published,
    insert_organisation,
    list_organisations,
    list_published,
)
from db.uploads import Upload
from enjoy.acting import act_for_all
from enjoy.passphrases import hash_passphrase
from enjoy.topics import publishing_rules
from enjoy.uploading import file_at, receive_file

_PASSPHRASE_BYTES = 12

_MOST = 10_000
#: How the audit log names who types commands.
OPERATOR = "process/operator"


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


@asynccontextmanager
async def publishing_dataset(database_url: str, name: str) -> AsyncIterator[tuple[Connection, Published]]:
    """Open a connection that acts for the publisher of a dataset; committed at the end of the block.

    Raises
    ------
    NotFoundError
        ``dataset_unknown``.
    """
    async with await connect(database_url, Role.ENJOY_WRITE) as connection:
        await act_for_all(connection)
        published = await find_published(connection, name)
        if published is None:
            raise NotFoundError("dataset_unknown", f"There is no dataset {name!r}.", dataset=name)
        await act_for(connection, [published.dataset.organisation_id])
        yield connection, published


async def upload_file(
    database_url: str, path: Path, dataset: str, *, is_dry_run: bool, on_rows: Callable[[int], None]
) -> Upload:
    """Write the records of a file into a dataset and return the report.

    Raises
    ------
    NotFoundError
        ``dataset_unknown``.
    InputError
        ``format_unknown``, ``file_unreadable``, ``columns_invalid`` or ``crs_unsupported``.
    """
    async with publishing_dataset(database_url, dataset) as (connection, published):
        return await receive_file(
            connection,
            published,
            file_at(path),
            actor=OPERATOR,
            now=datetime.now(UTC),
            is_dry_run=is_dry_run,
            on_rows=on_rows,
        )


async def broker_rules(database_url: str) -> str:
    """Return the broker's rules of who may publish to which dataset."""
    async with await connect(database_url, Role.ENJOY_WRITE) as connection:
        await act_for_all(connection)
        return publishing_rules(await list_published(connection, limit=_MOST))


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
