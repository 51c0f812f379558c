"""V'lille minutes in a real database, published the way that publishers do, for `benchmarks.enjoy`.

The measured day has 15 hours; the same hours follow once more as the next ones, up to as many rows as are asked for.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from core.datasets import Contract, Field, FieldType, GeometryType
from db.connection import Connection, Role, connect
from db.dataset_rows import Description, NewOrganisation
from db.datasets import act_for, insert_organisation
from db.migrate import migrate
from enjoy import publishing

DATASET: Final = "velo"
ROWS: Final = 392_000
STATIONS: Final = "vlille_stations.json"
MINUTES: Final = "vlille_2023-09-27_0000-1459_1min.parquet"
NOW: Final = datetime(2023, 9, 28, 12, tzinfo=UTC)
_AT_ONCE: Final = 50_000
_MEASURED: Final = pd.Timedelta(hours=15)

CONTRACT: Final = Contract(
    fields=(
        Field("station", FieldType.INTEGER, "Station", is_required=True),
        Field("at", FieldType.TIMESTAMP, "When", is_required=True),
        Field("name", FieldType.TEXT, "Name of the station"),
        Field("commune", FieldType.TEXT, "Commune"),
        Field("bikes", FieldType.INTEGER, "Bicycles", unit="1", is_required=True),
        Field("places", FieldType.INTEGER, "Free places", unit="1", is_required=True),
    ),
    key_fields=("station",),
    time_field="at",
    geometry_type=GeometryType.POINT,
)
DESCRIPTION: Final = Description(
    "V'lille stations", "Counted every minute.", "etalab-2.0", "TRAN", ["bicycle"], "open", 60, None
)


def minutes(folder: Path, rows: int) -> "pd.DataFrame":
    """Return so many minutes of stations, a row for each station and minute, by time."""
    measured = pd.read_parquet(folder / MINUTES).drop_duplicates(["time_local", "station_id"], keep="last")
    measured["at"] = measured["time_local"].dt.tz_localize("Europe/Paris").dt.tz_convert("UTC")
    once = measured.sort_values(["at", "station_id"])
    times = -(-rows // len(once))
    return pd.concat([once.assign(at=once["at"] + turn * _MEASURED) for turn in range(times)])[:rows]


def records(folder: Path, rows: int) -> Iterator[list[dict[str, Any]]]:
    """Yield records as publishers send them, some ten thousands at a time."""
    stations = {one["id"]: one for one in json.loads((folder / STATIONS).read_text())}
    found = minutes(folder, rows)
    for first in range(0, len(found), _AT_ONCE):
        part = found[first : first + _AT_ONCE]
        columns = zip(
            part["station_id"].tolist(),
            part["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            part["nb_velos_dispo"].tolist(),
            part["nb_places_dispo"].tolist(),
            part["longitude"].tolist(),
            part["latitude"].tolist(),
            strict=True,
        )
        yield [
            {
                "station": station,
                "at": at,
                "name": stations[station]["nom"],
                "commune": stations[station]["commune"],
                "bikes": bikes,
                "places": places,
                "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
            }
            for station, at, bikes, places, longitude, latitude in columns
        ]


async def publish(url: str, folder: Path, rows: int) -> None:
    """Migrate a database and publish the dataset in it.

    Raises
    ------
    SystemExit
        A record was refused.
    """
    await migrate(url)
    async with await connect(url, Role.OWNER) as connection:
        owner = await insert_organisation(connection, NewOrganisation("ilevia", "Ilévia", "partner"))
    async with await connect(url, Role.ENJOY_WRITE) as connection:
        await act_for(connection, [owner])
        published = await publishing.declare(
            connection, owner, DATASET, DESCRIPTION, CONTRACT, actor="benchmark", now=NOW
        )
        for part in records(folder, rows):
            received = await publishing.receive(connection, published, part, source="api", now=NOW)
            if received.refusals:
                raise SystemExit(f"A record was refused: {received.refusals[0]}")
    async with await connect(url, None, autocommit=True) as connection:
        await _settle(connection)


async def _settle(connection: Connection) -> None:
    """Have the database know what it holds, as it does some minutes after by itself."""
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
