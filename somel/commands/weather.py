"""``somel load weather`` and ``somel load weather-point``: weather from files, and the points that it is known for."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from core.errors import ConfigurationError, InputError, NotFoundError
from core.settings import read_settings
from core.slots import require_aware
from somel.servers import servers

if TYPE_CHECKING:
    from db.weather import WeatherCounts, WeatherPoint
    from grid.weather.file import WeatherFile

_EVER: Final = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def weather_point(
    name: Annotated[str, typer.Argument(help="Name, unique")],
    latitude: Annotated[float, typer.Argument(min=-90, max=90, help="WGS 84 [degrees]")],
    longitude: Annotated[float, typer.Argument(min=-180, max=180, help="WGS 84 [degrees]")],
) -> None:
    """Name a point that weather is fetched or loaded for; places take that of the nearest one within 100 km."""
    asyncio.run(_add_point(servers(read_settings()).database_url, name, latitude, longitude))
    typer.echo(f"{name} at {latitude:.4f}, {longitude:.4f}")


def weather(
    file: Annotated[Path, typer.Argument(help="CSV (also .gz) or Parquet, one row an hour")],
    point: Annotated[str | None, typer.Option(help="Weather point that the whole file is about")] = None,
    point_column: Annotated[str | None, typer.Option(help="Column of the names of points, instead")] = None,
    known_at: Annotated[str | None, typer.Option(help="When all of it became known, such as 2026-01-15T06:00Z")] = None,
    lead_hours: Annotated[
        float | None, typer.Option(help="Known so many hours before its hour, instead; negative: measured, known after")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone of times that carry none, such as UTC")] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="Unit of a column that does not state it: wind_speed_10m=km/h")
    ] = None,
    time_column: Annotated[str, typer.Option(help="Column of the times")] = "time",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and judge everything, write nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with all counts as one JSON object")] = False,
) -> None:
    """Store the weather of a file with the time it became known; what is stored already stays as it is.

    Exit codes: 0 all stored, 3 something was refused, or contradicts what is stored.
    """
    from grid.weather.file import FileTerms, WeatherFile

    if (point is None) == (point_column is None):
        raise ConfigurationError("point_unstated", "Say either --point or --point-column.")
    terms = FileTerms(_known(known_at, lead_hours), time_column, point_column, _zone(zone), _units(unit or []))
    settings = read_settings()
    reader = WeatherFile(file, terms, now=settings.clock.now())
    counts = asyncio.run(_store(servers(settings).database_url, reader, point, dry_run=dry_run))
    _show(reader, counts, as_json=as_json, dry_run=dry_run)
    if reader.refused or counts.contradicted:
        raise typer.Exit(InputError.exit_code)


async def _add_point(database_url: str, name: str, latitude: float, longitude: float) -> None:
    from db.connection import Role, connect
    from db.weather import Coordinates, add_weather_point

    async with await connect(database_url, Role.COMPUTE) as connection:
        await add_weather_point(connection, name, Coordinates(latitude, longitude))


async def _store(database_url: str, reader: "WeatherFile", point: str | None, *, dry_run: bool) -> "WeatherCounts":
    from db.connection import Role, connect
    from db.weather import WeatherCounts, insert_weather, weather_points

    async with await connect(database_url, Role.COMPUTE) as connection:
        points = _named(await weather_points(connection), point)
        columns = await reader.weather(points, start=_EVER[0], end=_EVER[1])
        if dry_run:
            return WeatherCounts(stored=len(columns))
        return await insert_weather(connection, reader.source, columns)


def _named(points: "Sequence[WeatherPoint]", name: str | None) -> "Sequence[WeatherPoint]":
    found = [one for one in points if name is None or one.name == name]
    if not found:
        there = ", ".join(one.name for one in points) or "none"
        raise NotFoundError(
            "weather_point_unknown",
            f"There is no such weather point (known: {there}); `somel load weather-point NAME LATITUDE LONGITUDE`.",
        )
    return found


def _show(reader: "WeatherFile", counts: "WeatherCounts", *, as_json: bool, dry_run: bool) -> None:
    from grid.weather.file import CODES

    refused = sum(reader.refused.values())
    if as_json:
        summary = {"row_count": reader.row_count, "empty": reader.empty, "refused": refused, "dry_run": dry_run}
        typer.echo(json.dumps({**summary, **asdict(counts), "codes": reader.refused}))
        return
    typer.echo(f"{reader.source}: {reader.row_count:,} rows, {reader.empty:,} without a value, {refused:,} refused")
    if dry_run:
        typer.echo(f"dry run, nothing written: {counts.stored:,} would be taken")
    else:
        typer.echo(
            f"{counts.stored:,} stored, {counts.duplicate:,} duplicate, "
            f"{counts.contradicted:,} refused because they contradict what is stored"
        )
    for code, count in sorted(reader.refused.items()):
        typer.echo(f"  {count:>9,} {code}: {CODES[code]}")


def _known(known_at: str | None, lead_hours: float | None) -> datetime | timedelta:
    if lead_hours is not None and known_at is None:
        return timedelta(hours=lead_hours)
    if known_at is None or lead_hours is not None:
        raise ConfigurationError("known_unstated", "Say when it became known: either --known-at or --lead-hours.")
    try:
        return require_aware(datetime.fromisoformat(known_at))
    except ValueError as error:
        raise ConfigurationError(
            "known_unstated", f"{known_at!r} is no time; an example: 2026-01-15T06:00Z."
        ) from error


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError("zone_unknown", f"{name!r} is no time zone; an example is Europe/Paris.") from error


def _units(stated: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in stated]
    for title, is_pair, unit in pairs:
        if not (title and is_pair and unit):
            raise ConfigurationError("unit_unstated", "--unit takes a title and a unit, such as wind_speed_10m=km/h.")
    return {title: unit for title, _, unit in pairs}
