"""Services that passes open: declared, changed and closed by the organisation that runs them.

Every change takes the service's next revision, which holds it for the transaction: two people who change it at the same
time have their turns, and who says which revision they saw is told when it is not that one any more.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.errors import ConflictError, InputError, NotFoundError
from db import pass_rights
from db import pass_services as store
from db.audit import record
from db.connection import Connection
from db.pass_services import EntitlementKind, PassService
from enjoy.passes.conditions import Sold, parts_of, read_condition
from enjoy.passes.rights import today_of

_MOST_SERVICES: Final = 200
_MOST_VENUES: Final = 1_000
#: Numbers of rights have two bytes and a sign in tokens.
_MOST_KINDS: Final = 32_767


async def service_named(connection: Connection, name: str) -> PassService:
    """Return a service, closed ones too.

    Raises
    ------
    NotFoundError
        ``service_unknown``.
    """
    found = await store.find_service(connection, name)
    if found is None:
        raise _unknown(name)
    return found


async def own_service(connection: Connection, name: str, organisation_id: int) -> PassService:
    """Return a service that an organisation runs.

    Raises
    ------
    NotFoundError
        ``service_unknown``: there is none, or it is another's.
    """
    found = await service_named(connection, name)
    if found.organisation_id != organisation_id:
        raise _unknown(name)
    return found


def _unknown(name: str) -> NotFoundError:
    return NotFoundError("service_unknown", f"There is no service {name!r}.", service=name)


async def begin_change(connection: Connection, service: PassService, seen: int | None) -> None:
    """Hold a service for a change.

    Raises
    ------
    ConflictError
        ``service_changed``: it is not as it was seen; ``service_closed``: nothing changes any more.
    """
    if await store.take_revision(connection, service.service_id, seen) is not None:
        return
    if (await service_named(connection, service.name)).closed_at is not None:
        raise ConflictError("service_closed", "The service is closed for good.", service=service.name)
    raise ConflictError("service_changed", "Somebody changed the service meanwhile; read it again.", seen=seen)


async def declare(
    connection: Connection, organisation_id: int, *, actor: str, now: datetime, **facts: object
) -> PassService:
    """Declare a service; its name is for ever.

    Raises
    ------
    ConflictError
        ``already_exists`` or ``services_spent``.
    """
    if await store.count_services(connection, organisation_id) >= _MOST_SERVICES:
        raise ConflictError("services_spent", f"An organisation runs {_MOST_SERVICES} services at most.")
    await store.insert_service(connection, organisation_id, now=now, **facts)
    made = await service_named(connection, str(facts["name"]))
    await note(connection, made, "service.declared", actor, now, kind=made.kind, proof=made.proof)
    return made


async def change(
    connection: Connection, service: PassService, *, seen: int | None, actor: str, now: datetime, **facts: object
) -> PassService:
    """Say anew what a service is.

    Raises
    ------
    ConflictError
        ``service_changed`` or ``service_closed``.
    """
    await begin_change(connection, service, seen)
    await store.change_service(connection, service.service_id, **facts)
    told = {name: value for name, value in facts.items() if name != "description"}
    await note(connection, service, "service.changed", actor, now, **told)
    return await service_named(connection, service.name)


async def close(connection: Connection, service: PassService, *, seen: int | None, actor: str, now: datetime) -> None:
    """Close a service for good: nobody joins it, and readers admit nobody from their next bundle on.

    Raises
    ------
    ConflictError
        ``service_changed`` or ``service_closed``.
    """
    await begin_change(connection, service, seen)
    rules = await store.rules_of(connection, [service.service_id])
    await store.end_rules(connection, service.service_id, [one.rule_id for one in rules], now=now)
    await store.close_service(connection, service.service_id, now=now)
    await note(connection, service, "service.closed", actor, now)


async def put_venue(
    connection: Connection,
    service: PassService,
    name: str,
    *,
    keeper: str | None,
    seen: int | None,
    actor: str,
    now: datetime,
    **facts: object,
) -> None:
    """Say where a service is used.

    Parameters
    ----------
    keeper : str or None
        Organisation that keeps the venue; None: who runs the service. Houses of a tourism pass are kept by partners.

    Raises
    ------
    ConflictError
        ``service_changed``, ``service_closed`` or ``venues_spent``.
    InputError
        ``venue_keeper_other``, ``commune_unknown``.
    """
    await begin_change(connection, service, seen)
    there = {one.name for one in await store.venues_of(connection, [service.service_id])}
    if name not in there and len(there) >= _MOST_VENUES:
        raise ConflictError("venues_spent", f"A service has {_MOST_VENUES} venues at most.")
    organisation_id = await _keeper(connection, service, keeper)
    await store.put_venue(connection, service.service_id, organisation_id, name=name, **facts)
    await note(connection, service, "service.venue_said", actor, now, venue=name, is_open=facts["is_open"])


async def _keeper(connection: Connection, service: PassService, keeper: str | None) -> int:
    if keeper in (None, service.organisation):
        return service.organisation_id
    found = await store.organisation_id_named(connection, str(keeper)) if service.kind == "tourism" else None
    if found is None:
        message = "Only houses of a tourism pass are kept by others, which have to be organisations here."
        raise InputError("venue_keeper_other", message, organisation=keeper)
    return found


async def put_kind(
    connection: Connection,
    service: PassService,
    code: str,
    *,
    title: str,
    condition: Mapping[str, Any],
    seen: int | None,
    actor: str,
    now: datetime,
) -> EntitlementKind:
    """Say which right there is and what it follows from; rights of all who joined are derived again.

    Raises
    ------
    InputError
        ``condition_invalid``.
    ConflictError
        ``service_changed``, ``service_closed`` or ``rights_spent``.
    """
    if service.kind == "tourism" or any(isinstance(one, Sold) for one in parts_of(read_condition(condition))):
        raise InputError("condition_invalid", "Rights of tourism passes are bought: they come with products.")
    await begin_change(connection, service, seen)
    before = {one.code: one for one in await store.kinds_of(connection, [service.service_id])}
    if code not in before and len(before) >= _MOST_KINDS:
        raise ConflictError("rights_spent", f"A service knows {_MOST_KINDS} rights in all its time.")
    await store.put_kind(connection, service.service_id, code, title=title, condition=condition)
    known = before.get(code)
    if known is None or known.condition != condition or known.ended_on is not None:
        await pass_rights.derive_again(connection, service.service_id)
    await note(connection, service, "service.right_said", actor, now, right=code, condition=dict(condition))
    return next(one for one in await store.kinds_of(connection, [service.service_id]) if one.code == code)


async def end_kind(
    connection: Connection, service: PassService, code: str, *, seen: int | None, actor: str, now: datetime
) -> None:
    """End a right: nobody has it any more, and its number is not given again.

    Raises
    ------
    NotFoundError
        ``right_unknown``.
    ConflictError
        ``right_in_use``: a rule names it; ``service_changed`` or ``service_closed``.
    """
    await begin_change(connection, service, seen)
    found = await _kind(connection, service, code)
    rules = await store.rules_of(connection, [service.service_id])
    using = [one.rule_id for one in rules if found.number in one.content.get("rights", [])]
    if using:
        raise ConflictError("right_in_use", "A rule names the right; end the rule first.", rules=using)
    await store.end_kind(connection, service.service_id, found.number, on=today_of(now))
    await pass_rights.derive_again(connection, service.service_id)
    await note(connection, service, "service.right_ended", actor, now, right=code)


async def _kind(connection: Connection, service: PassService, code: str) -> EntitlementKind:
    for one in await store.kinds_of(connection, [service.service_id]):
        if one.code == code and one.ended_on is None:
            return one
    raise NotFoundError("right_unknown", f"The service knows no right {code!r}.", right=code)


async def note(
    connection: Connection, service: PassService, action: str, actor: str, now: datetime, **facts: object
) -> None:
    """Record in the audit log what somebody did to a service."""
    told = {"organisation": service.organisation, **facts}
    await record(connection, at=now, actor=actor, action=action, subject=f"service/{service.name}", facts=told)
