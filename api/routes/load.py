"""Load of places by slot and of usage points as their meters sent it; latest values."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from api.access import Needs
from api.context import Reading
from api.models import load as told
from api.models.page import Page
from api.noting import NotesReads
from api.paging import Cursor, Limit, bounded, page_of, read_key
from api.routes.parameters import (
    AsOf,
    End,
    PlaceCode,
    PlaceLevel,
    Start,
    place_id_of,
    require_span,
    usage_point_id_of,
)
from core.errors import InputError, NotFoundError
from core.quality import Quality
from core.registers import REGISTER_BY_NAME, REGISTERS, RegisterKind
from core.slots import SLOT
from db.labels import usage_point_labels
from db.latest import LatestValue, place_latest, usage_point_latest
from db.load import IntervalReading, PlaceSlot, place_load, usage_point_load

router = APIRouter(prefix="/v1", tags=["load"], dependencies=[Depends(Needs("read:grid"))])

_INTERVAL_REGISTERS: Final = [register.name for register in REGISTERS if register.kind is RegisterKind.INTERVAL]
#: Older knowledge is summed again from single readings.
_LONGEST_AS_OF: Final = timedelta(days=8)
_NEXT_INSTANT: Final = timedelta(microseconds=1)

UsagePointKey = Annotated[UUID, Path(description="Pseudonymous key", examples=["8f14e45f-ceea-467f-a9d1-2c4b1f0c7a11"])]
IntervalRegister = Annotated[
    str, Query(description="Register with values over intervals", json_schema_extra={"enum": _INTERVAL_REGISTERS})
]


def _register_id(name: str) -> int:
    if name not in _INTERVAL_REGISTERS:
        known = ", ".join(_INTERVAL_REGISTERS)
        raise InputError("register_unknown", f"Not a register of intervals: there are {known}.", field="register")
    return REGISTER_BY_NAME[name].register_id


def _from(start: datetime, cursor: str | None, step: timedelta) -> datetime:
    return start if cursor is None else max(start, read_key(cursor, datetime.fromisoformat) + step)


def _told_reading(reading: IntervalReading) -> told.IntervalReading:
    return told.IntervalReading(
        start_at=reading.start_at,
        step_s=reading.step_s,
        value=reading.value,
        quality=Quality(reading.quality).label,
        known_at=reading.known_at,
    )


def _told_value(value: LatestValue) -> told.LatestValue:
    return told.LatestValue(
        register_name=value.register,
        unit=value.unit,
        at=value.at,
        step_s=value.step_s,
        value=value.value,
        quality=Quality(value.quality).label,
        known_at=value.known_at,
    )


@router.get("/places/{level}/{code}/load")
async def get_place_load(
    request: Request,
    connection: Reading,
    *,
    level: PlaceLevel,
    code: PlaceCode,
    start: Start,
    end: End,
    as_of: AsOf = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Page[told.PlaceSlot]:
    """List the half-hour slots of a place that start in `[start, end)`; with `as_of`, as known then (up to 8 days)."""
    require_span(start, end)
    if as_of is not None and end - start > _LONGEST_AS_OF:
        raise InputError("span_too_long", "With `as_of`, a span may be up to 8 days long.", field="end")
    place_id = await place_id_of(connection, level, code)
    first = _from(start, cursor, SLOT)
    rows = await place_load(connection, place_id, first, end, limit=bounded(limit) + 1, as_of=as_of)
    return page_of(request, rows, limit, item=told.PlaceSlot.model_validate, key=lambda row: [row.start_at])


@router.get("/places/{level}/{code}/latest")
async def get_place_latest(
    connection: Reading, level: PlaceLevel, code: PlaceCode, as_of: AsOf = None
) -> told.PlaceSlot:
    """Tell the newest nearly whole slot: with at least 90 % of the usage points of the fullest of the last 48.

    With `as_of`, as known then, of the two days before.
    """
    place_id = await place_id_of(connection, level, code)
    slot: PlaceSlot | None = await place_latest(connection, place_id, as_of=as_of)
    if slot is None:
        raise NotFoundError("load_unknown", f"No load is known yet for {level} {code!r}.")
    return told.PlaceSlot.model_validate(slot)


@router.get("/usage-points/{key}/load")
async def get_usage_point_load(
    request: Request,
    connection: Reading,
    reads: NotesReads,
    *,
    key: UsagePointKey,
    start: Start,
    end: End,
    register: IntervalRegister = "import_wh",
    as_of: AsOf = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Page[told.IntervalReading]:
    """List the values of a register whose intervals start in `[start, end)`; with `as_of`, before later revisions."""
    require_span(start, end)
    register_id = _register_id(register)
    usage_point_id = await usage_point_id_of(connection, key)
    reads.note(usage_point_id, "load", start, end)
    first = _from(start, cursor, _NEXT_INSTANT)
    rows = await usage_point_load(
        connection, usage_point_id, register_id, first, end, limit=bounded(limit) + 1, as_of=as_of
    )
    return page_of(request, rows, limit, item=_told_reading, key=lambda row: [row.start_at])


@router.get("/usage-points/{key}/latest")
async def get_usage_point_latest(
    connection: Reading, reads: NotesReads, key: UsagePointKey, as_of: AsOf = None
) -> told.UsagePointLatest:
    """Tell the newest value of each register of a usage point; with `as_of`, as known then."""
    usage_point_id = await usage_point_id_of(connection, key)
    reads.note(usage_point_id, "latest")
    values = await usage_point_latest(connection, usage_point_id, as_of=as_of)
    return told.UsagePointLatest(items=[_told_value(value) for value in values])


@router.get("/usage-points/{key}/labels")
async def get_usage_point_labels(connection: Reading, reads: NotesReads, key: UsagePointKey) -> told.UsagePointLabels:
    """Tell what the devices of a usage point say in words, such as tariff and states, and what they said before."""
    usage_point_id = await usage_point_id_of(connection, key)
    reads.note(usage_point_id, "labels")
    labels = await usage_point_labels(connection, usage_point_id)
    return told.UsagePointLabels(items=[told.SaidLabel.model_validate(label) for label in labels])
