"""Tariffs: off-peak hours of usage points, colours of days, prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from core.tariff_calendar import Calendar
from core.tariffs import Prices, Tariff, Window
from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("tariffs")
_EVER: Final = (date(2000, 1, 1), date(2200, 1, 1))


@dataclass(frozen=True, slots=True)
class UsagePointTariff:
    """The tariff of a usage point, and its off-peak hours, local time as text."""

    usage_point_id: int
    tariff: str
    window_starts: list[str]
    window_ends: list[str]

    @property
    def option(self) -> Tariff:
        """Return the tariff."""
        return Tariff(self.tariff)

    @property
    def windows(self) -> tuple[Window, ...]:
        """Return the off-peak hours."""
        pairs = zip(self.window_starts, self.window_ends, strict=True)
        return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in pairs)


@dataclass(frozen=True, slots=True)
class TariffDay:
    """The colour of a local day, and who announced it."""

    tariff: str
    day: date
    color: str
    source: str


@dataclass(frozen=True, slots=True)
class TariffPrice:
    """What energy costs in a period from a local day on, and where that was published. [EUR/MWh]."""

    tariff: str
    period: str
    valid_from: date
    price_eur_per_mwh: float
    source: str


async def usage_point_tariffs(connection: Connection, usage_point_ids: Sequence[int]) -> list[UsagePointTariff]:
    """Return the tariffs of usage points, by rising key."""
    values = {"usage_point_ids": list(usage_point_ids)}
    return await all_rows(connection, UsagePointTariff, _SQL["usage_point_tariffs"], values)


async def replace_windows(connection: Connection, usage_point_id: int, windows: Sequence[Window]) -> None:
    """Store the off-peak hours of a usage point instead of those that it had."""
    values = {
        "usage_point_id": usage_point_id,
        "starts_at": [start for start, _ in windows],
        "ends_at": [end for _, end in windows],
    }
    async with translated_errors():
        await connection.execute(_SQL["delete_windows"], {"usage_point_id": usage_point_id})
        await connection.execute(_SQL["insert_windows"], values)


async def tariff_days(
    connection: Connection, *, first: date = _EVER[0], end: date = _EVER[1], tariff: str | None = None
) -> list[TariffDay]:
    """Return the colours of the local days in ``[first, end)``, by tariff and day."""
    return await all_rows(connection, TariffDay, _SQL["tariff_days"], {"first": first, "end": end, "tariff": tariff})


async def put_days(connection: Connection, days: Sequence[TariffDay], *, now: datetime) -> int:
    """Store colours of days, over what was stored; return how many were new or changed."""
    values = {
        "tariffs": [one.tariff for one in days],
        "days": [one.day for one in days],
        "colors": [one.color for one in days],
        "sources": [one.source for one in days],
        "now": now,
    }
    async with translated_errors():
        return (await connection.execute(_SQL["put_days"], values)).rowcount


async def tariff_prices(connection: Connection) -> list[TariffPrice]:
    """Return all prices, by tariff, period and day."""
    return await all_rows(connection, TariffPrice, _SQL["tariff_prices"])


async def put_prices(connection: Connection, prices: Sequence[TariffPrice]) -> None:
    """Store prices, over those of the same period and day."""
    values = {
        "tariffs": [one.tariff for one in prices],
        "periods": [one.period for one in prices],
        "valid_from": [one.valid_from for one in prices],
        "prices": [one.price_eur_per_mwh for one in prices],
        "sources": [one.source for one in prices],
    }
    async with translated_errors():
        await connection.execute(_SQL["put_prices"], values)


async def read_calendar(connection: Connection) -> Calendar:
    """Return the colours of all days that are known."""
    return Calendar({(one.tariff, one.day): one.color for one in await tariff_days(connection)})


async def read_prices(connection: Connection) -> Prices:
    """Return all prices as tariffs take them."""
    prices: dict[tuple[str, str], list[tuple[date, float]]] = {}
    for one in await tariff_prices(connection):
        prices.setdefault((one.tariff, one.period), []).append((one.valid_from, one.price_eur_per_mwh))
    return prices
