"""``somel migrate``: bring the database to the schema of this version."""

import asyncio

import typer

from core.settings import read_settings
from somel.servers import servers


def migrate() -> None:
    """Apply the migrations that the database has not seen yet."""
    from db.migrate import migrate as migrate_database

    database_url = servers(read_settings()).database_url
    applied = asyncio.run(migrate_database(database_url))
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo("the schema is up to date" if not applied else f"{len(applied)} migrations applied")
