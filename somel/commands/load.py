"""``somel load``: facts, readings and weather from files."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import InputError
from core.settings import read_settings
from somel.commands import readings, weather
from somel.servers import servers

app = typer.Typer(no_args_is_help=True, help="Load facts, readings and weather from files.")
app.command()(readings.readings)
app.command()(weather.weather)
app.command()(weather.weather_point)


@app.callback()
def group() -> None:
    """Load facts, readings and weather from files."""


@app.command()
def communes(
    boundaries: Annotated[
        Path | None,
        typer.Argument(help="GeoJSON of boundaries, plain or .gz; its features carry `insee`, `code` or `insee_code`"),
    ] = None,
) -> None:
    """Load the 95 communes of the Métropole Européenne de Lille and, from a file, their boundaries."""
    features = read_features(boundaries) if boundaries else []
    database_url = servers(read_settings()).database_url
    known, drawn = asyncio.run(store_communes(database_url, features))
    typer.echo(f"{known} communes, {drawn} boundaries loaded")


async def store_communes(database_url: str, features: list[dict[str, Any]]) -> tuple[int, int]:
    """Store the communes and the boundaries given; return how many of each."""
    from db.connection import Role, connect
    from db.migrate import migrate
    from db.territory import load_boundaries, load_communes, read_commune_facts

    await migrate(database_url)
    async with await connect(database_url, Role.OWNER) as connection:
        facts = read_commune_facts()
        await load_communes(connection, facts)
        drawn = await load_boundaries(connection, features) if features else 0
        await connection.commit()
    return len(facts), drawn


def read_features(path: Path) -> list[dict[str, Any]]:
    """Return the features of a GeoJSON file.

    Raises
    ------
    InputError
        ``boundaries_unreadable`` when there is no such file or it is not a GeoJSON feature collection.
    """
    try:
        raw = path.read_bytes()
        document = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
        features: list[dict[str, Any]] = document["features"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "boundaries_unreadable", f"{path} cannot be read as a GeoJSON feature collection: {error}."
        ) from error
    return features
