"""Ninety days of a small town before an event, stored the way ingest stores, and a late batch after it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np

from core.quality import Quality
from db.columns import IntervalColumns
from db.connection import Role, connect
from db.weather import Coordinates, WeatherColumns, add_weather_point, insert_weather, weather_points
from db.writing import write_batch
from tests.db.village import readings
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON
from tests.grid.demand_response.test_measurement import run_event
from tests.grid.town import Town, build_town

#: The first statement is as known then, the second after the late batch.
FIRST = EVENT_ENDS + timedelta(hours=2)
LATE = EVENT_ENDS + timedelta(hours=20)
SECOND = EVENT_ENDS + timedelta(hours=24)
DAYS = 90
#: From four hours before the event to half an hour after it. [slots]
WINDOW = 11
_OPENS = EVENT_STARTS - timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Word:
    """What a meter says: energy of a half-hour. [Wh]."""

    usage_point_id: int
    start_at: datetime
    energy_wh: float
    quality: Quality = Quality.OK


async def store(url: str, words: Iterable[Word], *, known_at: datetime) -> None:
    """Write words in one batch, as ingest does."""
    said = list(words)
    columns = IntervalColumns(
        np.array([word.usage_point_id for word in said], np.int32),
        np.ones(len(said), np.int16),
        np.array([word.quality for word in said], np.int16),
        np.full(len(said), 1_800, np.int32),
        np.array([int(word.start_at.timestamp()) for word in said], np.int64),
        np.array([word.energy_wh for word in said], np.float32),
    )
    async with await connect(url, Role.INGEST, autocommit=True) as connection:
        await write_batch(
            connection,
            worker="w",
            message_count=1,
            intervals=columns,
            readings=readings([]),
            refusals=[],
            known_at=known_at,
        )


def at(day: date, slot: int) -> datetime:
    """Return the start of a slot of the window on a day; slot 8 is the first of the event, on the winter's clock."""
    return datetime(day.year, day.month, day.day, 14, tzinfo=UTC) + slot * timedelta(minutes=30)


def usual_w(usage_point: int, day: date, slot: int) -> float:
    """Return a load that depends on everything, in steps that single precision holds exactly. [W]."""
    noise = (usage_point * 7_919 + day.toordinal() * 104_729 + slot * 1_299_709) % 64
    return 1_000.0 + 100.0 * usage_point + 40.0 * slot + 8.0 * noise + 20.0 * max(0.0, 17.0 - degrees(day))


def degrees(day: date) -> float:
    """Return the temperature of a day. [degC]."""
    return float((day.toordinal() * 37) % 16)


def past_days(end: datetime = EVENT_STARTS) -> list[date]:
    return [(end - timedelta(days=back)).date() for back in range(DAYS, 0, -1)]


def words_of(usage_points: Sequence[int], days: Sequence[date], *, slots: range = range(WINDOW)) -> list[Word]:
    return [
        Word(point, at(day, slot), usual_w(point, day, slot) / 2)
        for point in usage_points
        for day in days
        for slot in slots
    ]


async def town_with_event(url: str) -> tuple[Town, UUID]:
    """Build the town: those behind T1 were called, the six others were not; return it with its event."""
    town = await build_town(url, usage_points=3)
    everybody = [point for points in town.usage_points.values() for point in points]
    await store(url, words_of(everybody, past_days()), known_at=NOON)
    await weather(url, [*past_days(), EVENT_STARTS.date()], known_at=NOON, warmer=0.0)
    event_id = await run_event(url, town)
    return town, event_id


async def weather(url: str, days: Sequence[date], *, known_at: datetime, warmer: float) -> None:
    """Store the temperature of all hours of days, at a point next to the town."""
    hours = [datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for day in days for hour in range(24)]
    async with await connect(url, Role.COMPUTE) as connection:
        await add_weather_point(connection, "Lille", Coordinates(50.63, 3.06))
        (point,) = await weather_points(connection)
        count, nothing = len(hours), np.full(len(hours), np.nan)
        columns = WeatherColumns(
            np.full(count, point.weather_point_id),
            np.array([int(hour.timestamp()) for hour in hours]),
            np.full(count, int(known_at.timestamp())),
            np.array([degrees(hour.date()) + warmer for hour in hours]),
            nothing, nothing, nothing,
        )  # fmt: skip
        await insert_weather(connection, "thermometer", columns)


async def the_event_is_measured(url: str, town: Town) -> None:
    """Store the day of the event an hour after it, but for the third of T1; the second's last slot is estimated."""
    one, two, three = town.usage_points["T1"]
    day = EVENT_STARTS.date()
    others = [point for code in ("T2", "T3") for point in town.usage_points[code]]
    words = words_of([one, two, *others], [day])
    words += words_of([three], [day], slots=range(8))
    saved = []
    for word in words:
        is_saving = word.usage_point_id in {one, two} and EVENT_STARTS <= word.start_at < EVENT_ENDS
        if (word.usage_point_id, word.start_at) != (two, at(day, 9)):
            saved.append(Word(word.usage_point_id, word.start_at, 150.0) if is_saving else word)
    saved.append(Word(two, at(day, 9), 175.0, Quality.ESTIMATED))
    await store(url, saved, known_at=EVENT_ENDS + timedelta(hours=1))


async def the_late_batch(url: str, town: Town) -> None:
    """Store what comes a day late.

    The third's event (arrived), the second's last slot (measured instead of estimated), the first's first slot
    (revised), a January day of the first that was far higher (another baseline day), the half-hour before the event and
    an early one of the second, a control's event, and other temperatures.
    """
    one, two, three = town.usage_points["T1"]
    control = town.usage_points["T2"][0]
    day = EVENT_STARTS.date()
    words = [Word(three, at(day, slot), 125.0) for slot in (8, 9, 10)]
    words += [Word(two, at(day, 9), 250.0), Word(one, at(day, 8), 200.0)]
    words += [Word(one, at(lowest_day(one), slot), 4_000.0) for slot in (8, 9)]
    words += [Word(two, at(day, 7), 900.0), Word(two, at(day, 0), 800.0), Word(control, at(day, 8), 2_000.0)]
    await store(url, words, known_at=LATE)
    await weather(url, past_days()[-20:], known_at=LATE, warmer=-3.0)


def lowest_day(usage_point: int) -> date:
    """Return the day with the least energy of the ten before the event."""
    return min(TEN_DAYS, key=lambda day: usual_w(usage_point, day, 8) + usual_w(usage_point, day, 9))


#: The ten working days before Thursday 29 January 2026.
TEN_DAYS = [date(2026, 1, day) for day in (15, 16, 19, 20, 21, 22, 23, 26, 27, 28)]
