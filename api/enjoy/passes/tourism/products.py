"""Tourism passes that are sold, for everybody to read; who sells them, and which partners take them."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from api.context import InContext
from api.enjoy.operating import Operating, Passes
from api.models.tourism import AgreementOf, NewProduct, ProductChange, ProductOf, Proposed, SellerOf
from core.errors import NotFoundError
from db import tourism_products as store
from db.connection import Connection
from db.tourism_products import Product
from enjoy.accounts import Operator
from enjoy.passes.tourism import products
from enjoy.passes.tourism.selling import is_on_sale

router = APIRouter(prefix="/v1/tourism", tags=["tourism"])

_NAME: Final = r"^[a-z][a-z0-9-]{1,47}$"
_LARGEST_KEY: Final = 2**31 - 1
ProductName = Annotated[str, Path(pattern=_NAME, description="Product", examples=["city-pass-48"])]
VenueName = Annotated[str, Path(pattern=_NAME, description="Venue of the service", examples=["palais-des-beaux-arts"])]
ServiceName = Annotated[str, Path(pattern=_NAME, description="Service of kind tourism", examples=["city-pass"])]
SellerName = Annotated[str, Path(pattern=_NAME, description="Organisation that sells", examples=["hotel-de-lille"])]
AgreementId = Annotated[int, Path(ge=1, le=_LARGEST_KEY, description="Agreement", examples=[1])]
Runs = Annotated[Operator, Depends(Operating("manage:services"))]


@router.get("/products")
async def get_products(context: InContext, connection: Passes) -> list[ProductOf]:
    """List the passes that are sold, and where they are taken; open to all."""
    now, venues = context.wall.now(), await store.open_venues(connection)
    found = await store.products(connection)
    return [ProductOf.of(one, venues, is_on_sale=is_on_sale(one, now)) for one in found]


@router.get("/products/{product}")
async def get_product(context: InContext, connection: Passes, product: ProductName) -> ProductOf:
    """Tell what a pass opens, how long it lasts and what it costs; open to all."""
    return await _told(context, connection, await products.product_named(connection, product))


@router.post("/products", status_code=HTTPStatus.CREATED)
async def post_product(context: InContext, connection: Passes, operator: Runs, body: NewProduct) -> ProductOf:
    """Declare a pass of your service; it opens nothing before partners agree."""
    service = await products.own_service(connection, body.service, operator.organisation_id)
    made = await products.declare(connection, service, body.facts(), actor=operator.actor, now=context.wall.now())
    return await _told(context, connection, made)


@router.patch("/products/{product}")
async def patch_product(
    context: InContext, connection: Passes, operator: Runs, product: ProductName, body: ProductChange
) -> ProductOf:
    """Change what may change: what was sold keeps its price, and how long it lasts never changes."""
    own = await products.own_product(connection, product, operator.organisation_id)
    given = body.model_dump(exclude_unset=True)
    nullable = ("sale_from", "sale_until")
    changed = {name: value for name, value in given.items() if value is not None or name in nullable}
    told = await products.change(connection, own, changed, actor=operator.actor, now=context.wall.now())
    return await _told(context, connection, told)


@router.put("/products/{product}/venues/{venue}")
async def put_venue(
    context: InContext,
    connection: Passes,
    operator: Runs,
    product: ProductName,
    venue: VenueName,
    body: Proposed,
) -> AgreementOf:
    """Propose to the partner that keeps a venue that a pass is taken there; at your own venues it holds at once."""
    own = await products.own_product(connection, product, operator.organisation_id)
    now = context.wall.now()
    return AgreementOf.of(
        await products.propose(connection, own, venue, body.settlement_eur_cent, actor=operator.actor, now=now)
    )


@router.get("/agreements")
async def get_agreements(connection: Passes, operator: Runs) -> list[AgreementOf]:
    """List what you proposed to partners, and what was proposed to you, as long as it stands."""
    return [AgreementOf.of(one) for one in await store.agreements(connection, operator.organisation_id)]


@router.post("/agreements/{agreement}/acceptance")
async def post_acceptance(
    context: InContext, connection: Passes, operator: Runs, agreement: AgreementId
) -> AgreementOf:
    """Accept what was proposed for a venue of yours; from now on the pass is taken there, at that rate."""
    now = context.wall.now()
    return AgreementOf.of(
        await products.accept(connection, agreement, operator.organisation_id, actor=operator.actor, now=now)
    )


@router.delete("/agreements/{agreement}", status_code=HTTPStatus.NO_CONTENT)
async def delete_agreement(context: InContext, connection: Passes, operator: Runs, agreement: AgreementId) -> Response:
    """End an agreement, or refuse a proposal, as either side: the pass is taken there no more."""
    now = context.wall.now()
    await products.end(connection, agreement, operator.organisation_id, actor=operator.actor, now=now)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/services/{service}/sellers")
async def get_sellers(connection: Passes, operator: Runs, service: ServiceName) -> list[SellerOf]:
    """List who may sell passes of your service beside you."""
    own = await products.own_service(connection, service, operator.organisation_id)
    return [SellerOf.model_validate(one) for one in await store.sellers(connection, own.service_id)]


@router.put("/services/{service}/sellers/{seller}", status_code=HTTPStatus.NO_CONTENT)
async def put_seller(
    context: InContext, connection: Passes, operator: Runs, service: ServiceName, seller: SellerName
) -> Response:
    """Let an organisation sell passes of your service."""
    own = await products.own_service(connection, service, operator.organisation_id)
    found = await store.find_seller_organisation(connection, seller)
    if found is None:
        raise _seller_unknown(seller)
    await store.admit_seller(connection, own.service_id, found, at=context.wall.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.delete("/services/{service}/sellers/{seller}", status_code=HTTPStatus.NO_CONTENT)
async def delete_seller(connection: Passes, operator: Runs, service: ServiceName, seller: SellerName) -> Response:
    """Let an organisation sell no more; what it sold stays good."""
    own = await products.own_service(connection, service, operator.organisation_id)
    found = await store.find_seller_organisation(connection, seller)
    if found is None or not await store.dismiss_seller(connection, own.service_id, found):
        raise _seller_unknown(seller)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _seller_unknown(seller: str) -> NotFoundError:
    return NotFoundError("seller_unknown", "There is no such organisation, or it does not sell.", seller=seller)


async def _told(context: InContext, connection: Connection, product: Product) -> ProductOf:
    venues = await store.open_venues(connection, product_id=product.product_id)
    return ProductOf.of(product, venues, is_on_sale=is_on_sale(product, context.wall.now()))
