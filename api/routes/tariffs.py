"""Tariffs: what holds at a usage point, its off-peak hours, colours of days, prices."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from api.access import Caller, Needs
from api.context import InContext, Reading, Writing
from api.models import tariff as told
from api.routes.parameters import End, Start, require_span, usage_point_id_of
from core.errors import InputError
from core.local_clock import slot_starts_s
from core.slots import SLOT, slot_floor
from core.tariffs import PERIODS, require_windows, tariff_of
from db.audit import record
from db.connection import Connection
from db.tariffs import (
    UsagePointTariff,
    read_calendar,
    replace_windows,
    tariff_days,
    tariff_prices,
    usage_point_tariffs,
)
from grid.demand_response.tariffs import read_tariff_slots

router = APIRouter(prefix="/v1", tags=["demand response"])

_LONGEST: Final = timedelta(days=8)
_READ: Final = [Depends(Needs("read:grid"))]
UsagePointKey = Annotated[UUID, Path(description="Pseudonymous key", examples=["8f14e45f-ceea-467f-a9d1-2c4b1f0c7a11"])]
Operator = Annotated[Caller, Depends(Needs("operate:grid"))]
FirstDay = Annotated[date, Query(description="First local day", examples=["2025-09-01"])]
EndDay = Annotated[date, Query(description="Local day after the last", examples=["2026-09-01"])]
OfDays = Annotated[Literal["tempo", "ejp"], Query(description="Whose days", examples=["tempo"])]


@router.get("/usage-points/{key}/tariff", dependencies=_READ)
async def get_tariff(connection: Reading, key: UsagePointKey, start: Start, end: End) -> told.UsagePointTariff:
    """Tell period, price and relay in the slots that touch `[start, end)`, up to 8 days."""
    require_span(start, end)
    if end - start > _LONGEST:
        raise InputError("span_too_long", "A span may be up to 8 days long.", field="end")
    return await _tariff(connection, await usage_point_id_of(connection, key), start, end)


@router.put("/usage-points/{key}/off-peak-hours")
async def put_off_peak_hours(
    context: InContext, connection: Writing, caller: Operator, key: UsagePointKey, body: told.Windows
) -> told.Windows:
    """Store the off-peak hours of a usage point, instead of those that it had."""
    usage_point_id = await usage_point_id_of(connection, key)
    windows = [(one.starts_at, one.ends_at) for one in body.items]
    if any(one.tzinfo is not None for window in windows for one in window):
        raise InputError("window_with_zone", "Off-peak hours are local: they carry no time zone.", field="items")
    require_windows(windows)
    await replace_windows(connection, usage_point_id, windows)
    await record(
        connection,
        at=context.clock.now(),
        actor=f"token/{caller.name}",
        action="off_peak_hours.set",
        subject=f"usage_point/{key}",
        facts={"windows": [f"{start}/{end}" for start, end in windows]},
    )
    (row,) = await usage_point_tariffs(connection, [usage_point_id])
    return told.Windows(items=_windows(row))


@router.get("/tariff-days", dependencies=_READ)
async def get_tariff_days(connection: Reading, tariff: OfDays, start: FirstDay, end: EndDay) -> told.TariffDays:
    """List the colours that are known of the days in `[start, end)`; `somel tariffs import` stores them."""
    rows = await tariff_days(connection, first=start, end=end, tariff=tariff)
    return told.TariffDays(items=[told.TariffDay.model_validate(row) for row in rows])


@router.get("/tariff-prices", dependencies=_READ)
async def get_tariff_prices(connection: Reading) -> told.TariffPrices:
    """List all prices; `somel tariffs import` stores them."""
    rows = await tariff_prices(connection)
    return told.TariffPrices(items=[told.TariffPrice.model_validate(row) for row in rows])


async def _tariff(connection: Connection, usage_point_id: int, start: datetime, end: datetime) -> told.UsagePointTariff:
    (row,) = await usage_point_tariffs(connection, [usage_point_id])
    first = slot_floor(start)
    count = -((first - end) // SLOT)
    at_s = slot_starts_s(first, count)
    codes = tariff_of(row.option, at_s, windows=row.windows, calendar=await read_calendar(connection))
    found = await read_tariff_slots(connection, [usage_point_id], start_at=first, slots=count)
    columns = (found.low_eur_per_mwh[0], found.high_eur_per_mwh[0], found.relay_ratio[0])
    slots = [
        told.TariffSlot(
            start_at=datetime.fromtimestamp(at, UTC),
            period=PERIODS[code],
            low_eur_per_mwh=_known(low),
            high_eur_per_mwh=_known(high),
            relay_ratio=relay,
        )
        for at, code, low, high, relay in zip(
            at_s.tolist(), codes.tolist(), *(column.tolist() for column in columns), strict=True
        )
    ]
    return told.UsagePointTariff(tariff=row.option.value, windows=_windows(row), slots=slots)


def _windows(row: UsagePointTariff) -> list[told.Window]:
    return [told.Window(starts_at=start, ends_at=end) for start, end in row.windows]


def _known(price: float) -> float | None:
    return None if math.isnan(price) else price
