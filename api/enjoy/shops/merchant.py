"""A merchant's own shop: applied for by somebody who signed in, then run by whoever the organisation lets."""

import base64
import secrets
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response

from api.context import InContext
from api.enjoy.operating import Shops
from api.enjoy.shops.told import OwnShop, Runs, facts_of, own_shop_told
from api.enjoy.signing_in import Person, actor_of
from api.models.order import MessageOf
from api.models.shop import (
    HookWanted,
    NewShop,
    OrderingOf,
    OwnShopOf,
    ProviderWanted,
    ShopWanted,
    SigningSecret,
)
from api.models.webhook import Again
from db import outbox, shops
from db.audit import record
from db.connection import borrow
from db.shops import Ordering
from enjoy.shops.merchants import apply, change, organisation_for, own_organisations, require_new, set_ordering
from outward.callbacks import callbacks

router = APIRouter(prefix="/v1/merchant", tags=["merchants"])

_SECRET_BYTES: Final = 32
_MOST_MESSAGES: Final = 200


@router.post("/shop", status_code=HTTPStatus.CREATED)
async def post_shop(context: InContext, person: Person, body: NewShop) -> OwnShopOf:
    """Apply with a shop: it becomes an organisation of yours, and is seen once it is listed."""
    now, actor = context.wall.now(), actor_of(person)
    async with borrow(context.shops) as connection:
        siret = await require_new(connection, body.name, body.siret)
    async with borrow(context.accounts) as accounts:
        owned = await own_organisations(accounts, person.account_id)
        async with borrow(context.shops) as connection:
            taken = await shops.with_shop(connection, owned)
        organisation_id = await organisation_for(
            accounts, person.account_id, body.name, body.title, taken=taken, owned=owned
        )
    async with borrow(context.shops) as connection:
        shop = await apply(
            connection,
            facts_of(body),
            body.categories,
            organisation_id=organisation_id,
            name=body.name,
            siret=siret,
            insee_code=body.insee_code,
            actor=actor,
            now=now,
        )
    return own_shop_told(shop, now)


@router.get("/shop")
async def get_shop(context: InContext, shop: OwnShop) -> OwnShopOf:
    """Tell of your shop."""
    return own_shop_told(shop, context.wall.now())


@router.put("/shop")
async def put_shop(context: InContext, connection: Shops, operator: Runs, shop: OwnShop, body: ShopWanted) -> OwnShopOf:
    """Say anew what is to be known of your shop; slots to come follow the hours, and what is ordered stays."""
    now = context.wall.now()
    changed = await change(connection, shop, facts_of(body), body.categories, actor=operator.actor, now=now)
    return own_shop_told(changed, now)


@router.put("/shop/ordering")
async def put_ordering(context: InContext, connection: Shops, shop: OwnShop, body: OrderingOf) -> OwnShopOf:
    """Say how you take orders; slots to come follow."""
    now = context.wall.now()
    return own_shop_told(await set_ordering(connection, shop, Ordering(**body.model_dump()), now=now), now)


@router.put("/shop/webhook")
async def put_webhook(
    context: InContext, connection: Shops, operator: Runs, shop: OwnShop, body: HookWanted
) -> SigningSecret:
    """Have your own system told of orders, signed as Standard Webhooks has it; the new secret is shown this once."""
    await callbacks(is_development=context.settings.enjoy_development).check_address(str(body.url))
    secret = secrets.token_bytes(_SECRET_BYTES)
    await shops.set_webhook(connection, shop.shop_id, str(body.url), secret)
    await _note(context, connection, shop.name, "shop.webhook_set", operator.actor)
    return SigningSecret(secret=_written(secret))


@router.delete("/shop/webhook", status_code=HTTPStatus.NO_CONTENT)
async def delete_webhook(connection: Shops, shop: OwnShop) -> Response:
    """Have your own system told no more."""
    await shops.set_webhook(connection, shop.shop_id, None, None)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.put("/shop/payment")
async def put_provider(
    context: InContext, connection: Shops, operator: Runs, shop: OwnShop, body: ProviderWanted
) -> SigningSecret:
    """Let customers pay at the page of a provider; the secret that you share with it is shown this once."""
    door = callbacks(is_development=context.settings.enjoy_development)
    for url in (body.url, body.notify_url):
        if url is not None:
            await door.check_address(str(url))
    secret = secrets.token_bytes(_SECRET_BYTES)
    notify_url = None if body.notify_url is None else str(body.notify_url)
    await shops.set_provider(connection, shop.shop_id, str(body.url), notify_url, secret)
    await _note(context, connection, shop.name, "shop.provider_set", operator.actor)
    return SigningSecret(secret=_written(secret))


@router.delete("/shop/payment", status_code=HTTPStatus.NO_CONTENT)
async def delete_provider(connection: Shops, shop: OwnShop) -> Response:
    """Let all be paid at the shop from now on."""
    await shops.set_provider(connection, shop.shop_id, None, None, None)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/messages")
async def get_messages(connection: Shops, shop: OwnShop, status: outbox.Status | None = None) -> list[MessageOf]:
    """List what was told by e-mail and webhook, the newest first; dead: given up."""
    rows = await outbox.messages_of(connection, shop.shop_id, status=status, limit=_MOST_MESSAGES)
    return [MessageOf.model_validate(row) for row in rows]


@router.post("/messages/retry")
async def post_retry(context: InContext, connection: Shops, shop: OwnShop) -> Again:
    """Tell again what was given up."""
    return Again(count=await outbox.send_again(connection, shop.shop_id, now=context.wall.now()))


def _written(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


async def _note(context: InContext, connection: Shops, name: str, action: str, actor: str) -> None:
    await record(connection, at=context.wall.now(), actor=actor, action=action, subject=f"shop/{name}", facts={})
