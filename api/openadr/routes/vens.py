"""VENs: what they are granted is written by business logic alone."""

from http import HTTPStatus
from typing import Any

from api.context import InContext, Reading, Writing
from api.openadr import operations
from api.openadr.access import OwnReader, VenWriter
from api.openadr.models.ven import BlVenRequest, Ven, VenRequest
from api.openadr.operations import Told
from api.openadr.parameters import Limit, Skip, TargetsAsked, VenId, VenNameAsked
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from core.errors import ForbiddenError, InputError
from db.openadr import NewObject, OpenadrObject, Search
from grid.openadr import objects
from grid.openadr.nouns import ObjectType, Role
from grid.openadr.objects import MOST
from grid.openadr.privacy import Viewer
from grid.openadr.telling import told

router = router_of("vens")
_KIND = ObjectType.VEN


@router.get("", operation_id="searchVens", response_model=list[Ven], responses=refusals(403))
async def search_vens(
    connection: Reading,
    viewer: OwnReader,
    ven_name: VenNameAsked = None,
    targets: TargetsAsked = None,
    skip: Skip = 0,
    limit: Limit = MOST,
) -> list[Told]:
    """List VENs, the oldest first."""
    return await operations.search(connection, viewer, Search(_KIND, limit, skip, name=ven_name), targets)


@router.post(
    "", operation_id="createVen", status_code=HTTPStatus.CREATED, response_model=Ven, responses=refusals(403, 409)
)
async def create_ven(context: InContext, connection: Writing, viewer: VenWriter, body: VenRequest) -> Told:
    """Create the VEN of a client; its name must be new."""
    return told(await operations.create(context, connection, viewer, _new(viewer, body, None)), viewer)


@router.get("/{venID}", operation_id="searchVenByID", response_model=Ven, responses=refusals(403, 404))
async def show_ven(connection: Reading, viewer: OwnReader, ven_id: VenId) -> Told:
    """Return one VEN."""
    return await operations.show(connection, viewer, _KIND, ven_id)


@router.put("/{venID}", operation_id="updateVen", response_model=Ven, responses=refusals(403, 404, 409))
async def change_ven(
    context: InContext, connection: Writing, viewer: VenWriter, ven_id: VenId, body: VenRequest
) -> Told:
    """Replace a VEN; its client stays, and its targets do where the VEN itself writes."""
    row = await objects.find(connection, viewer, _KIND, ven_id, lock=True)
    return told(await operations.change(context, connection, viewer, row, _new(viewer, body, row)), viewer)


@router.delete("/{venID}", operation_id="deleteVen", response_model=Ven, responses=refusals(403, 404))
async def delete_ven(context: InContext, connection: Writing, viewer: VenWriter, ven_id: VenId) -> Told:
    """Delete a VEN and its resources."""
    return await operations.remove(context, connection, viewer, _KIND, ven_id)


def _new(viewer: Viewer, body: VenRequest, earlier: OpenadrObject | None) -> NewObject:
    granted: list[str] = [] if earlier is None else earlier.targets
    client_id = viewer.client_id if earlier is None else earlier.client_id
    if isinstance(body, BlVenRequest):
        if viewer.role is Role.VEN:
            raise ForbiddenError("openadr_not_yours", "Only business logic may write a BL_VEN_REQUEST.")
        if earlier is not None and body.client_id != client_id:
            raise InputError("openadr_client_fixed", "The client of a VEN cannot change.", field="clientID")
        granted, client_id = body.targets or [], body.client_id
    elif viewer.role is Role.BL and earlier is None:
        raise InputError("openadr_client_missing", "Business logic creates VENs by a BL_VEN_REQUEST.", field="clientID")
    content: dict[str, Any] = body.content()
    for given in ("objectType", "clientID", "targets"):
        content.pop(given, None)
    return NewObject(_KIND, content, client_id=client_id, name=body.ven_name, targets=granted)
