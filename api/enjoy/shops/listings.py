"""Who applies with a shop is listed by the metropolis, or by the commune that the shop is in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.context import InContext
from api.enjoy.operating import Operating, Shops
from api.enjoy.shops.told import ShopPath, own_shop_told, require_no_sandbox
from api.models.page import Page
from api.models.shop import Decision, OwnShopOf
from api.paging import Cursor, Limit, bounded, page_of, read_key
from db import shops as store
from db.shops import ShopState, WantedShops
from enjoy.accounts import Operator
from enjoy.shops.merchants import decide, require_lister, shop_named

router = APIRouter(prefix="/v1/listings", tags=["merchants"])

Lists = Annotated[Operator, Depends(Operating("manage:services"))]


@router.get("")
async def get_listings(
    request: Request,
    context: InContext,
    connection: Shops,
    operator: Lists,
    *,
    state: Annotated[ShopState | None, Query(description="Left out: all")] = "applied",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[OwnShopOf]:
    """List shops of your commune, or of all, that wait to be listed, or are otherwise."""
    commune = await require_lister(connection, operator.organisation_id, None)
    after = "" if cursor is None else read_key(cursor, str)
    wanted = WantedShops(state=state, insee_code=commune)
    rows = await store.list_shops(connection, wanted, limit=bounded(limit) + 1, after=after)
    now = context.wall.now()
    return page_of(request, rows, limit, item=lambda row: own_shop_told(row, now), key=lambda row: [row.name])


@router.put("/{shop}", dependencies=[Depends(require_no_sandbox)])
async def put_listing(
    context: InContext, connection: Shops, operator: Lists, shop: ShopPath, body: Decision
) -> OwnShopOf:
    """List a shop, refuse it or suspend it; orders that it has go on."""
    found = await shop_named(connection, shop, is_listed=False)
    now = context.wall.now()
    decided = await decide(
        connection,
        found,
        body.state,
        body.reason,
        organisation_id=operator.organisation_id,
        actor=operator.actor,
        now=now,
    )
    return own_shop_told(decided, now)
