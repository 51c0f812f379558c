"""Flexible resources: described, agreed to, limited, left out of events."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from api.access import Caller, Needs
from api.context import InContext, Reading, Writing
from api.models import resource as told
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_key
from api.routes.parameters import Within, place_named
from core.resources import PARAMETERS
from db.calls import CallLimit, CallRecord, call_records, opt_outs_of_event
from db.connection import Connection
from db.resources import NewConsent, Resource, State, consents_of, list_resources
from grid.demand_response.bills import RISEN_EUR, bill_changes
from grid.demand_response.consent import (
    describe_resource,
    give_consent,
    limit_calls,
    opt_out,
    require_resource,
    tell_state,
    withdraw_consent,
)
from grid.demand_response.fairness import season_of
from grid.demand_response.lifecycle import require_event

router = APIRouter(prefix="/v1", tags=["demand response"])

ResourceName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$", description="Its name", examples=["ev-000001"])
]
EventId = Annotated[UUID, Path(description="Event", examples=["3f2b8c1e-5d0a-4f43-9a53-6f7d0a1b2c3d"])]
Kind = Annotated[
    Literal["water_heater", "ev_charger", "battery", "heat_pump"] | None,
    Query(description="Only of this kind", examples=["battery"]),
]
Operator = Annotated[Caller, Depends(Needs("operate:grid"))]
_READ = [Depends(Needs("read:grid"))]


@router.get("/resources", dependencies=_READ)
async def get_resources(
    request: Request,
    context: InContext,
    connection: Reading,
    *,
    place: Within = None,
    kind: Kind = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.Resource]:
    """List resources by name with state, consent and calls of the season; with `place`, those supplied there."""
    level, place_id = (None, None) if place is None else await place_named(connection, place, "place")
    rows = await list_resources(
        connection,
        now=context.clock.now(),
        limit=bounded(limit) + 1,
        after="" if cursor is None else read_key(cursor, str),
        place_id=None if level == "territory" else place_id,
        kind=kind,
    )
    calls = await _calls(context, connection, rows)
    return page_of(
        request, rows, limit, item=lambda row: _told(row, calls[row.end_device_id]), key=lambda row: [row.name]
    )


@router.get("/resources/{name}", dependencies=_READ)
async def get_resource(context: InContext, connection: Reading, name: ResourceName) -> told.Resource:
    """Describe one resource."""
    return await _one(context, connection, await require_resource(connection, name, now=context.clock.now()))


@router.put("/resources/{name}/parameters")
async def put_parameters(
    context: InContext, connection: Writing, caller: Operator, name: ResourceName, body: told.Parameters
) -> told.Resource:
    """Store what is known of a resource, by its kind."""
    parameters = PARAMETERS[body.kind](**body.model_dump(exclude={"kind"}))
    row = await describe_resource(connection, name, parameters, actor=_actor(caller), now=context.clock.now())
    return await _one(context, connection, row)


@router.put("/resources/{name}/state")
async def put_state(
    context: InContext, connection: Writing, caller: Operator, name: ResourceName, body: told.State
) -> told.Resource:
    """Store how a resource stands; what is older than what is known changes nothing."""
    del caller
    row = await tell_state(connection, name, State(**body.model_dump()), now=context.clock.now())
    return await _one(context, connection, row)


@router.put("/resources/{name}/limits")
async def put_limits(
    context: InContext, connection: Writing, caller: Operator, name: ResourceName, body: told.CallLimit
) -> told.Resource:
    """Limit how often a resource is called."""
    limit = CallLimit(**body.model_dump())
    row = await limit_calls(connection, name, limit, actor=_actor(caller), now=context.clock.now())
    return await _one(context, connection, row)


@router.get("/resources/{name}/consents", dependencies=_READ)
async def get_consents(context: InContext, connection: Reading, name: ResourceName) -> told.Consents:
    """List what the owner agreed to and until when, the newest first."""
    row = await require_resource(connection, name, now=context.clock.now())
    consents = await consents_of(connection, row.end_device_id)
    return told.Consents(items=[told.Consent.model_validate(one) for one in consents])


@router.put("/resources/{name}/consent")
async def put_consent(
    context: InContext, connection: Writing, caller: Operator, name: ResourceName, body: told.NewConsent
) -> told.Resource:
    """Record that the owner agrees; a consent that held before ends."""
    consent = NewConsent(**body.model_dump())
    row = await give_consent(connection, name, consent, actor=_actor(caller), now=context.clock.now())
    return await _one(context, connection, row)


@router.delete("/resources/{name}/consent")
async def delete_consent(
    context: InContext,
    connection: Writing,
    caller: Operator,
    name: ResourceName,
    how: Annotated[
        Literal["online", "paper", "telephone"], Query(description="How they said so", examples=["online"])
    ] = "online",
) -> told.Resource:
    """Record that the owner no longer agrees; commands that are not over are taken back."""
    row = await withdraw_consent(connection, name, how=how, actor=_actor(caller), now=context.clock.now())
    return await _one(context, connection, row)


@router.get("/events/{event_id}/opt-outs", dependencies=_READ)
async def get_opt_outs(connection: Reading, event_id: EventId) -> told.OptOuts:
    """List who sits an event out, by word of people, of a VEN or of the device itself."""
    await require_event(connection, event_id)
    rows = await opt_outs_of_event(connection, event_id)
    return told.OptOuts(items=[told.OptOut.model_validate(row) for row in rows])


@router.post("/events/{event_id}/opt-outs")
async def post_opt_out(
    context: InContext, connection: Writing, caller: Operator, event_id: EventId, body: told.NewOptOut
) -> told.OptOut:
    """Let a resource sit an event out, before it or while it runs; its command is taken back. Twice is the same."""
    row = await opt_out(
        connection,
        event_id,
        body.resource,
        source=body.source,
        actor=_actor(caller),
        reason=body.reason,
        now=context.clock.now(),
    )
    return told.OptOut.model_validate(row)


@router.get("/events/{event_id}/bill-changes", dependencies=_READ)
async def get_bill_changes(connection: Reading, event_id: EventId) -> told.BillChanges:
    """Tell what the commands of an event do to residents' bills, by the prices of their own tariffs."""
    await require_event(connection, event_id)
    changes = await bill_changes(connection, event_id)
    known = [one.bill_change_eur for one in changes if one.bill_change_eur is not None]
    return told.BillChanges(
        items=[told.BillChange.model_validate(one) for one in changes],
        risen_count=sum(one > RISEN_EUR for one in known),
        total_eur=sum(known),
    )


async def _one(context: InContext, connection: Connection, row: Resource) -> told.Resource:
    calls = await _calls(context, connection, [row])
    return _told(row, calls[row.end_device_id])


async def _calls(context: InContext, connection: Connection, rows: Sequence[Resource]) -> dict[int, CallRecord]:
    season = season_of(context.clock.now())
    keys = [row.end_device_id for row in rows]
    records = await call_records(connection, keys, start=season.start, end=season.end)
    return {record.end_device_id: record for record in records}


def _told(row: Resource, calls: CallRecord) -> told.Resource:
    kind = {"kind": row.kind}
    return told.Resource.model_validate(
        {
            "name": row.name,
            "kind": row.kind,
            "usage_point_key": row.usage_point_key,
            "power_transformer_code": row.power_transformer_code,
            "rated_power_w": row.rated_power_w,
            "enrolled_at": row.enrolled_at,
            "has_consent": row.has_consent,
            "consent_version": row.consent_version,
            "flexibility": None if row.reported_at is None else told.Flexibility.model_validate(row),
            "state": None if row.state_at is None else _state(row),
            "parameters": None if row.parameters is None else row.parameters | kind,
            "limits": None if row.rest_s is None else told.CallLimit.model_validate(row),
            "season": told.Season.model_validate(calls),
        }
    )


def _state(row: Resource) -> dict[str, object]:
    return {"reported_at": row.state_at, "energy_wh": row.energy_wh, "temperature_degc": row.temperature_degc}


def _actor(caller: Caller) -> str:
    return f"token/{caller.name}"
