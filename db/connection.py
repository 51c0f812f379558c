"""The one door to the database driver: connections in a role, pools, and the driver's errors in our words."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import errors
from psycopg_pool import AsyncConnectionPool

from core.errors import ConfigurationError, ConflictError, InputError, InvariantError, PlatformError, RetryableError

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]
Pool: TypeAlias = AsyncConnectionPool[Connection]

_CONNECT_TIMEOUT_S: Final = 10
_POOL_TIMEOUT_S: Final = 10.0


class Role(StrEnum):
    """The roles that processes act in; each can do its part and no more."""

    OWNER = "somel_owner"
    INGEST = "somel_ingest"
    COMPUTE = "somel_compute"
    READ = "somel_read"
    ENJOY_READ = "somel_enjoy_read"
    ENJOY_WRITE = "somel_enjoy_write"
    ENJOY_ACCOUNT = "somel_enjoy_account"
    ENJOY_PASS = "somel_enjoy_pass"  # noqa: S105 - a role
    ENJOY_SHOP = "somel_enjoy_shop"
    PERSONAL = "somel_personal"


# The first class that fits decides; what is not listed is a fault in our own SQL.
_TRANSLATIONS: Final[tuple[tuple[tuple[type[psycopg.Error], ...], type[PlatformError], str, str], ...]] = (
    (
        (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable),
        RetryableError,
        "database_busy",
        "Another transaction stood in the way; try again.",
    ),
    (
        (errors.QueryCanceled,),
        RetryableError,
        "database_timeout",
        "The database took too long and the query was ended.",
    ),
    ((errors.ReadOnlySqlTransaction,), RetryableError, "database_read_only", "The database accepts no writes now."),
    ((errors.InsufficientPrivilege,), InvariantError, "role_not_allowed", "The database role may not do this."),
    ((errors.UniqueViolation,), ConflictError, "already_exists", "It exists already."),
    ((errors.ForeignKeyViolation,), InputError, "reference_unknown", "It refers to something that does not exist."),
    (
        (errors.IntegrityError, errors.DataError, errors.CardinalityViolation),
        InputError,
        "value_not_storable",
        "A value is not one that the database takes.",
    ),
    (
        (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction, errors.InvalidSchemaName),
        ConfigurationError,
        "database_not_migrated",
        "The database has not the tables of this version; run `somel migrate`.",
    ),
    (
        (errors.OperationalError, errors.InterfaceError),
        RetryableError,
        "database_unavailable",
        "The database cannot be reached.",
    ),
    ((psycopg.Error,), InvariantError, "statement_failed", "A statement failed in a way that nobody foresaw."),
)

# While connecting, the driver knows no SQLSTATE; these answers do not change by waiting.
_REFUSED: Final = re.compile(
    r"authentication failed|does not exist|permission denied|no pg_hba\.conf entry|is not permitted|"
    r"invalid integer value|could not translate host name|fe_sendauth|no password supplied"
)
# The roles come with the first migration.
_NO_ROLE: Final = re.compile(rf'role "({"|".join(Role)})" does not exist')


def translate(error: psycopg.Error) -> PlatformError:
    """Return the platform's error for one of the driver's.

    Notes
    -----
    Only the server's first line goes along: its details quote values, and values may be personal.
    """
    facts = {
        "sqlstate": error.sqlstate,
        "constraint": error.diag.constraint_name,
        "said": error.diag.message_primary,
    }
    known = {name: fact for name, fact in facts.items() if fact is not None}
    kind, code, message = next(row[1:] for row in _TRANSLATIONS if isinstance(error, row[0]))
    return kind(code, message, **known)


@asynccontextmanager
async def translated_errors() -> AsyncIterator[None]:
    """Turn the driver's errors into the platform's; also usable as a decorator of a coroutine function."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from error


async def connect(url: str, role: Role | None, *, autocommit: bool = False) -> Connection:
    """Open one connection.

    Parameters
    ----------
    url : str
        ``postgresql://`` URL.
    role : Role or None
        Role to act in; None is the login role itself.
    autocommit : bool, default False
        Commit each statement by itself.

    Raises
    ------
    ConfigurationError
        ``database_refused``, ``database_url_invalid`` or ``database_not_migrated``: waiting would not help.
    RetryableError
        ``database_unavailable``.
    """
    try:
        return await psycopg.AsyncConnection.connect(url, autocommit=autocommit, **_parameters(role))
    except psycopg.ProgrammingError:  # its text quotes the URL, password and all
        message = "The database URL cannot be read; it has to look like postgresql://user@host:5432/name."
        raise ConfigurationError("database_url_invalid", message) from None
    except psycopg.Error as error:
        if _NO_ROLE.search(str(error)):
            message = "The database has not the roles of the platform yet; run `somel migrate`."
            raise ConfigurationError("database_not_migrated", message) from error
        if _REFUSED.search(str(error)):
            said = str(error).strip().splitlines()[0]
            raise ConfigurationError("database_refused", f"The database refuses the connection: {said}") from error
        raise translate(error) from error


def open_pool(url: str, role: Role | None, *, min_size: int = 1, max_size: int = 8, is_for_many: bool = False) -> Pool:
    """Return a pool of connections that act in `role`; it works inside ``async with``.

    With `is_for_many`, a query has one process of the server: to start others takes longer than a page does, and where
    many ask at the same time there is no processor for them.

    Connections are tried before they are lent, so that a restarted server costs its users nothing but time.
    """
    return AsyncConnectionPool(
        url,
        connection_class=psycopg.AsyncConnection,
        kwargs=_parameters(role, is_for_many=is_for_many),
        min_size=min_size,
        max_size=max_size,
        open=False,
        check=AsyncConnectionPool.check_connection,
        timeout=_POOL_TIMEOUT_S,
        name=f"somel-{role or 'login'}",
    )


@asynccontextmanager
async def borrow(pool: Pool) -> AsyncIterator[Connection]:
    """Lend a connection for one transaction: committed at the end, rolled back on an error; errors are translated."""
    async with translated_errors(), pool.connection() as connection:
        yield connection


@asynccontextmanager
async def tried(connection: Connection) -> AsyncIterator[None]:
    """Undo at the end of the block what was done in it; what was done before stays in the transaction."""
    async with translated_errors(), connection.transaction(force_rollback=True):
        yield


def _parameters(role: Role | None, *, is_for_many: bool = False) -> dict[str, Any]:
    options = "-c search_path=somel,public -c timezone=UTC"
    if is_for_many:
        options += " -c max_parallel_workers_per_gather=0"
    if role is not None:
        options = f"-c role={role} {options}"
    return {"options": options, "application_name": f"somel {role or 'login'}", "connect_timeout": _CONNECT_TIMEOUT_S}
