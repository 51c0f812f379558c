"""Joining a service, at which a holder is a new random number, and leaving it."""

from datetime import datetime
from uuid import UUID

from core.errors import ConflictError, NotFoundError
from db import joined as store
from db.connection import Connection
from db.holders import hold_holder
from db.joined import Joined
from db.media import delete_serials
from db.pass_services import find_service
from db.pass_tokens import Whose
from enjoy.passes.ages import today_at
from enjoy.passes.listing import set_statuses_by_night
from enjoy.reader.status import REVOKED


async def join(connection: Connection, holder_id: UUID, service: str, *, now: datetime) -> Joined:
    """Let a holder use a service; who uses it already goes on to.

    Raises
    ------
    NotFoundError
        ``service_unknown``.
    ConflictError
        ``service_closed``; ``service_sold`` where passes are bought; ``pass_blocked`` where the service blocked them.
    """
    await hold_holder(connection, holder_id)
    known = next((one for one in await store.joined_of(connection, holder_id) if one.service == service), None)
    if known is not None:
        return known
    wanted = await find_service(connection, service)
    if wanted is None:
        raise NotFoundError("service_unknown", f"There is no service {service!r}.")
    if wanted.kind == "tourism":
        raise ConflictError("service_sold", "Passes of this service are sold; what is bought is taken into the card.")
    if not wanted.is_open or wanted.closed_at is not None:
        raise ConflictError("service_closed", "Nobody joins this service now.")
    if await store.is_barred(connection, holder_id, wanted.service_id):
        raise ConflictError("pass_blocked", "The service blocked your pass; ask at its desk.")
    await store.insert_subject(connection, holder_id, wanted.service_id, today=today_at(now))
    return await own_service(connection, holder_id, service)


async def own_service(connection: Connection, holder_id: UUID, service: str) -> Joined:
    """Return a service that a holder uses.

    Raises
    ------
    NotFoundError
        ``service_not_joined``.
    """
    found = next((one for one in await store.joined_of(connection, holder_id) if one.service == service), None)
    if found is None:
        raise NotFoundError("service_not_joined", f"You did not join {service}.", services=[service])
    return found


async def leave(connection: Connection, holder_id: UUID, service: str, *, now: datetime) -> None:
    """Let a holder use a service no more: rights and serials there go, tokens are revoked.

    Raises
    ------
    NotFoundError
        ``service_not_joined``.
    """
    await hold_holder(connection, holder_id)
    one = await own_service(connection, holder_id, service)
    await store.leave_subject(connection, one.subject_id, today=today_at(now))
    await delete_serials(connection, subject_id=one.subject_id)
    # blocked by the service stays known: who leaves and comes again does not escape it
    await set_statuses_by_night(connection, Whose(subject_id=one.subject_id), REVOKED, now=now)
