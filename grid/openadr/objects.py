"""OpenADR objects created, found, listed, replaced and removed, each change told to notifiers in its transaction."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final, NoReturn
from uuid import uuid4

from core.errors import ConflictError, InputError, InvariantError, NotFoundError
from db import audit
from db import openadr as store
from db.connection import Connection
from db.openadr import NewObject, OpenadrObject, Search
from grid.openadr.limiting import limits_follow
from grid.openadr.nouns import TARGETED, ObjectType, Operation, Role
from grid.openadr.privacy import Viewer, effective_targets, visible_to
from grid.openadr.telling import notified

#: As many as a page may have.
MOST: Final = 50
_DONE: Final = {Operation.CREATE: "created", Operation.UPDATE: "updated", Operation.DELETE: "deleted"}


async def create(connection: Connection, author: Viewer, new: NewObject, *, now: datetime) -> OpenadrObject:
    """Store an object and return it.

    Raises
    ------
    ConflictError
        ``openadr_name_taken`` or ``openadr_reference_unknown``.
    InputError
        ``openadr_place_unknown`` or ``openadr_limit_invalid``, as `limits_follow`.
    """
    object_id = str(uuid4())
    try:
        await store.insert_object(connection, object_id, new, now=now)
    except (ConflictError, InputError) as error:
        _raise_in_words_of_openadr(error)
    made = await _changed(connection, author, new.object_type, object_id, Operation.CREATE, now)
    await limits_follow(connection, author, [made], now=now)
    return made


async def change(
    connection: Connection, author: Viewer, row: OpenadrObject, new: NewObject, *, now: datetime
) -> OpenadrObject:
    """Store an object over an earlier one and return it.

    Raises
    ------
    ConflictError, InputError
        As `create`.
    """
    try:
        await store.update_object(connection, row.object_id, new, now=now)
    except (ConflictError, InputError) as error:
        _raise_in_words_of_openadr(error)
    changed = await _changed(connection, author, row.object_type, row.object_id, Operation.UPDATE, now)
    await limits_follow(connection, author, [row, changed], now=now)
    return changed


async def remove(connection: Connection, author: Viewer, row: OpenadrObject, *, now: datetime) -> None:
    """Remove an object and what depends on it.

    With a program go its events and subscriptions, with an event its reports, with a VEN its resources.
    """
    everything = [*await store.dependents_of(connection, row.object_id), row]
    for gone in everything:
        await _tell(connection, author, gone, Operation.DELETE, now)
        await store.delete_object(connection, gone.object_id)
    await limits_follow(connection, author, everything, now=now)


async def find(
    connection: Connection, viewer: Viewer, object_type: ObjectType, object_id: str, *, lock: bool = False
) -> OpenadrObject:
    """Return an object that the viewer may see, kept from changing until the transaction ends when `lock` is set.

    Raises
    ------
    NotFoundError
        ``openadr_object_unknown``: it is not there, or not for this viewer; which one is not told.
    """
    if lock:
        await store.lock_object(connection, object_id)
    row = await store.object_by_id(connection, object_type, object_id)
    if row is None or not visible_to(viewer, row):
        raise NotFoundError("openadr_object_unknown", f"There is no such {object_type.lower()}.")
    return row


async def search(
    connection: Connection, viewer: Viewer, wanted: Search, requested: Collection[str] = ()
) -> list[OpenadrObject]:
    """Return a page of what the viewer may see.

    Parameters
    ----------
    connection : Connection
        For reading.
    viewer : Viewer
        Who asks.
    wanted : Search
        Filters and page; what privacy asks for is added here.
    requested : collection of str, optional
        Targets asked for.
    """
    return await store.list_objects(connection, _private(viewer, wanted, requested))


def _private(viewer: Viewer, wanted: Search, requested: Collection[str]) -> Search:
    matching = frozenset(requested) if requested else None
    if viewer.role is Role.BL:
        return replace(wanted, matching=matching)
    if ObjectType(wanted.object_type) not in TARGETED:
        return replace(wanted, owner=viewer.client_id, matching=matching)
    effective = effective_targets(viewer, requested) if requested else None
    return replace(wanted, matching=effective, untargeted=not requested, granted=viewer.granted)


async def _changed(
    connection: Connection, author: Viewer, object_type: str, object_id: str, operation: Operation, now: datetime
) -> OpenadrObject:
    row = await store.object_by_id(connection, object_type, object_id)
    if row is None:
        raise InvariantError("openadr_object_lost", "An object that was just stored is not there.")
    await _tell(connection, author, row, operation, now)
    return row


async def _tell(
    connection: Connection, author: Viewer, row: OpenadrObject, operation: Operation, now: datetime
) -> None:
    """Put a change into the notifiers' outbox and on record."""
    await store.insert_change(connection, row.object_id, operation, notified(row), now=now)
    await audit.record(
        connection,
        at=now,
        actor=f"{author.role}/{author.client_id}",
        action=f"openadr_{row.object_type.lower()}.{_DONE[operation]}",
        subject=f"openadr/{row.object_id}",
        facts={"targets": sorted(row.targets)},
    )


def _raise_in_words_of_openadr(error: ConflictError | InputError) -> NoReturn:
    """Say what is in the way, and nothing of what is there."""
    if error.code == "already_exists":
        raise ConflictError("openadr_name_taken", "The name is taken, or the client has a VEN already.") from error
    if error.code == "reference_unknown":
        raise unknown_reference() from error
    raise error


def unknown_reference() -> ConflictError:
    """Return the error for an object that refers to one that is not there, or not for its author."""
    return ConflictError("openadr_reference_unknown", "It refers to an object that is not there.")
