"""How ingest is doing: counts that add up, and what was refused."""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.access import Needs
from api.context import Reading
from api.models import ingest as told
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_before
from api.routes.parameters import RefusalCode
from db.health import (
    NEWEST,
    RefusedMessage,
    ingest_counts,
    last_batch,
    refused_by_code,
    refused_messages,
)

router = APIRouter(prefix="/v1", tags=["ingest"], dependencies=[Depends(Needs("read:ingest"))])

PayloadLimit = Annotated[
    int, Query(ge=0, le=4096, description="Most bytes to give of each payload [bytes]", examples=[256])
]


def _told(row: RefusedMessage) -> told.RefusedMessage:
    return told.RefusedMessage(
        refused_message_id=row.refused_message_id,
        received_at=row.received_at,
        topic=row.topic,
        content_type=row.content_type,
        code=row.code,
        reason=row.reason,
        refused_count=row.refused_count,
        payload_bytes=row.payload_bytes,
        payload_base64=base64.b64encode(row.payload).decode(),
    )


@router.get("/ingest")
async def get_ingest(connection: Reading) -> told.Ingest:
    """Tell what ingest has committed: received = stored + duplicate + revised + refused."""
    counts = await ingest_counts(connection)
    batch = await last_batch(connection)
    return told.Ingest(
        batch_count=counts.batch_count,
        message_count=counts.message_count,
        received=counts.received,
        stored=counts.stored,
        duplicate=counts.duplicate,
        revised=counts.revised,
        refused=counts.refused,
        received_per_s=counts.received_last_minute / 60,
        messages_per_s=counts.messages_last_minute / 60,
        refused_by_code=[told.RefusedCode.model_validate(row) for row in await refused_by_code(connection)],
        last_batch=None if batch is None else told.Batch.model_validate(batch),
    )


@router.get("/refused-messages")
async def get_refused_messages(
    request: Request,
    connection: Reading,
    *,
    code: RefusalCode = None,
    payload_limit: PayloadLimit = 256,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[told.RefusedMessage]:
    """List refused messages, newest first, with the start of each payload."""
    before = read_before(cursor, NEWEST)
    rows = await refused_messages(
        connection, limit=bounded(limit) + 1, payload_limit=payload_limit, code=code, before=before
    )
    return page_of(request, rows, limit, item=_told, key=lambda row: [row.refused_message_id])
