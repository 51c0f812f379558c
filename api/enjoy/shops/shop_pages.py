"""Pages of shops for people: the directory, a shop, an order, and the merchant's own."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.context import InContext
from api.enjoy.access import Sharing
from api.enjoy.catalogue.rendering import render, said_by
from api.enjoy.catalogue.words_shops import SAID_BY_SHOPS
from api.enjoy.catalogue.writing import language_of
from api.enjoy.operating import Shops
from api.enjoy.shops.told import OrderPath, ShopPath, shop_told
from db import directory, shops
from db.connection import Connection
from db.datasets import find_published
from db.shops import WantedShops
from enjoy.shops.directory import NAME
from enjoy.shops.merchants import shop_named

router = APIRouter(include_in_schema=False)

_ON_A_PAGE: Final = 24
_MOST: Final = 5_000
_CENTRE: Final = (50.6292, 3.0573)

Words = Annotated[str, Query(max_length=80)]
PageNumber = Annotated[int, Query(ge=1, le=1_000)]


@router.get("/shops")
async def get_directory(
    request: Request,
    context: InContext,
    connection: Shops,
    sharing: Sharing,
    *,
    q: Words = "",
    commune: Words = "",
    category: Words = "",
    open: Words = "",  # noqa: A002 - its name in the address
    page: PageNumber = 1,
) -> HTMLResponse:
    """Show the shops that are listed, and those that somebody looks for."""
    now = context.wall.now()
    words = q.replace("\x00", "").strip()
    wanted = WantedShops(
        insee_code=commune.replace("\x00", "") or None,
        category=category.replace("\x00", "") or None,
        words=words or None,
    )
    found = [shop_told(one, now) for one in await shops.list_shops(connection, wanted, limit=_MOST)]
    if open:
        found = [one for one in found if one.is_open]
    asked = {"q": words, "commune": commune, "category": category, "open": open}
    return render(
        request,
        "shops",
        asked=asked,
        narrowed=any(asked.values()),
        shops=found[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE],
        total=len(found),
        page=page,
        page_count=-(-len(found) // _ON_A_PAGE),
        communes=await directory.communes_with_shops(connection),
        categories=await _categories(connection, language_of(request)),
        dataset=NAME if await find_published(sharing, NAME) else "",
    )


@router.get("/shops/{shop}")
async def get_shop_page(request: Request, context: InContext, connection: Shops, shop: ShopPath) -> HTMLResponse:
    """Show a shop, and take an order."""
    told = shop_told(await shop_named(connection, shop, is_listed=True), context.wall.now())
    categories = await _categories(connection, language_of(request))
    return render(request, "shop", shop=told, categories=categories, said=said_by(request, SAID_BY_SHOPS))


@router.get("/orders")
async def get_order_page(request: Request) -> HTMLResponse:
    """Show the page of an order; which one is in the fragment, which no server sees."""
    return render(request, "order", said=said_by(request, SAID_BY_SHOPS))


@router.get("/orders/{order}")
async def get_paid_page(request: Request, order: OrderPath) -> HTMLResponse:  # noqa: ARG001 - the page reads it
    """Show the same page to who comes back from a payment provider."""
    return render(request, "order", said=said_by(request, SAID_BY_SHOPS))


@router.get("/merchant")
async def get_merchant_page(request: Request, connection: Shops) -> HTMLResponse:
    """Show the page of merchants, and of who lists shops."""
    return render(
        request,
        "merchant",
        said=said_by(request, SAID_BY_SHOPS),
        categories=await _categories(connection, language_of(request)),
        communes=await directory.communes_known(connection),
        centre=_CENTRE,
    )


async def _categories(connection: Connection, language: str) -> dict[str, str]:
    """Return what shops may be, by code, in the reader's language and its order."""
    known = await shops.categories(connection)
    titles = {one.code: one.title_fr if language == "fr" else one.title_en for one in known}
    return dict(sorted(titles.items(), key=lambda one: (one[0] == "other", one[1])))
