"""Resources of VENs: what they add to their VEN's grant is written by business logic alone."""

from http import HTTPStatus
from typing import Any

from api.context import InContext, Reading, Writing
from api.openadr import operations
from api.openadr.access import OwnReader, VenWriter
from api.openadr.models.resource import BlResourceRequest, Resource, ResourceRequest
from api.openadr.operations import Told
from api.openadr.parameters import Limit, ResourceId, ResourceNameAsked, Skip, TargetsAsked, VenAsked
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from core.errors import ForbiddenError, InputError
from db.connection import Connection
from db.openadr import NewObject, OpenadrObject, Search
from db.openadr_links import link_resource
from grid.openadr import objects
from grid.openadr.nouns import ObjectType, Role
from grid.openadr.objects import MOST
from grid.openadr.privacy import Viewer
from grid.openadr.telling import told

router = router_of("resources")
_KIND = ObjectType.RESOURCE


@router.get("", operation_id="searchVenResources", response_model=list[Resource], responses=refusals(403, 404))
async def search_resources(
    connection: Reading,
    viewer: OwnReader,
    resource_name: ResourceNameAsked = None,
    ven_id: VenAsked = None,
    targets: TargetsAsked = None,
    skip: Skip = 0,
    limit: Limit = MOST,
) -> list[Told]:
    """List resources, the oldest first."""
    wanted = Search(_KIND, limit, skip, name=resource_name, ven_id=ven_id)
    return await operations.search(connection, viewer, wanted, targets)


@router.post(
    "",
    operation_id="createResource",
    status_code=HTTPStatus.CREATED,
    response_model=Resource,
    responses=refusals(403, 404, 409),
)
async def create_resource(context: InContext, connection: Writing, viewer: VenWriter, body: ResourceRequest) -> Told:
    """Create a resource of a VEN; its name must be new to the VEN."""
    new = await _new(connection, viewer, body, None)
    row = await operations.create(context, connection, viewer, new)
    return await _linked(connection, viewer, row)


@router.get(
    "/{resourceID}", operation_id="searchVenResourceByID", response_model=Resource, responses=refusals(403, 404)
)
async def show_resource(connection: Reading, viewer: OwnReader, resource_id: ResourceId) -> Told:
    """Return one resource."""
    return await operations.show(connection, viewer, _KIND, resource_id)


@router.put(
    "/{resourceID}", operation_id="updateVenResource", response_model=Resource, responses=refusals(403, 404, 409)
)
async def change_resource(
    context: InContext, connection: Writing, viewer: VenWriter, resource_id: ResourceId, body: ResourceRequest
) -> Told:
    """Replace a resource; its targets stay where its VEN itself writes."""
    row = await objects.find(connection, viewer, _KIND, resource_id, lock=True)
    new = await _new(connection, viewer, body, row)
    return await _linked(connection, viewer, await operations.change(context, connection, viewer, row, new))


@router.delete("/{resourceID}", operation_id="deleteVenResource", response_model=Resource, responses=refusals(403, 404))
async def delete_resource(context: InContext, connection: Writing, viewer: VenWriter, resource_id: ResourceId) -> Told:
    """Delete a resource."""
    return await operations.remove(context, connection, viewer, _KIND, resource_id)


async def _linked(connection: Connection, viewer: Viewer, row: OpenadrObject) -> Told:
    """Let a resource be the platform's device of its name, where business logic wrote it."""
    if viewer.role is Role.BL:
        await link_resource(connection, row.object_id)
    return told(row, viewer)


async def _new(
    connection: Connection, viewer: Viewer, body: ResourceRequest, earlier: OpenadrObject | None
) -> NewObject:
    granted: list[str] = [] if earlier is None else earlier.targets
    if isinstance(body, BlResourceRequest) and viewer.role is Role.VEN:
        raise ForbiddenError("openadr_not_yours", "Only business logic may write a BL_RESOURCE_REQUEST.")
    ven = await objects.find(connection, viewer, ObjectType.VEN, body.ven_id)
    if isinstance(body, BlResourceRequest):
        if body.client_id != ven.client_id:
            raise InputError("openadr_client_foreign", "The VEN is another client's.", field="clientID")
        granted = body.targets or []
    content: dict[str, Any] = body.content()
    for given in ("objectType", "clientID", "targets"):
        content.pop(given, None)
    return NewObject(
        _KIND, content, client_id=ven.client_id, name=body.resource_name, ven_id=body.ven_id, targets=granted
    )
