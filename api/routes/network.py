"""The network check of an event's plan: voltages, loadings, and what is not kept."""

from uuid import UUID

from fastapi import APIRouter, Depends

from api.access import Needs
from api.context import InContext, Reading, Writing
from api.models import network as told
from api.routes.parameters import EventId
from core.errors import NotFoundError
from db.connection import Connection
from db.network import checks_of_event, violations_of_event
from grid.demand_response.lifecycle import require_event
from grid.network.checking import check_plan
from grid.network.loads import rules_of

router = APIRouter(prefix="/v1", tags=["demand response"])


@router.get("/events/{event_id}/network-check", dependencies=[Depends(Needs("read:grid"))])
async def get_network_check(connection: Reading, event_id: EventId) -> told.NetworkCheck:
    """Tell the check that was made last."""
    await require_event(connection, event_id)
    found = await _found(connection, event_id)
    if not found.items:
        message = "The plan of this event was not checked on the network."
        raise NotFoundError("network_check_missing", message, event_id=str(event_id))
    return found


@router.post("/events/{event_id}/network-check", dependencies=[Depends(Needs("operate:grid"))])
async def post_network_check(context: InContext, connection: Writing, event_id: EventId) -> told.NetworkCheck:
    """Check by power flow, where networks are known, the plan that an event would get now, and keep the result."""
    await check_plan(connection, event_id, context.clock.now(), rules=rules_of(context.settings))
    return await _found(connection, event_id)


async def _found(connection: Connection, event_id: UUID) -> told.NetworkCheck:
    checks, violations = await checks_of_event(connection, event_id), await violations_of_event(connection, event_id)
    return told.NetworkCheck(
        items=[told.TransformerCheck.model_validate(check) for check in checks],
        violations=[told.NetworkViolation.model_validate(one) for one in violations],
    )
