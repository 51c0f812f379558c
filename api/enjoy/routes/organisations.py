"""Who publishes."""

from fastapi import APIRouter, Request

from api.enjoy.access import Sharing
from api.models.dataset import OrganisationOf
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_key
from db.datasets import list_organisations

router = APIRouter(prefix="/v1", tags=["organisations"])


@router.get("/organisations")
async def get_organisations(
    request: Request, connection: Sharing, *, limit: Limit = 100, cursor: Cursor = None
) -> Page[OrganisationOf]:
    """List publishers by name."""
    after = "" if cursor is None else read_key(cursor, str)
    rows = await list_organisations(connection, limit=bounded(limit) + 1, after=after)
    return page_of(request, rows, limit, item=OrganisationOf.model_validate, key=lambda row: [row.name])
