"""Objects of the OpenADR VTN, and the changes of them that notifiers read."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("openadr")


@dataclass(frozen=True, slots=True)
class NewObject:
    """What is stored of an object beside its identity and times; as the columns of openadr_object say."""

    object_type: str
    content: Mapping[str, Any]
    client_id: str | None = None
    name: str | None = None
    program_id: str | None = None
    event_id: str | None = None
    ven_id: str | None = None
    targets: Collection[str] = ()
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenadrObject:
    """An object with what decides who sees it."""

    object_id: str
    object_type: str
    created_at: datetime
    modified_at: datetime
    client_id: str | None
    name: str | None
    program_id: str | None
    event_id: str | None
    ven_id: str | None
    targets: list[str]
    ends_at: datetime | None
    content: dict[str, Any]
    program_targets: list[str]


@dataclass(frozen=True, slots=True)
class Search:
    """Say which objects a page is of; None filters nothing.

    Attributes
    ----------
    object_type : str
        Kind.
    limit, skip : int
        Length of the page and how many come before it, ``>= 0``.
    owner : str, optional
        Client whose they are.
    matching : collection of str, optional
        Targets of which they have at least one.
    untargeted : bool, default False
        Only those without targets.
    granted : collection of str, optional
        Targets of which their program has at least one, or else none at all.
    name, program_id, event_id, ven_id : str, optional
        As their columns.
    ends_after : datetime, optional
        Not those that ended by then.
    objects : collection of str, optional
        Kinds of which a subscription is to at least one.
    """

    object_type: str
    limit: int
    skip: int = 0
    owner: str | None = None
    matching: Collection[str] | None = None
    untargeted: bool = False
    granted: Collection[str] | None = None
    name: str | None = None
    program_id: str | None = None
    event_id: str | None = None
    ven_id: str | None = None
    ends_after: datetime | None = None
    objects: Collection[str] | None = field(default=None)


async def insert_object(connection: Connection, object_id: str, new: NewObject, *, now: datetime) -> None:
    """Store an object.

    Raises
    ------
    ConflictError
        ``already_exists``: its name is taken, or the client has a VEN.
    InputError
        ``reference_unknown`` when it refers to what is not there; ``value_not_storable``.
    """
    await _execute(connection, "insert_object", _values(object_id, new, now))


async def update_object(connection: Connection, object_id: str, new: NewObject, *, now: datetime) -> None:
    """Store an object over the one with its identity; raises as `insert_object`."""
    await _execute(connection, "update_object", _values(object_id, new, now))


async def delete_object(connection: Connection, object_id: str) -> None:
    """Remove an object and what depends on it."""
    await _execute(connection, "delete_object", {"object_id": object_id})


async def lock_object(connection: Connection, object_id: str) -> None:
    """Keep others from changing an object until the transaction ends."""
    await _execute(connection, "lock_object", {"object_id": object_id})


async def object_by_id(connection: Connection, object_type: str, object_id: str) -> OpenadrObject | None:
    """Return an object of one kind."""
    parameters = {"object_type": object_type, "object_id": object_id}
    return await one_row(connection, OpenadrObject, _SQL["object_by_id"], parameters)


async def dependents_of(connection: Connection, object_id: str) -> list[OpenadrObject]:
    """Return what is removed with an object, in an order in which it may be."""
    return await all_rows(connection, OpenadrObject, _SQL["dependents_of"], {"object_id": object_id})


async def list_objects(connection: Connection, search: Search) -> list[OpenadrObject]:
    """Return a page of objects, the oldest first."""
    lists = {
        name: None if (chosen := getattr(search, name)) is None else sorted(chosen)
        for name in ("matching", "granted", "objects")
    }
    return await all_rows(connection, OpenadrObject, _SQL["list_objects"], {**asdict(search), **lists})


async def insert_change(
    connection: Connection, object_id: str, operation: str, told: Mapping[str, Any], *, now: datetime
) -> None:
    """Tell notifiers of a change; in the transaction of the change, while the object is there.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    object_id : str
        The object.
    operation : str
        CREATE, UPDATE or DELETE.
    told : mapping
        The object as it is to be notified.
    now : datetime
        Time.
    """
    values = {"object_id": object_id, "operation": operation, "object": Jsonb(dict(told)), "now": now}
    await _execute(connection, "insert_change", values)


def _values(object_id: str, new: NewObject, now: datetime) -> dict[str, object]:
    content = {"content": Jsonb(dict(new.content)), "targets": list(new.targets)}
    return {**asdict(new), **content, "object_id": object_id, "now": now}


async def _execute(connection: Connection, name: str, values: Mapping[str, object]) -> None:
    async with translated_errors(), connection.cursor() as cursor:
        await cursor.execute(_SQL[name], values)
