"""Readers as who runs a service manages them, what looks wrong of what they told, and figures of use."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.context import InContext
from api.enjoy.operating import Operating, Passes
from api.models.page import Page
from api.models.pass_readers import FlagCount, FlagOf, FlagsOf, NewReader, ReaderOf, ReaderWanted, StatisticOf
from api.paging import Cursor, Limit, bounded, page_of, read_key
from core.errors import NotFoundError
from db import pass_figures as figures
from db import pass_readers as store
from db.connection import Connection
from db.pass_readers import ReaderRow
from enjoy.accounts import Operator
from enjoy.passes.doors import Doors, end_reader, make_reader
from enjoy.passes.figures import KNOWN_FOR

router = APIRouter(prefix="/v1", tags=["services"])

_LARGEST_KEY: Final = 2**31 - 1
_MOST_ROWS: Final = 10_000
Runs = Annotated[Operator, Depends(Operating("manage:services"))]
ServiceName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,47}$", description="Service", examples=["marx-dormoy"])]
ReaderNumber = Annotated[int, Path(ge=1, le=_LARGEST_KEY, description="Reader", examples=[1])]
Since = Annotated[date | None, Query(description="Left out: 31 days ago", examples=["2026-11-01"])]
Until = Annotated[date | None, Query(description="Day after the last; left out: today", examples=["2026-12-01"])]


def _told(row: ReaderRow) -> ReaderOf:
    facts = {name: getattr(row, name) for name in ReaderOf.model_fields if hasattr(row, name)}
    return ReaderOf.model_validate(facts | {"reader": row.reader_id})


@router.post("/readers", status_code=HTTPStatus.CREATED)
async def post_reader(context: InContext, connection: Passes, operator: Runs, body: ReaderWanted) -> NewReader:
    """Make a reader for a venue; its secret is shown this once, and only its hash is kept."""
    row, secret = await make_reader(
        connection,
        operator.organisation_id,
        body.service,
        body.venue,
        body.title,
        actor=operator.actor,
        now=context.wall.now(),
    )
    return NewReader(secret=secret, **_told(row).model_dump())


@router.get("/readers")
async def get_readers(
    request: Request, connection: Passes, operator: Runs, limit: Limit = 100, cursor: Cursor = None
) -> Page[ReaderOf]:
    """List the readers of one's services and venues, by number."""
    after = 0 if cursor is None else read_key(cursor, int)
    rows = await store.readers(connection, operator.organisation_id, after=after, limit=bounded(limit) + 1)
    return page_of(request, rows, limit, item=_told, key=lambda row: [row.reader_id])


@router.delete("/readers/{reader}", status_code=HTTPStatus.NO_CONTENT)
async def delete_reader(
    request: Request, context: InContext, connection: Passes, operator: Runs, reader: ReaderNumber
) -> Response:
    """Revoke a reader for good; what it did alone before may still be told, and is flagged."""
    await end_reader(connection, operator.organisation_id, reader, actor=operator.actor, now=context.wall.now())
    doors: Doors = request.app.state.doors
    doors.forget()
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/services/{service}/flags")
async def get_flags(context: InContext, connection: Passes, operator: Runs, service: ServiceName) -> FlagsOf:
    """Tell which admissions look wrong: one by one for 48 hours, and how many there were on each day."""
    service_id = await _own(connection, operator, service)
    since = context.wall.now() - KNOWN_FOR
    recent = await figures.recent_flags(connection, service_id, since=since, limit=_MOST_ROWS)
    counts = await figures.flag_counts(connection, service_id, limit=_MOST_ROWS)
    return FlagsOf(
        recent=[FlagOf.model_validate(one) for one in recent],
        counts=[FlagCount.model_validate(one) for one in counts],
    )


@router.get("/services/{service}/statistics")
async def get_statistics(
    context: InContext,
    connection: Passes,
    operator: Runs,
    service: ServiceName,
    since: Since = None,
    until: Until = None,
) -> list[StatisticOf]:
    """Tell how often venues were used, by day and price class, where enough holders did; counted the day after.

    What is hidden is null with a reason: `k`, too few holders; `complementary`, another figure could be worked out.
    """
    service_id = await _own(connection, operator, service)
    last = until or context.wall.now().date()
    first = since or last - timedelta(days=31)
    rows = await figures.statistics(connection, service_id, since=first, until=last, limit=_MOST_ROWS)
    return [
        StatisticOf(
            venue=row.venue,
            day=row.day,
            price_class=row.price_class or None,
            admissions=row.admission_count,
            hidden=row.hidden,  # type: ignore[arg-type]  # the table takes no other words
        )
        for row in rows
    ]


async def _own(connection: Connection, operator: Operator, service: str) -> int:
    found = await figures.own_service(connection, operator.organisation_id, service)
    if found is None:
        raise NotFoundError("service_unknown", "There is no such service of yours.", service=service)
    return found
