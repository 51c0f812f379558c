"""A small world to ask about: two feeders, three transformers, four usage points, a day of readings, and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from core.quality import Quality
from core.registers import EXPORT_WH, IMPORT_WH, POWER_W
from core.slots import SLOT
from db.access import create_token, revoke_token
from db.audit import record
from db.columns import IntervalColumns, ReadingColumns
from db.connection import Connection, Role, connect
from db.forecasts import ForecastSkill, insert_forecasts, insert_run, insert_skill
from db.rollup import roll_up_pending
from db.weather import Coordinates, ForecastWeather, add_weather_point, insert_forecast_weather, weather_points
from db.writing import Refusal, write_batch
from ingest.vee.steps import take_step

DAY: Final = datetime(2026, 1, 15, tzinfo=UTC)
#: When the first values became known, and when some were revised.
FIRST_KNOWN: Final = DAY + timedelta(days=1)
REVISED: Final = DAY + timedelta(days=2)
#: What the clock of the application shows.
NOW: Final = DAY + timedelta(days=2, hours=12)
ISSUES: Final = (DAY + timedelta(hours=12), DAY + timedelta(hours=18))
EVENTS: Final = 5
REFUSED: Final = (("value_negative", 2), ("device_unknown", 1), ("value_negative", 1), ("payload_malformed", 1))

_PLACES: Final = (
    ("territory", "MEL", "Métropole"),
    ("substation", "PS-1", "Poste source"),
    ("feeder", "F-1", "Départ République"),
    ("feeder", "F-2", "Départ Vauban"),
    ("commune", "59009", "Villeneuve-d'Ascq"),
    ("commune", "59350", "Lille"),
    ("power_transformer", "T-1", "Poste 1"),
    ("power_transformer", "T-2", "Poste 2"),
    ("power_transformer", "T-3", "Poste 3"),
)
_TRANSFORMERS: Final = (("T-1", "F-1", "59350", 2), ("T-2", "F-1", "59350", 1), ("T-3", "F-2", "59009", 1))
_SCOPES: Final = {
    "all": ["read:grid", "read:ingest", "operate:grid"],
    "grid": ["read:grid"],
    "ingest": ["read:ingest"],
    "operate": ["operate:grid"],
    "privacy": ["privacy"],
    "admin": ["admin"],
}


@dataclass(frozen=True, slots=True)
class World:
    """Name what there is: the database, secrets by what they may do, place ids by code, pseudonyms by usage point."""

    url: str
    secrets: dict[str, str]
    place: dict[str, int]
    key: dict[int, UUID]
    usage_points: list[int]


async def build_world(url: str) -> World:
    """Fill a migrated database."""
    async with await connect(url, None) as connection:
        place = {code: await _place(connection, level, code, name) for level, code, name in _PLACES}
        await _equipment(connection, place)
        usage_points = [one for row in _TRANSFORMERS for one in await _transformer(connection, place, row)]
        key = await _keys(connection)
        await _events(connection, place["F-1"])
        secrets = await _tokens(connection)
    async with await connect(url, Role.INGEST) as connection:
        await write_intervals(connection, _first_day(usage_points), known_at=FIRST_KNOWN)
        await write_intervals(connection, _revisions(usage_points), known_at=REVISED, refusals=_refusals())
        await roll_up_pending(connection, REVISED)
        while not (await take_step(connection, NOW, rest_s=0.0)).is_idle:
            pass
    async with await connect(url, Role.COMPUTE) as connection:
        for issued_at in ISSUES:
            await _forecast(connection, place["F-1"], issued_at)
    return World(url, secrets, place, key, usage_points)


def intervals(
    usage_point: int, values: Sequence[float], *, start: datetime = DAY, step_s: int = 1800, register: int = 1
) -> IntervalColumns:
    """Return values of one usage point and register from `start` on, all of quality ok."""
    count = len(values)
    return IntervalColumns(
        usage_point_id=np.full(count, usage_point, np.int32),
        register_id=np.full(count, register, np.int16),
        quality=np.zeros(count, np.int16),
        step_s=np.full(count, step_s, np.int32),
        start_s=int(start.timestamp()) + step_s * np.arange(count, dtype=np.int64),
        value=np.array(values, np.float32),
    )


async def write_intervals(
    connection: Connection, parts: Sequence[IntervalColumns], *, known_at: datetime, refusals: Sequence[Refusal] = ()
) -> None:
    """Write one batch the way ingest does."""
    names = ("usage_point_id", "register_id", "quality", "step_s", "start_s", "value")
    columns = IntervalColumns(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    power = ReadingColumns(
        usage_point_id=columns.usage_point_id[:1],
        register_id=np.array([POWER_W.register_id], np.int16),
        quality=np.zeros(1, np.int16),
        read_us=np.array([int(known_at.timestamp()) * 1_000_000], np.int64),
        value=np.array([532.0]),
    )
    await write_batch(
        connection,
        worker="ingest-1",
        message_count=len(parts),
        intervals=columns,
        readings=power,
        refusals=list(refusals),
        known_at=known_at,
    )


def _first_day(points: Sequence[int]) -> list[IntervalColumns]:
    estimated = intervals(points[3], [500.0] * 48)
    estimated.quality[5] = Quality.ESTIMATED
    estimated.quality[6] = Quality.BAD
    return [
        intervals(points[0], [100.0 + slot for slot in range(48)], register=IMPORT_WH.register_id),
        intervals(points[1], [240.0] * 24, step_s=3600),
        intervals(points[2], [30.0] * 95, step_s=900),
        estimated,
        intervals(points[3], [20.0] * 48, register=EXPORT_WH.register_id),
    ]


def _revisions(points: Sequence[int]) -> list[IntervalColumns]:
    return [intervals(points[0], [300.0, 301.0, 302.0, 113.0], start=DAY + 10 * SLOT)]


def _refusals() -> list[Refusal]:
    return [
        Refusal("somel/v1/0/gw-0001/batch", "application/json", code, "Not as it has to be.", count, b'{"a": 1}')
        for code, count in REFUSED
    ]


async def _place(connection: Connection, level: str, code: str, name: str) -> int:
    cursor = await connection.execute(
        "INSERT INTO place (level, code, name) VALUES (%s, %s, %s) RETURNING place_id", [level, code, name]
    )
    ((place_id,),) = await cursor.fetchall()
    return int(place_id)


async def _equipment(connection: Connection, place: dict[str, int]) -> None:
    await connection.execute(
        "INSERT INTO commune (place_id, insee_code, population, centroid, boundary) VALUES"
        " (%s, '59350', 236234, ST_SetSRID(ST_Point(3.05, 50.63), 4326),"
        " ST_Multi(ST_MakeEnvelope(3.0, 50.6, 3.1, 50.7, 4326))),"
        " (%s, '59009', 61924, ST_SetSRID(ST_Point(3.14, 50.62), 4326), NULL)",
        [place["59350"], place["59009"]],
    )
    await connection.execute(
        "INSERT INTO substation (place_id, location) VALUES (%s, ST_SetSRID(ST_Point(3.05, 50.6), 4326))",
        [place["PS-1"]],
    )
    for code in ("F-1", "F-2"):
        await connection.execute(
            "INSERT INTO feeder (place_id, substation_place_id, nominal_voltage_v) VALUES (%s, %s, 20000)",
            [place[code], place["PS-1"]],
        )


async def _transformer(connection: Connection, place: dict[str, int], row: tuple[str, str, str, int]) -> list[int]:
    code, feeder, commune, count = row
    await connection.execute(
        "INSERT INTO power_transformer (place_id, feeder_place_id, commune_place_id, rated_va, location)"
        " VALUES (%s, %s, %s, 400000, ST_SetSRID(ST_Point(3.05, 50.62), 4326))",
        [place[code], place[feeder], place[commune]],
    )
    cursor = await connection.execute(
        "INSERT INTO usage_point (power_transformer_place_id, subscribed_va)"
        " SELECT %s, 6000 FROM generate_series(1, %s) RETURNING usage_point_id",
        [place[code], count],
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def _keys(connection: Connection) -> dict[int, UUID]:
    cursor = await connection.execute("SELECT usage_point_id, usage_point_key FROM usage_point")
    return dict(await cursor.fetchall())


async def _events(connection: Connection, place_id: int) -> None:
    # Two start at the same time: their order then depends on the second half of the key.
    for number in range(EVENTS):
        start = DAY + timedelta(hours=max(1, number))
        await connection.execute(
            "INSERT INTO event (name, place_id, starts_at, ends_at, created_at, status_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [f"Event {number}", place_id, start, start + timedelta(hours=1), DAY, DAY],
        )
        subject, at = f"event/{number}", DAY + timedelta(minutes=number)
        await record(connection, at=at, actor="token/all", action="event.drafted", subject=subject, facts={"é": number})


async def _tokens(connection: Connection) -> dict[str, str]:
    secrets = {name: (await create_token(connection, name, scopes))[1] for name, scopes in _SCOPES.items()}
    token, secrets["revoked"] = await create_token(connection, "revoked", ["admin"])
    await revoke_token(connection, token.access_token_id)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    _, secrets["expired"] = await create_token(connection, "expired", ["admin"], past)
    return secrets


async def _forecast(connection: Connection, place_id: int, issued_at: datetime) -> None:
    quantiles = (0.05, 0.5, 0.95)
    run_id = await insert_run(
        connection, issued_at=issued_at, known_until=issued_at, horizon_slots=96, quantiles=quantiles
    )
    load_w = np.full((1, 96), 1_000.0 + issued_at.hour)
    band_w = np.stack([load_w - 100, load_w, load_w + 100], axis=2)
    await insert_forecasts(
        connection,
        forecast_run_id=run_id,
        place_id=np.array([place_id], np.int32),
        first_valid_from=issued_at,
        load_w=load_w,
        quantile_load_w=band_w,
    )
    if issued_at == ISSUES[1]:
        await _weather(connection, run_id, place_id, issued_at)
    skill = ForecastSkill(run_id, place_id, "double_seasonal", 14, 50.0, 90.0, 0.06, 0.11, 40.0, 0.9)
    await insert_skill(connection, [skill])


async def _weather(connection: Connection, run_id: int, place_id: int, issued_at: datetime) -> None:
    await add_weather_point(connection, "Lille", Coordinates(50.63, 3.06))
    point = (await weather_points(connection))[0].weather_point_id
    used = ForecastWeather(place_id, point, "weather.example.org", issued_at - timedelta(hours=2), 0.75)
    await insert_forecast_weather(connection, forecast_run_id=run_id, used=[used])
