"""What owners of resources decide: to take part, to leave, to sit an event out, and how often they may be called.

Every decision is recorded in the audit log in its own transaction.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Final
from uuid import UUID

from core.errors import ConflictError, InputError, NotFoundError
from core.resources import PARAMETERS, Parameters
from db.audit import record
from db.calls import CallLimit, OptOut, insert_opt_out, opt_outs_of_event, put_call_limit, take_back_of_resource
from db.connection import Connection
from db.resources import (
    NewConsent,
    Resource,
    State,
    end_consent,
    find_resource,
    insert_consent,
    put_parameters,
    put_state,
)
from grid.demand_response.lifecycle import EventStatus, require_event

#: States in which a resource may still leave an event.
_OPEN: Final = frozenset({EventStatus.DRAFT, EventStatus.SCHEDULED, EventStatus.ACTIVE})


async def require_resource(connection: Connection, name: str, *, now: datetime) -> Resource:
    """Return a resource.

    Raises
    ------
    NotFoundError
        ``resource_unknown``.
    """
    resource = await find_resource(connection, name, now=now)
    if resource is None:
        raise NotFoundError("resource_unknown", f"There is no resource {name!r}.", resource=name)
    return resource


async def give_consent(
    connection: Connection, name: str, consent: NewConsent, *, actor: str, now: datetime
) -> Resource:
    """Record that an owner agrees that a resource takes part; a consent that held before ends.

    Raises
    ------
    NotFoundError
        ``resource_unknown``.
    """
    async with connection.transaction():
        resource = await require_resource(connection, name, now=now)
        await end_consent(connection, resource.end_device_id, how=consent.how, actor=actor, now=now)
        await insert_consent(connection, resource.end_device_id, consent, actor=actor, now=now)
        await record(
            connection, at=now, actor=actor, action="consent.given", subject=f"resource/{name}", facts=asdict(consent)
        )
        return await require_resource(connection, name, now=now)


async def withdraw_consent(connection: Connection, name: str, *, how: str, actor: str, now: datetime) -> Resource:
    """Record that an owner no longer agrees, and take back every command that is not over.

    Raises
    ------
    NotFoundError
        ``resource_unknown``.
    ConflictError
        ``consent_missing``: none holds.
    """
    async with connection.transaction():
        resource = await require_resource(connection, name, now=now)
        ended = await end_consent(connection, resource.end_device_id, how=how, actor=actor, now=now)
        if ended is None:
            raise ConflictError("consent_missing", "No consent holds that could be withdrawn.", resource=name)
        taken = await take_back_of_resource(
            connection, resource.end_device_id, event_id=None, reason="consent_withdrawn", now=now
        )
        facts = {"how": how, "commands": [str(one.command_id) for one in taken]}
        await record(
            connection, at=now, actor=actor, action="consent.withdrawn", subject=f"resource/{name}", facts=facts
        )
        return await require_resource(connection, name, now=now)


async def opt_out(
    connection: Connection, event_id: UUID, name: str, *, source: str, actor: str, reason: str | None, now: datetime
) -> OptOut:
    """Let a resource sit an event out, before it or while it runs; its command is taken back.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : UUID
        Event that is not over.
    name : str
        Resource.
    source : str
        resident, operator or ven.
    actor : str
        As `db.audit.record` takes it.
    reason : str or None
        Why, if they said so.
    now : datetime
        Time.

    Raises
    ------
    NotFoundError
        ``event_unknown``, ``resource_unknown``.
    ConflictError
        ``event_over``.

    Notes
    -----
    Said twice, it is the same opt-out. A command that was sent through a gateway of specification 1.0, which knows no
    withdrawal, stays with the device; its answer is then the device's own.
    """
    async with connection.transaction():
        event = await require_event(connection, event_id, lock=True)
        if event.status not in _OPEN:
            raise ConflictError("event_over", f"The event is {event.status}; nobody can leave it any more.")
        resource = await require_resource(connection, name, now=now)
        said = await insert_opt_out(
            connection,
            event_id=event_id,
            end_device_id=resource.end_device_id,
            now=now,
            source=source,
            recorded_by=actor,
            reason=reason,
        )
        if said is None:
            return next(one for one in await opt_outs_of_event(connection, event_id) if one.resource == name)
        taken = await take_back_of_resource(
            connection, resource.end_device_id, event_id=event_id, reason="opted_out", now=now
        )
        facts = {"resource": name, "source": source, "commands": [str(one.command_id) for one in taken]}
        await record(
            connection, at=now, actor=actor, action="event.opted_out", subject=f"event/{event_id}", facts=facts
        )
        return said


async def limit_calls(connection: Connection, name: str, limit: CallLimit, *, actor: str, now: datetime) -> Resource:
    """Store how often a resource may be called.

    Raises
    ------
    NotFoundError
        ``resource_unknown``.
    """
    async with connection.transaction():
        resource = await require_resource(connection, name, now=now)
        await put_call_limit(connection, resource.end_device_id, limit)
        await record(
            connection, at=now, actor=actor, action="calls.limited", subject=f"resource/{name}", facts=asdict(limit)
        )
        return await require_resource(connection, name, now=now)


async def describe_resource(
    connection: Connection, name: str, parameters: Parameters, *, actor: str, now: datetime
) -> Resource:
    """Store what is known of a resource.

    Raises
    ------
    NotFoundError
        ``resource_unknown``.
    InputError
        ``parameters_of_other_kind``, or ``value_not_storable``: they contradict each other.
    """
    async with connection.transaction():
        resource = await require_resource(connection, name, now=now)
        if PARAMETERS.get(resource.kind) is not type(parameters):
            raise InputError("parameters_of_other_kind", f"These are no parameters of a {resource.kind}.", field="kind")
        await put_parameters(connection, resource.end_device_id, resource.kind, parameters)
        await record(
            connection,
            at=now,
            actor=actor,
            action="resource.described",
            subject=f"resource/{name}",
            facts=asdict(parameters),
        )
        return await require_resource(connection, name, now=now)


async def tell_state(connection: Connection, name: str, state: State, *, now: datetime) -> Resource:
    """Store how a resource stands; what is older than what is known changes nothing.

    Raises
    ------
    NotFoundError
        ``resource_unknown``.
    """
    async with connection.transaction():
        resource = await require_resource(connection, name, now=now)
        await put_state(connection, resource.end_device_id, state)
        return await require_resource(connection, name, now=now)
