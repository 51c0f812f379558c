"""Passes are paid at the page of the tourist office's provider, by signed words both ways. We never see a card."""

import base64
import secrets
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response

from api.context import InContext
from api.enjoy.catalogue.asking import InAddresses
from api.enjoy.operating import Passes
from api.enjoy.passes.tourism.products import Runs
from api.enjoy.passes.tourism.sales import SaleId, Sells
from api.models.order import PaymentLink, PaymentResult
from api.models.shop import ProviderWanted, SigningSecret
from api.models.tourism_sales import PayingWanted
from db import tourism_payments as store
from db.audit import record
from enjoy.passes.tourism import paying, selling
from outward.callbacks import callbacks

router = APIRouter(prefix="/v1/tourism", tags=["tourism"])

_SECRET_BYTES: Final = 32


@router.put("/payment")
async def put_provider(context: InContext, connection: Passes, operator: Runs, body: ProviderWanted) -> SigningSecret:
    """Let passes of your services be paid at a provider's page; the secret you share with it is shown this once."""
    door = callbacks(is_development=context.settings.enjoy_development)
    for url in (body.url, body.notify_url):
        if url is not None:
            await door.check_address(str(url))
    secret, now = secrets.token_bytes(_SECRET_BYTES), context.wall.now()
    notify_url = None if body.notify_url is None else str(body.notify_url)
    await store.set_provider(connection, operator.organisation_id, str(body.url), notify_url, secret, now=now)
    told = f"organisation/{operator.organisation}"
    await record(connection, at=now, actor=operator.actor, action="tourism.provider_set", subject=told, facts={})
    return SigningSecret(secret="whsec_" + base64.b64encode(secret).decode())


@router.delete("/payment", status_code=HTTPStatus.NO_CONTENT)
async def delete_provider(context: InContext, connection: Passes, operator: Runs) -> Response:
    """Let all passes be paid to their sellers from now on; what is being paid is taken back when its time is over."""
    await store.end_provider(connection, operator.organisation_id)
    now, told = context.wall.now(), f"organisation/{operator.organisation}"
    await record(connection, at=now, actor=operator.actor, action="tourism.provider_ended", subject=told, facts={})
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/sales/{sale}/payment")
async def post_payment(
    context: InContext,
    addresses: InAddresses,
    connection: Passes,
    operator: Sells,
    sale: SaleId,
    body: PayingWanted | None = None,
) -> PaymentLink:
    """Tell where a sale of yours is paid: send the buyer's browser there."""
    await selling.own_sale(connection, sale, operator.organisation_id)
    return PaymentLink(
        url=await paying.pay_at(
            connection,
            sale,
            return_url=f"{addresses.base}/tourism" if body is None or body.return_url is None else str(body.return_url),
            notify_url=f"{addresses.base}/v1/tourism/sales/{sale}/payment-result",
            now=context.wall.now(),
        )
    )


@router.post("/sales/{sale}/payment-result", status_code=HTTPStatus.NO_CONTENT)
async def post_payment_result(context: InContext, connection: Passes, sale: SaleId, body: PaymentResult) -> Response:
    """Bring what the provider said, as it came with the browser, or as the provider itself: all the same."""
    await paying.take_result(connection, sale, body.result, now=context.wall.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)
