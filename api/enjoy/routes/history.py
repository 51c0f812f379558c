"""What was: records of a dataset gathered in buckets of time."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.enjoy.access import Sharing
from api.enjoy.asked import READ, selected
from api.enjoy.features.answers import is_known, unchanged
from api.enjoy.gathering import MOST_BUCKETS, gathering_of, key_after, read_after
from api.enjoy.routes.datasets import DatasetName
from api.enjoy.shapes import Version, shape_of, told_of
from api.models.fields import GivenInstant
from api.paging import Cursor, Limit, bounded
from core.errors import ConflictError
from core.instants import instant_text
from db.bucketed import Bucket, Gathering, buckets
from db.views import View

router = APIRouter(prefix="/v1", tags=["records"])

_OWN: Final = frozenset({"f", "version", "from", "to", "every", "aggregate", "group_by", "limit", "cursor"})


class HistoryForm(StrEnum):
    """How history is written."""

    JSON = "json"
    CSV = "csv"


@router.get(
    "/datasets/{name}/history",
    response_class=Response,
    responses={
        200: {
            "description": "Buckets that hold records, by start and key",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        },
        304: {"description": "Nothing has changed since"},
    },
    openapi_extra={"parameters": READ},
)
async def get_history(
    request: Request,
    connection: Sharing,
    name: DatasetName,
    *,
    since: Annotated[
        GivenInstant, Query(alias="from", description="Begin of the span", examples=["2026-01-15T00:00:00+01:00"])
    ],
    until: Annotated[
        GivenInstant,
        Query(alias="to", description="End of the span, not in it", examples=["2026-01-16T00:00:00+01:00"]),
    ],
    every: Annotated[
        str,
        Query(
            max_length=20,
            description="How long a bucket is: PT15M, PT1H, P1D, P1W, P1M, P1Y; days and months begin at midnight in "
            f"Lille, weeks on Monday. At most {MOST_BUCKETS:,} buckets fit into the span",
            examples=["PT15M"],
        ),
    ],
    aggregate: Annotated[
        str,
        Query(
            max_length=2_000,
            description="Pairs of field and count, min, max, avg, sum, first or last, joined by commas",
            examples=["bikes:avg,bikes:max"],
        ),
    ],
    group_by: Annotated[
        str | None,
        Query(max_length=500, description="Fields of the key, joined by commas; left out: all of them; none: no field"),
    ] = None,
    version: Version = None,
    f: HistoryForm = HistoryForm.JSON,
    limit: Limit = 1_000,
    cursor: Cursor = None,
) -> Response:
    """Gather records in buckets of time, for each key or over several.

    A bucket is named by its start and is there when it holds records. The first and the last hold what is in the span.
    """
    shape = await shape_of(request, connection, name, version)
    view = shape.view
    if view.time is None:
        raise ConflictError("dataset_without_time", "The dataset keeps no history: its contract has no time.")
    selection = selected(request, view, own=_OWN)
    wanted = gathering_of(view, selection, since=since, until=until, every=every, aggregate=aggregate, by=group_by)
    headers = told_of(request, shape)
    if is_known(request, headers["ETag"]):
        return unchanged(headers)
    after = None if cursor is None else read_after(view, wanted, cursor)
    rows = await buckets(connection, view, wanted, limit=bounded(limit) + 1, after=after)
    shown = rows[: bounded(limit)]
    more = _next(request, shown) if len(rows) > len(shown) else None
    if f is HistoryForm.CSV:
        if more is not None:
            headers["Link"] = ", ".join([*filter(None, [headers.get("Link")]), f'<{more}>; rel="next"'])
        return Response(_csv(view, wanted, shown), media_type="text/csv; charset=utf-8", headers=headers)
    items = [_item(view, wanted, row) for row in shown]
    return JSONResponse({"items": items, "next": more}, headers=headers)


def _next(request: Request, shown: Sequence[Bucket]) -> str:
    address = request.url.include_query_params(cursor=key_after(shown[-1]))
    return f"{address.path}?{address.query}"


def _item(view: View, wanted: Gathering, bucket: Bucket) -> dict[str, Any]:
    """Return a bucket as JSON: its time and key by their names, and of each field what was made of it."""
    item: dict[str, Any] = {str(view.time): _written(bucket.start_at)}
    item |= zip(wanted.by, map(_written, bucket.key), strict=True)
    for (field, kind), value in zip(wanted.aggregates, bucket.values, strict=True):
        item.setdefault(field, {})[kind.value] = _written(value)
    return item


def _csv(view: View, wanted: Gathering, shown: Sequence[Bucket]) -> str:
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow([view.time, *wanted.by, *(f"{field}.{kind}" for field, kind in wanted.aggregates)])
    out.writerows([_cell(one) for one in (row.start_at, *row.key, *row.values)] for row in shown)
    return text.getvalue()


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else _written(value)
