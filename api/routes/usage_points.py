"""Usage points, by pseudonym."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request

from api.access import Needs
from api.context import Reading
from api.models import place as told
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_key
from api.routes.parameters import Within, place_named
from db.places import LOWEST_KEY, usage_points

router = APIRouter(prefix="/v1", tags=["territory"], dependencies=[Depends(Needs("read:grid"))])


@router.get("/usage-points")
async def get_usage_points(
    request: Request,
    connection: Reading,
    *,
    place: Within = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.UsagePoint]:
    """List usage points by pseudonym; with `place`, those supplied there."""
    level, place_id = (None, None) if place is None else await place_named(connection, place, "place")
    # Every usage point lies in the territory.
    only = None if level == told.Level.TERRITORY else place_id
    after = LOWEST_KEY if cursor is None else read_key(cursor, UUID)
    rows = await usage_points(connection, limit=bounded(limit) + 1, place_id=only, after=after)
    return page_of(request, rows, limit, item=told.UsagePoint.model_validate, key=lambda row: [row.usage_point_key])
