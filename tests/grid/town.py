"""A small territory in a test's database: one substation, two feeders, three transformers, with load and resources."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.connection import Connection, connect

_PLACES = (
    ("territory", "MEL", "Métropole"),
    ("commune", "59350", "Lille"),
    ("substation", "S1", "Poste source"),
    ("feeder", "F1", "Départ 1"),
    ("feeder", "F2", "Départ 2"),
    ("power_transformer", "T1", "Poste 1"),
    ("power_transformer", "T2", "Poste 2"),
    ("power_transformer", "T3", "Poste 3"),
)
_FEEDER_OF = {"T1": "F1", "T2": "F1", "T3": "F2"}


@dataclass(frozen=True, slots=True)
class Town:
    """Name what there is: place ids by code, and usage point ids by transformer code."""

    place: dict[str, int]
    usage_points: dict[str, list[int]]


async def build_town(url: str, *, rated_va: int = 100_000, usage_points: int = 3) -> Town:
    """Register the territory with `usage_points` behind each transformer and one gateway."""
    async with await connect(url, None) as connection:
        place = {code: await _place(connection, level, code, name) for level, code, name in _PLACES}
        await connection.execute(
            "INSERT INTO commune (place_id, insee_code, population, centroid)"
            " VALUES (%s, '59350', 200000, ST_SetSRID(ST_MakePoint(3.06, 50.63), 4326))",
            [place["59350"]],
        )
        await connection.execute("INSERT INTO substation (place_id) VALUES (%s)", [place["S1"]])
        for code in ("F1", "F2"):
            await connection.execute(
                "INSERT INTO feeder (place_id, substation_place_id, nominal_voltage_v) VALUES (%s, %s, 20000)",
                [place[code], place["S1"]],
            )
        await connection.execute("INSERT INTO gateway (name, shard) VALUES ('gw-0001', 0)")
        points = {code: await _transformer(connection, place, code, rated_va, usage_points) for code in _FEEDER_OF}
    return Town(place, points)


async def add_load(url: str, place_id: int, start: datetime, load_w: NDArray[np.float64], *, count: int = 10) -> None:
    """Store the rolled-up load of a place from `start` on; negative load is export. [W]."""
    energy_wh = np.asarray(load_w, dtype=np.float64) / 2
    async with await connect(url, None) as connection:
        await connection.execute(
            "INSERT INTO place_interval (place_id, usage_point_count, start_at, computed_at, import_wh, export_wh)"
            " SELECT %s, %s, at, at, greatest(wh, 0), greatest(-wh, 0) FROM unnest(%s::timestamptz[], %s::float8[])"
            " AS slot (at, wh)"
            " ON CONFLICT (place_id, start_at) DO UPDATE SET import_wh = excluded.import_wh,"
            " export_wh = excluded.export_wh, usage_point_count = excluded.usage_point_count",
            [place_id, count, [start + slot * SLOT for slot in range(energy_wh.size)], energy_wh.tolist()],
        )


async def add_readings(
    url: str, usage_point_id: int, start: datetime, load_w: Sequence[float], *, step_s: int = 1800
) -> None:
    """Store import values of a usage point from `start` on, one every `step_s`. [W]."""
    async with await connect(url, None) as connection:
        await connection.execute(
            "INSERT INTO interval_reading (usage_point_id, register_id, step_s, start_at, known_at, value)"
            " SELECT %s, 1, %s, %s + (number - 1) * make_interval(secs => %s), %s, watts * %s / 3600.0"
            " FROM unnest(%s::float8[]) WITH ORDINALITY AS one (watts, number)"
            " ON CONFLICT (usage_point_id, register_id, start_at) DO UPDATE SET value = excluded.value",
            [usage_point_id, step_s, start, step_s, start, step_s, list(load_w)],
        )


async def add_resource(url: str, usage_point_id: int, name: str, *, rated_power_w: int = 7_000) -> int:
    """Enrol an EV charger behind a usage point and return its key."""
    async with await connect(url, None) as connection:
        cursor = await connection.execute(
            "INSERT INTO end_device (name, kind, gateway_id, usage_point_id)"
            " SELECT %s, 'ev_charger', gateway_id, %s FROM gateway RETURNING end_device_id",
            [name, usage_point_id],
        )
        device = await _only(cursor.fetchall())
        await connection.execute(
            "INSERT INTO resource (end_device_id, rated_power_w) VALUES (%s, %s)", [device, rated_power_w]
        )
    return device


async def say(
    url: str, device: int, *, reported_at: datetime, opens: datetime, ready_by: datetime, need_wh: int, power_w: int
) -> None:
    """Store a statement of a resource."""
    async with await connect(url, None) as connection:
        await connection.execute(
            "INSERT INTO flexibility VALUES (%s, %s, %s, %s, %s, %s)",
            [device, reported_at, need_wh, power_w, opens, ready_by],
        )


async def answer(url: str, event_id: UUID, status: str) -> None:
    """Give every command of an event a status, as ingest would."""
    async with await connect(url, None) as connection:
        await connection.execute("UPDATE command SET status = %s WHERE event_id = %s", [status, event_id])


async def _place(connection: Connection, level: str, code: str, name: str) -> int:
    cursor = await connection.execute(
        "INSERT INTO place (level, code, name) VALUES (%s, %s, %s) RETURNING place_id", [level, code, name]
    )
    return await _only(cursor.fetchall())


async def _transformer(
    connection: Connection, place: dict[str, int], code: str, rated_va: int, count: int
) -> list[int]:
    await connection.execute(
        "INSERT INTO power_transformer (place_id, feeder_place_id, commune_place_id, rated_va) VALUES (%s, %s, %s, %s)",
        [place[code], place[_FEEDER_OF[code]], place["59350"], rated_va],
    )
    cursor = await connection.execute(
        "INSERT INTO usage_point (power_transformer_place_id, subscribed_va)"
        " SELECT %s, 9000 FROM generate_series(1, %s) RETURNING usage_point_id",
        [place[code], count],
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def _only(rows: object) -> int:
    ((key,),) = await rows  # type: ignore[misc]  # one row of one column, awaited here to keep the callers short
    return int(key)
