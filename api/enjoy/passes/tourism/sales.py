"""Passes are sold: the seller is given a code for each, this once, and hands it on as a link or a voucher."""

import csv
import io
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.context import InContext
from api.enjoy.catalogue.asking import InAddresses, form_of
from api.enjoy.once import REPLAYED, IdempotencyKey, asked_once
from api.enjoy.operating import Operating, Passes
from api.enjoy.passes.secret import offered_secret
from api.models.fields import GivenInstant
from api.models.tourism_sales import Cancelled, ClaimOf, NewSale, SaleOf, SaleWanted
from core.canonical import canonical_json
from db.tourism_sales import sales
from enjoy.accounts import Operator
from enjoy.passes.tourism import selling
from enjoy.passes.tourism.selling import Sold, Wanted

router = APIRouter(prefix="/v1/tourism/sales", tags=["tourism"])

_CSV: Final = "text/csv"
_MOST: Final = 1_000
_FORMS: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.CREATED: {
        "model": NewSale,
        "content": {_CSV: {"schema": {"type": "string"}}},
        "description": "The codes, which are told this once; as CSV where that is asked for",
    }
}
SaleId = Annotated[UUID, Path(description="Sale", examples=["1f0c4c8e-51a5-4b39-9f6a-6f8f0a1a2b3c"])]
Sells = Annotated[Operator, Depends(Operating("sell:passes"))]


@router.post("", status_code=HTTPStatus.CREATED, response_model=NewSale, responses=_FORMS)
async def post_sale(
    request: Request,
    response: Response,
    context: InContext,
    addresses: InAddresses,
    connection: Passes,
    operator: Sells,
    body: SaleWanted,
    key: IdempotencyKey = None,
) -> NewSale | Response:
    """Sell passes, paid to you or at a provider's page, or put vouchers into stock; codes are told this once."""
    secret = offered_secret(context.settings)
    """Sell passes, paid to you; or put vouchers into stock. Each is opened by a code that is told this once."""
    secret = offered_secret(context.settings)
    once = asked_once(request, key, canonical_json(body.model_dump()).encode())
    wanted = Wanted(
        product=body.product,
        kind=body.kind,
        pass_count=body.pass_count,
        reference=body.reference,
        starts_at=body.starts_at,
        payment="seller" if body.payment == "seller" else "awaited",
        key=key,
        request_sha256=once.request_sha256,
    )
    now = context.wall.now()
    sold = await selling.sell(connection, secret, wanted, operator.organisation_id, actor=operator.actor, now=now)
    headers = {REPLAYED: "true"} if sold.is_replayed else {}
    told = _told(addresses.base, sold)
    if form_of(request, ("application/json", _CSV)) == _CSV:
        text = _csv(told.passes)
        return Response(text, HTTPStatus.CREATED, headers, f"{_CSV}; charset=utf-8")
    response.headers.update(headers)
    return told


@router.get("")
async def get_sales(
    connection: Passes,
    operator: Sells,
    before: Annotated[GivenInstant | None, Query(description="Sold before; left out: the newest")] = None,
) -> list[SaleOf]:
    """List what you sold, and what others sold of your service; the newest first, without the codes."""
    found = await sales(connection, operator.organisation_id, before=before, limit=_MOST)
    return [SaleOf.of(one) for one in found]


@router.get("/{sale}")
async def get_sale(connection: Passes, operator: Sells, sale: SaleId) -> SaleOf:
    """Tell of a sale how many of its passes were opened, used and taken back."""
    return SaleOf.of(await selling.own_sale(connection, sale, operator.organisation_id))


@router.post("/{sale}/cancellation")
async def post_cancellation(
    context: InContext, connection: Passes, operator: Sells, sale: SaleId, body: Cancelled
) -> SaleOf:
    """Take back passes that were never used: to be refunded, or vouchers that were not sold. Codes end at once."""
    now = context.wall.now()
    return SaleOf.of(
        await selling.cancel(connection, sale, operator.organisation_id, body.numbers, actor=operator.actor, now=now)
    )


def page_of_claim(base: str, claim: str) -> str:
    """Return the address of the page that a code opens."""
    return f"{base}/tourism/passes/{claim}"


def _told(base: str, sold: Sold) -> NewSale:
    passes = [
        ClaimOf(number=number, claim=claim, address=page_of_claim(base, claim))
        for number, claim in enumerate(sold.claims, 1)
    ]
    return NewSale(passes=passes, **SaleOf.of(sold.sale).model_dump())


def _csv(passes: list[ClaimOf]) -> str:
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(["number", "claim", "address"])
    rows.writerows([one.number, one.claim, one.address] for one in passes)
    return written.getvalue()
