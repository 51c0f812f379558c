"""Register the territory and its network: in bulk, by code or name, and as often as one likes."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from psycopg import errors

from core.errors import ConflictError, InputError
from core.network import Commune, Network, Territory
from db.connection import Connection, translated_errors
from db.statements import statements

#: The first city: the Métropole Européenne de Lille under its SIREN number.
MEL: Final = Territory("200093201", "Métropole Européenne de Lille")
FACTS: Final = Path(__file__).parent / "facts" / "mel_communes.csv"

_SQL: Final = statements("territory")
_CODE_PROPERTIES: Final = ("insee_code", "insee", "code")


def read_commune_facts() -> list[Commune]:
    """Return the 95 communes of the MEL, by INSEE code; ``db/facts/README.md`` names the source."""
    with FACTS.open(encoding="utf-8", newline="") as stream:
        return [
            Commune(row["insee_code"], row["name"], int(row["population"]), float(row["lon"]), float(row["lat"]))
            for row in csv.DictReader(stream)
        ]


async def load_communes(connection: Connection, rows: Sequence[Commune], *, territory: Territory = MEL) -> None:
    """Store the communes of the territory, and the territory itself; what is there already is brought up to date.

    Raises
    ------
    ConflictError
        ``territory_taken``: the database holds another territory, and one database sums one.
    """
    async with translated_errors(), connection.transaction():
        await connection.execute(_SQL["put_territory"], {"code": territory.code, "name": territory.name})
        codes = [row[0] for row in await (await connection.execute(_SQL["territory_codes"])).fetchall()]
        if codes != [territory.code]:
            raise ConflictError("territory_taken", "This database holds another territory already.", codes=codes)
        await _put_places(connection, "commune", rows, code="insee_code")
        await _put(connection, "put_communes", rows, ("insee_code", "population", "lon", "lat"))


async def load_boundaries(connection: Connection, features: Sequence[Mapping[str, Any]]) -> int:
    """Store the boundaries of communes.

    Parameters
    ----------
    connection : Connection
        In the role `Role.OWNER`.
    features : sequence of mapping
        GeoJSON features (RFC 7946) with a polygon or multipolygon, and the INSEE code in the property ``insee_code``,
        ``insee`` or ``code``. Features of other communes are passed over.

    Returns
    -------
    int
        Boundaries stored.

    Raises
    ------
    InputError
        ``boundary_invalid``, or ``boundaries_foreign`` when no feature is of a commune stored here.
    """
    async with translated_errors(), connection.transaction():
        known = {row[0] for row in await (await connection.execute(_SQL["commune_codes"])).fetchall()}
        rows = [_boundary(feature) for feature in features if _insee_code(feature) in known]
        if not rows:
            message = "No feature has the INSEE code of a commune stored here in insee_code, insee or code."
            raise InputError("boundaries_foreign", message)
        cursor = connection.cursor()
        try:
            await cursor.executemany(_SQL["put_boundary"], rows)
        except (errors.InternalError_, errors.DataError) as error:
            message = f"A boundary cannot be read: {error.diag.message_primary}"
            raise InputError("boundary_invalid", message) from error
        if cursor.rowcount != len(rows):
            raise InputError("boundary_invalid", "A boundary encloses no area.")
        return len(rows)


async def register_network(connection: Connection, network: Network) -> None:
    """Register substations, feeders, transformers, usage points, gateways and devices.

    Parameters
    ----------
    connection : Connection
        In the role `Role.OWNER`.
    network : Network
        What is registered already, by its code, name or PRM, is brought up to date; what is not mentioned stays.

    Raises
    ------
    InputError
        ``reference_missing``: a row names a parent that is neither in the network nor in the database.
    """
    async with translated_errors(), connection.transaction():
        await _put_places(connection, "substation", network.substations)
        await _put(connection, "put_substations", network.substations, ("code", "lon", "lat"))
        await _put_places(connection, "feeder", network.feeders)
        await _put(connection, "put_feeders", network.feeders, ("code", "substation_code", "nominal_voltage_v"))
        await _put_places(connection, "power_transformer", network.power_transformers)
        names = ("code", "feeder_code", "insee_code", "rated_va", "lon", "lat")
        await _put(connection, "put_power_transformers", network.power_transformers, names)
        names = ("prm", "power_transformer_code", "subscribed_va", "tariff", "category", "interval_step_s")
        await _put(connection, "put_usage_points", network.usage_points, names)
        await _put(connection, "put_gateways", network.gateways, ("name", "shard"))
        await _put(connection, "put_end_devices", network.end_devices, ("name", "kind", "gateway_name", "prm"))
        resources = [device for device in network.end_devices if device.rated_power_w is not None]
        await _put(connection, "put_resources", resources, ("name", "rated_power_w"))
        await connection.execute(_SQL["analyze_network"])


async def _put_places(connection: Connection, level: str, rows: Sequence[object], *, code: str = "code") -> None:
    if rows:
        columns = {"code": _column(rows, code), "name": _column(rows, "name")}
        await connection.execute(_SQL["put_places"], {"level": level, **columns})


async def _put(connection: Connection, statement: str, rows: Sequence[object], names: Sequence[str]) -> None:
    if not rows:
        return
    cursor = await connection.execute(_SQL[statement], {name: _column(rows, name) for name in names})
    if cursor.rowcount != len(rows):
        missing = len(rows) - cursor.rowcount
        message = f"{missing} of {len(rows)} rows name a parent that is not registered."
        raise InputError("reference_missing", message, statement=statement)


def _column(rows: Sequence[object], name: str) -> list[Any]:
    return [getattr(row, name) for row in rows]


def _insee_code(feature: Mapping[str, Any]) -> str | None:
    properties = feature.get("properties") or {}
    return next((str(properties[name]) for name in _CODE_PROPERTIES if name in properties), None)


def _boundary(feature: Mapping[str, Any]) -> dict[str, Any]:
    geometry = feature.get("geometry") or {}
    if geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        message = "The boundary of a commune has to be a polygon or a multipolygon."
        raise InputError("boundary_invalid", message, insee_code=_insee_code(feature))
    return {"insee_code": _insee_code(feature), "geometry": json.dumps(geometry)}
