"""Whether readings can be believed: findings, and how complete days are."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from api.access import Needs
from api.context import Reading
from api.models import vee as told
from api.models.page import Page
from api.noting import NotesReads, Reads
from api.paging import Cursor, Limit, bounded, page_of, parsed, read_before, read_cursor
from db.connection import Connection
from db.load import find_usage_point_id
from db.vee_reports import NEWEST, DayKey, Wanted, read_days, read_findings

router = APIRouter(prefix="/v1", tags=["validation"], dependencies=[Depends(Needs("read:grid"))])

OfUsagePoint = Annotated[UUID | None, Query(description="Only this usage point, by pseudonym")]
OfCommune = Annotated[
    str | None,
    Query(pattern="^[0-9][0-9AB][0-9]{3}$", description="Only this commune, by INSEE code", examples=["59350"]),
]
OfDay = Annotated[date | None, Query(description="Only this local day (Europe/Paris)", examples=["2026-01-15"])]
OfRule = Annotated[
    str | None, Query(max_length=100, pattern="^[a-z_]+$", description="Only this rule", examples=["gap"])
]
Cleared = Annotated[bool, Query(description="Also findings that later data healed")]
Incomplete = Annotated[bool, Query(description="Only days with a slot that was not measured")]


@router.get("/findings")
async def get_findings(
    request: Request,
    connection: Reading,
    reads: NotesReads,
    *,
    usage_point: OfUsagePoint = None,
    commune: OfCommune = None,
    day: OfDay = None,
    rule: OfRule = None,
    cleared: Cleared = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.Finding]:
    """List what the validation rules found, newest first."""
    before = read_before(cursor, NEWEST)
    await _note(connection, reads, usage_point)
    wanted = Wanted(usage_point, commune, day)
    rows = await read_findings(connection, wanted, limit=bounded(limit) + 1, rule=rule, cleared=cleared, before=before)
    return page_of(request, rows, limit, item=told.Finding.model_validate, key=lambda row: [row.vee_finding_id])


@router.get("/completeness")
async def get_completeness(
    request: Request,
    connection: Reading,
    reads: NotesReads,
    *,
    usage_point: OfUsagePoint = None,
    commune: OfCommune = None,
    day: OfDay = None,
    incomplete: Incomplete = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.Completeness]:
    """List how complete the local days of usage points are, latest first."""
    before = None if cursor is None else _day_key(cursor)
    await _note(connection, reads, usage_point)
    wanted = Wanted(usage_point, commune, day)
    rows = await read_days(connection, wanted, limit=bounded(limit) + 1, incomplete=incomplete, before=before)
    return page_of(
        request,
        rows,
        limit,
        item=told.Completeness.model_validate,
        key=lambda row: [row.day, row.usage_point_key, row.register_name],
    )


async def _note(connection: Connection, reads: Reads, usage_point: UUID | None) -> None:
    """Note the read where it is of one usage point alone."""
    usage_point_id = None if usage_point is None else await find_usage_point_id(connection, usage_point)
    if usage_point_id is not None:
        reads.note(usage_point_id, "quality")


def _day_key(cursor: str) -> DayKey:
    day, usage_point_key, register_name = read_cursor(cursor, 3)
    return DayKey(parsed(day, date.fromisoformat), parsed(usage_point_key, UUID), register_name)
