"""Consents, export, erasure and the access log, for the command line."""

import asyncio
import csv
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from core.clock import Clock
from core.errors import InputError
from core.settings import Settings
from db.connection import Connection, Role, connect, translated_errors
from db.personal_access import forget_accesses
from enjoy.disclosure.rules import rules_of
from enjoy.energy import publish_energy
from enjoy.privacy.consent import Imported, import_consents
from enjoy.privacy.export import export_person, record_export

Result = TypeVar("Result")


def run(database_url: str, role: Role, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """Do something with a connection, in one transaction."""

    async def connected() -> Result:
        async with translated_errors(), await connect(database_url, role) as connection:
            return await work(connection)

    return asyncio.run(connected())


def import_file(database_url: str, file: Path, clock: Clock) -> Imported:
    """Record the consents of a CSV file.

    Raises
    ------
    InputError
        ``consents_unreadable``.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.DictReader(text)
            lines: list[dict[str, str | None]] = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("consents_unreadable", f"{file} cannot be read as CSV in UTF-8: {error}") from error
    if "usage_point_key" not in (reader.fieldnames or ()):
        raise InputError("consents_unreadable", f"{file} has no column usage_point_key; its first line has the titles.")
    return run(
        database_url,
        Role.COMPUTE,
        lambda connection: import_consents(connection, lines, source=file.name, actor="operator", now=clock.now()),
    )


def export_to(database_url: str, key: UUID, target: Path, clock: Clock) -> int:
    """Write everything that is stored of a usage point to a new file, and return its size. [bytes]."""

    async def write(connection: Connection) -> int:
        exported = await export_person(connection, key, now=clock.now(), with_identity=True)
        with exported as archive, target.open("xb") as file:
            shutil.copyfileobj(archive, file)
            size = file.tell()
        await record_export(connection, key, actor="operator", now=clock.now())
        return size

    if target.exists():
        raise InputError("file_exists", f"{target} is there already; name another file.")
    return run(database_url, Role.OWNER, write)


def publish(database_url: str, settings: Settings) -> int:
    """Publish energy once, as the Enjoy process does again and again; return days."""
    return asyncio.run(publish_with(database_url, settings, settings.clock))


async def publish_with(database_url: str, settings: Settings, clock: Clock) -> int:
    """Publish energy once by a clock; return days, of all populations."""

    @asynccontextmanager
    async def open_connection(role: Role) -> AsyncIterator[Connection]:
        async with translated_errors(), await connect(database_url, role) as connection:
            yield connection

    return await publish_energy(open_connection, clock, rules=rules_of(settings))


def forget(database_url: str, months: int) -> int:
    """Delete what the access log holds of more than so many months ago; return how many entries."""
    now = datetime.now(UTC)
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    before = now.replace(year=years, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return run(database_url, Role.OWNER, lambda connection: forget_accesses(connection, before))


def plain(row: Any) -> dict[str, Any]:
    """Return a row as JSON has it."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in asdict(row).items()}
