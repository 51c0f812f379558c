"""How gateways are: online, offline, silent, flapping; and how they came to be so."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from api.access import Needs
from api.context import InContext, Reading
from api.models import gateway as told
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_before, read_key
from core.errors import NotFoundError
from db.connection import Connection
from db.gateways import NEWEST, GatewayRow, find_gateway, gateway_changes, list_gateways

router = APIRouter(prefix="/v1", tags=["ingest"], dependencies=[Depends(Needs("read:ingest"))])

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$"
GatewayName = Annotated[str, Path(pattern=_NAME, description="Its name", examples=["gw-0001"])]
Status = Annotated[
    Literal["unknown", "online", "offline", "silent", "flapping"] | None,
    Query(description="Only those that are so", examples=["offline"]),
]
Shard = Annotated[int | None, Query(ge=0, le=32_767, description="Only those of this shard", examples=[1])]


@router.get("/gateways")
async def get_gateways(
    request: Request,
    context: InContext,
    connection: Reading,
    *,
    status: Status = None,
    shard: Shard = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.Gateway]:
    """List gateways by name, with their status and when they were last heard."""
    after = "" if cursor is None else read_key(cursor, str)
    rows = await list_gateways(
        connection, now=context.clock.now(), limit=bounded(limit) + 1, after=after, status=status, shard=shard
    )
    return page_of(request, rows, limit, item=told.Gateway.model_validate, key=lambda row: [row.name])


@router.get("/gateways/{name}")
async def get_gateway(context: InContext, connection: Reading, name: GatewayName) -> told.Gateway:
    """Describe one gateway."""
    return told.Gateway.model_validate(await _found(context, connection, name))


@router.get("/gateways/{name}/changes")
async def get_gateway_changes(
    request: Request,
    context: InContext,
    connection: Reading,
    name: GatewayName,
    *,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[told.GatewayChange]:
    """List a gateway's changes between online and offline, the newest first; 200 of them are kept."""
    before = read_before(cursor, NEWEST)
    gateway = await _found(context, connection, name)
    rows = await gateway_changes(connection, gateway.gateway_id, limit=bounded(limit) + 1, before=before)
    return page_of(
        request, rows, limit, item=told.GatewayChange.model_validate, key=lambda row: [row.gateway_change_id]
    )


async def _found(context: InContext, connection: Connection, name: str) -> GatewayRow:
    gateway = await find_gateway(connection, name, now=context.clock.now())
    if gateway is None:
        raise NotFoundError("gateway_not_found", f"There is no gateway {name!r}.", gateway=name)
    return gateway
