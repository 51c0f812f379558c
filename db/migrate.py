"""Bring a database to the schema of this version: forward only, one transaction per step, one migrator at a time."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from core.errors import ConfigurationError
from core.registers import REGISTERS
from db.connection import Connection, connect, translated_errors
from db.limits import fill_limits
from db.statements import statements

MIGRATIONS: Final = Path(__file__).parent / "migrations"
COMMUNITY: Final = Path(__file__).parent / "community"
LEDGER: Final = Path(__file__).parent / "ledger.sql"

_LOCK: Final = 0x736F6D656C  # "somel"; advisory locks are per database
_SQL: Final = statements("migration")
# Steps that make roles need the login role's own rights.
_MAKES_ROLES: Final = "_roles"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step.

    Attributes
    ----------
    name : str
        ``NNNN_intent``.
    sql : str
        What it runs.
    """

    name: str
    sql: str

    @property
    def number(self) -> int:
        """Place in the order, from 1."""
        return int(self.name.partition("_")[0])

    @property
    def sha256(self) -> str:
        """Fingerprint, by which a step that was changed after it had been applied is recognised."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(url: str, *, on_step: Callable[[str], None] | None = None, folder: Path = MIGRATIONS) -> list[str]:
    """Apply the migrations that a database lacks, and fill its tables of registers and limits from `core`.

    Parameters
    ----------
    url : str
        Database, with a login role that may make roles and extensions (or finds them made) and act as somel_owner.
    on_step : callable, optional
        Called with the name of each step before it runs.
    folder : Path
        Where the migrations are.

    Returns
    -------
    list of str
        Names applied, in order; empty when there was nothing to do.

    Raises
    ------
    ConfigurationError
        ``migration_changed``, ``migration_out_of_order``, ``database_newer`` or ``database_unfit``.
    """
    connection = await connect(url, None, autocommit=True)
    async with connection, translated_errors():
        await connection.execute(_SQL["wait_for_turn"], {"lock": _LOCK})
        if not await _has_ledger(connection):
            await connection.execute(LEDGER.read_text(encoding="utf-8"))
        names = []
        for migration in await _missing(connection, folder):
            if on_step is not None:
                on_step(migration.name)
            await _apply(connection, migration)
            names.append(migration.name)
        await _fill_registers(connection)
        await _use_community_edition(connection)
    return names


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Read all migrations in order."""
    return [Migration(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("[0-9]*_*.sql"))]


async def _has_ledger(connection: Connection) -> bool:
    row = await (await connection.execute(_SQL["has_ledger"])).fetchone()
    return row is not None and bool(row[0])


async def _missing(connection: Connection, folder: Path) -> list[Migration]:
    applied: dict[str, str] = dict(await (await connection.execute(_SQL["applied"])).fetchall())
    migrations = read_migrations(folder)
    unknown = sorted(applied.keys() - {migration.name for migration in migrations})
    if unknown:
        message = f"The database has steps that this version does not know ({', '.join(unknown)}): use a newer version."
        raise ConfigurationError("database_newer", message, unknown=unknown)
    for migration in migrations:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            message = f"Migration {migration.name} was changed after it had been applied; write a new one instead."
            raise ConfigurationError("migration_changed", message, name=migration.name)
    missing = [migration for migration in migrations if migration.name not in applied]
    if missing and applied and missing[0].name < max(applied):
        message = f"Migration {missing[0].name} comes before {max(applied)}, which is applied already; renumber it."
        raise ConfigurationError("migration_out_of_order", message, name=missing[0].name)
    return missing


async def _apply(connection: Connection, migration: Migration) -> None:
    makes_roles = migration.name.endswith(_MAKES_ROLES)
    async with connection.transaction():
        try:
            if not makes_roles:
                await connection.execute(_SQL["act_as_owner"])
            await connection.execute(migration.sql)
        except psycopg.Error as error:
            if not makes_roles or isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
                raise
            message = f"The database cannot be prepared: {error.diag.message_primary}"
            raise ConfigurationError("database_unfit", message, sqlstate=error.sqlstate) from error
        await connection.execute(_SQL["act_as_login"])
        await connection.execute(_SQL["record"], {"name": migration.name, "sha256": migration.sha256})


async def _fill_registers(connection: Connection) -> None:
    rows = [
        {
            "register_id": register.register_id,
            "name": register.name,
            "obis": register.obis,
            "unit": register.unit,
            "kind": register.kind.value,
            "lowest": register.lowest,
            "highest": register.highest,
        }
        for register in REGISTERS
    ]
    async with connection.transaction():
        await connection.execute(_SQL["act_as_owner"])
        await connection.cursor().executemany(_SQL["fill_register"], rows)
        await fill_limits(connection)


async def _use_community_edition(connection: Connection) -> None:
    row = await (await connection.execute(_SQL["timescaledb_license"])).fetchone()
    if row is None or row[0] != "timescale":
        return
    for path in sorted(COMMUNITY.glob("*.sql")):
        async with connection.transaction():
            await connection.execute(_SQL["act_as_owner"])
            await connection.execute(path.read_text(encoding="utf-8"))


async def is_migrated(connection: Connection) -> bool:
    """Tell whether a database has exactly the steps of this version; any role may ask."""
    async with translated_errors():
        if not await _has_ledger(connection):
            return False
        applied = await (await connection.execute(_SQL["applied"])).fetchall()
    return dict(applied) == {migration.name: migration.sha256 for migration in read_migrations()}
