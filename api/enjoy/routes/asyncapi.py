"""The AsyncAPI document of events and messages, for whoever asks: of the datasets that they may read."""

from typing import Any, Final

from fastapi import APIRouter, Request

from api.context import InContext
from api.enjoy.access import Sharing
from db.datasets import list_published
from enjoy.asyncapi import asyncapi_of

router = APIRouter(tags=["events"])

_MOST: Final = 10_000


@router.get("/asyncapi.json")
async def get_asyncapi(request: Request, context: InContext, connection: Sharing) -> dict[str, Any]:
    """Describe events, webhooks and MQTT topics of the datasets that you may read, as AsyncAPI 3.0."""
    datasets = await list_published(connection, limit=_MOST)
    broker = context.settings.openadr_broker_uri or None
    return asyncapi_of(datasets, host=request.url.netloc, protocol=request.url.scheme, broker=broker)
