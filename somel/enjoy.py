"""Organisations of Enjoy and their keys, for the command line."""

from collections.abc import Sequence
from datetime import datetime

from core.errors import NotFoundError
from db import keys
from db.connection import Role, connect
from db.dataset_rows import NewOrganisation, Organisation
from db.datasets import find_organisation, insert_organisation, list_organisations

_MOST = 10_000


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
        found = await find_organisation(connection, organisation)
        if found is None:
            message = f"There is no organisation {organisation!r}; make it with `somel enjoy organisation`."
            raise NotFoundError("organisation_unknown", message)
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
