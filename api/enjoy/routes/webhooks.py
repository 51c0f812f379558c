"""Webhooks: made, changed, given new secrets and deleted by the organisation that is told; dead letters found again."""

import base64
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.context import Context, InContext
from api.enjoy.access import Caller, Publishes, Publishing
from api.enjoy.routes.datasets import dataset_named
from api.models.page import Page
from api.models.webhook import Again, DeliveryOf, NewWebhook, Overlap, Secret, WebhookOf, WebhookWanted
from api.paging import Cursor, Limit, bounded, page_of, read_before
from core.errors import ConflictError, NotFoundError
from db import webhooks as store
from db.connection import Connection
from db.webhooks import NEWEST, Status, Webhook
from outward.callbacks import callbacks

router = APIRouter(prefix="/v1/webhooks", tags=["events"])

_MOST: Final = 50
_SECRET_BYTES: Final = 32
_LARGEST_KEY: Final = 2**31 - 1
Reads = Annotated[Caller, Depends(Publishes("read:data"))]
WebhookId = Annotated[int, Path(ge=1, le=_LARGEST_KEY, description="Webhook", examples=[1])]
DeliveryId = Annotated[int, Path(ge=1, le=NEWEST, description="Delivery", examples=[1])]


def _written(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


async def _own(connection: Connection, webhook_id: int) -> Webhook:
    """Return a webhook of the caller's organisation; others' are out of the transaction's reach."""
    found = await store.find_webhook(connection, webhook_id)
    if found is None:
        raise NotFoundError("webhook_unknown", f"There is no webhook {webhook_id}.", webhook_id=webhook_id)
    return found


async def _check(context: Context, connection: Connection, body: WebhookWanted) -> None:
    """Let only what may be read be told, and only where it does no harm."""
    for name in body.datasets:
        await dataset_named(connection, name)
    await callbacks(is_development=context.settings.enjoy_development).check_address(body.url)


async def _done(connection: Connection, caller: Caller) -> None:
    if caller.is_sandbox:
        await connection.rollback()


@router.post("", status_code=HTTPStatus.CREATED)
async def post_webhook(context: InContext, connection: Publishing, caller: Reads, body: WebhookWanted) -> NewWebhook:
    """Make a webhook; its secret, in the form of Standard Webhooks, is shown this once."""
    await _check(context, connection, body)
    if len(await store.list_webhooks(connection)) >= _MOST:
        raise ConflictError("webhooks_spent", f"An organisation has {_MOST} webhooks at most.")
    secret = secrets.token_bytes(_SECRET_BYTES)
    made = await store.insert_webhook(connection, caller.organisation_id or 0, secret=secret, **body.model_dump())
    told = WebhookOf.model_validate(await _own(connection, made))
    await _done(connection, caller)
    return NewWebhook(secret=_written(secret), **told.model_dump())


@router.get("")
async def get_webhooks(connection: Publishing, caller: Reads) -> list[WebhookOf]:
    """List the organisation's webhooks."""
    del caller
    return [WebhookOf.model_validate(one) for one in await store.list_webhooks(connection)]


@router.get("/{webhook_id}")
async def get_webhook(connection: Publishing, caller: Reads, webhook_id: WebhookId) -> WebhookOf:
    """Tell how a webhook is doing."""
    del caller
    return WebhookOf.model_validate(await _own(connection, webhook_id))


@router.put("/{webhook_id}")
async def put_webhook(
    context: InContext, connection: Publishing, caller: Reads, webhook_id: WebhookId, body: WebhookWanted
) -> WebhookOf:
    """Say anew where a webhook is and what it is told; one that was disabled is called again."""
    await _own(connection, webhook_id)
    await _check(context, connection, body)
    await store.change_webhook(connection, webhook_id, **body.model_dump())
    told = WebhookOf.model_validate(await _own(connection, webhook_id))
    await _done(connection, caller)
    return told


@router.delete("/{webhook_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_webhook(connection: Publishing, caller: Reads, webhook_id: WebhookId) -> Response:
    """Delete a webhook; what waits for it is not sent."""
    await _own(connection, webhook_id)
    await store.delete_webhook(connection, webhook_id)
    await _done(connection, caller)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{webhook_id}/secret")
async def post_secret(connection: Publishing, caller: Reads, webhook_id: WebhookId, body: Overlap) -> Secret:
    """Give a webhook another secret; for some hours deliveries are signed with both."""
    await _own(connection, webhook_id)
    secret = secrets.token_bytes(_SECRET_BYTES)
    await store.rotate_secret(connection, webhook_id, secret, overlap=timedelta(hours=body.overlap_h))
    await _done(connection, caller)
    return Secret(secret=_written(secret))


@router.get("/{webhook_id}/deliveries")
async def get_deliveries(
    request: Request,
    connection: Publishing,
    caller: Reads,
    webhook_id: WebhookId,
    *,
    status: Annotated[Status | None, Query(description="failed: dead letters")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DeliveryOf]:
    """List what a webhook was told, the newest first; what was given up is kept for 30 days."""
    del caller
    await _own(connection, webhook_id)
    before = read_before(cursor, NEWEST)
    rows = await store.deliveries_of(connection, webhook_id, status=status, limit=bounded(limit) + 1, before=before)
    return page_of(request, rows, limit, item=DeliveryOf.model_validate, key=lambda row: [row.webhook_delivery_id])


@router.post("/{webhook_id}/deliveries/retry")
async def post_retries(connection: Publishing, caller: Reads, webhook_id: WebhookId) -> Again:
    """Deliver again everything that was given up."""
    return await _again(connection, caller, webhook_id, None)


@router.post("/{webhook_id}/deliveries/{delivery_id}/retry")
async def post_retry(connection: Publishing, caller: Reads, webhook_id: WebhookId, delivery_id: DeliveryId) -> Again:
    """Deliver again what was given up."""
    return await _again(connection, caller, webhook_id, delivery_id)


async def _again(connection: Connection, caller: Caller, webhook_id: int, delivery_id: int | None) -> Again:
    webhook = await _own(connection, webhook_id)
    if webhook.disabled_at is not None:
        raise ConflictError("webhook_disabled", "The webhook is disabled; PUT it anew first.", webhook_id=webhook_id)
    count = await store.deliver_again(connection, webhook_id, delivery_id)
    await _done(connection, caller)
    return Again(count=count)
