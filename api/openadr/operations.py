"""The five things that can be done with an object of any kind; routes say of which kind, for whom and under which name.

Checks that one kind alone needs are in its module.
"""

from collections.abc import Collection
from typing import Any, TypeAlias

from api.context import Context
from db.connection import Connection
from db.openadr import NewObject, OpenadrObject, Search
from grid.openadr import objects
from grid.openadr.nouns import ObjectType
from grid.openadr.privacy import Viewer
from grid.openadr.telling import told

Told: TypeAlias = dict[str, Any]


async def search(
    connection: Connection, viewer: Viewer, wanted: Search, targets: Collection[str] | None = None
) -> list[Told]:
    """Return a page of what the viewer may see."""
    requested = tuple(targets or ())
    return [told(row, viewer, requested) for row in await objects.search(connection, viewer, wanted, requested)]


async def show(connection: Connection, viewer: Viewer, kind: ObjectType, object_id: str) -> Told:
    """Return one object that the viewer may see."""
    return told(await objects.find(connection, viewer, kind, object_id), viewer)


async def create(context: Context, connection: Connection, viewer: Viewer, new: NewObject) -> OpenadrObject:
    """Store a new object."""
    return await objects.create(connection, viewer, new, now=context.clock.now())


async def change(
    context: Context, connection: Connection, viewer: Viewer, row: OpenadrObject, new: NewObject
) -> OpenadrObject:
    """Store an object over an earlier one."""
    return await objects.change(connection, viewer, row, new, now=context.clock.now())


async def remove(context: Context, connection: Connection, viewer: Viewer, kind: ObjectType, object_id: str) -> Told:
    """Remove an object that the viewer may see and return what it was."""
    row = await objects.find(connection, viewer, kind, object_id, lock=True)
    await objects.remove(connection, viewer, row, now=context.clock.now())
    return told(row, viewer)
