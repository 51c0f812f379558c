"""Programs."""

from http import HTTPStatus

from api.context import InContext, Reading, Writing
from api.openadr import operations
from api.openadr.access import ProgramWriter, TargetReader
from api.openadr.models.program import Program, ProgramRequest
from api.openadr.operations import Told
from api.openadr.parameters import Limit, ProgramId, Skip, TargetsAsked
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from db.openadr import NewObject, Search
from grid.openadr import objects
from grid.openadr.nouns import ObjectType
from grid.openadr.objects import MOST
from grid.openadr.telling import told

router = router_of("programs")
_KIND = ObjectType.PROGRAM


@router.get("", operation_id="searchAllPrograms", response_model=list[Program], responses=refusals(403))
async def search_programs(
    connection: Reading, viewer: TargetReader, targets: TargetsAsked = None, skip: Skip = 0, limit: Limit = MOST
) -> list[Told]:
    """List programs, the oldest first."""
    return await operations.search(connection, viewer, Search(_KIND, limit, skip), targets)


@router.post(
    "",
    operation_id="createProgram",
    status_code=HTTPStatus.CREATED,
    response_model=Program,
    responses=refusals(403, 409),
)
async def create_program(context: InContext, connection: Writing, viewer: ProgramWriter, body: ProgramRequest) -> Told:
    """Create a program; its name must be new."""
    return told(await operations.create(context, connection, viewer, _new(body)), viewer)


@router.get(
    "/{programID}", operation_id="searchProgramByProgramId", response_model=Program, responses=refusals(403, 404)
)
async def show_program(connection: Reading, viewer: TargetReader, program_id: ProgramId) -> Told:
    """Return one program."""
    return await operations.show(connection, viewer, _KIND, program_id)


@router.put("/{programID}", operation_id="updateProgram", response_model=Program, responses=refusals(403, 404, 409))
async def change_program(
    context: InContext, connection: Writing, viewer: ProgramWriter, program_id: ProgramId, body: ProgramRequest
) -> Told:
    """Replace a program."""
    row = await objects.find(connection, viewer, _KIND, program_id, lock=True)
    return told(await operations.change(context, connection, viewer, row, _new(body)), viewer)


@router.delete("/{programID}", operation_id="deleteProgram", response_model=Program, responses=refusals(403, 404))
async def delete_program(context: InContext, connection: Writing, viewer: ProgramWriter, program_id: ProgramId) -> Told:
    """Delete a program, its events and the subscriptions to it."""
    return await operations.remove(context, connection, viewer, _KIND, program_id)


def _new(body: ProgramRequest) -> NewObject:
    return NewObject(_KIND, body.content(), name=body.program_name, targets=body.targets or ())
