"""Reports, which VENs make."""

from http import HTTPStatus

from api.context import InContext, Reading, Writing
from api.openadr import operations
from api.openadr.access import OwnReader, ReportWriter
from api.openadr.models.report import Report, ReportRequest
from api.openadr.operations import Told
from api.openadr.parameters import ClientNameAsked, EventAsked, Limit, ProgramAsked, ReportId, Skip
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from core.errors import NotFoundError
from db.connection import Connection
from db.openadr import NewObject, Search
from grid.openadr import objects
from grid.openadr.nouns import ObjectType
from grid.openadr.objects import MOST
from grid.openadr.privacy import Viewer
from grid.openadr.reporting import take_up
from grid.openadr.telling import told

router = router_of("reports")
_KIND = ObjectType.REPORT


@router.get("", operation_id="searchAllReports", response_model=list[Report], responses=refusals(403))
async def search_reports(
    connection: Reading,
    viewer: OwnReader,
    program_id: ProgramAsked = None,
    event_id: EventAsked = None,
    client_name: ClientNameAsked = None,
    skip: Skip = 0,
    limit: Limit = MOST,
) -> list[Told]:
    """List reports, the oldest first."""
    wanted = Search(_KIND, limit, skip, program_id=program_id, event_id=event_id, name=client_name)
    return await operations.search(connection, viewer, wanted)


@router.post(
    "", operation_id="createReport", status_code=HTTPStatus.CREATED, response_model=Report, responses=refusals(403, 409)
)
async def create_report(context: InContext, connection: Writing, viewer: ReportWriter, body: ReportRequest) -> Told:
    """Create a report of an event that the VEN may see; it counts as telemetry, and its opt-outs are honoured."""
    new = await _new(connection, viewer, body)
    row = await operations.create(context, connection, viewer, new)
    await take_up(connection, row, now=context.clock.now())
    return told(row, viewer)


@router.get("/{reportID}", operation_id="searchReportsByReportID", response_model=Report, responses=refusals(403, 404))
async def show_report(connection: Reading, viewer: OwnReader, report_id: ReportId) -> Told:
    """Return one report."""
    return await operations.show(connection, viewer, _KIND, report_id)


@router.put("/{reportID}", operation_id="updateReport", response_model=Report, responses=refusals(403, 404, 409))
async def change_report(
    context: InContext, connection: Writing, viewer: ReportWriter, report_id: ReportId, body: ReportRequest
) -> Told:
    """Replace a report."""
    row = await objects.find(connection, viewer, _KIND, report_id, lock=True)
    new = await _new(connection, viewer, body)
    changed = await operations.change(context, connection, viewer, row, new)
    await take_up(connection, changed, now=context.clock.now())
    return told(changed, viewer)


@router.delete("/{reportID}", operation_id="deleteReport", response_model=Report, responses=refusals(403, 404))
async def delete_report(context: InContext, connection: Writing, viewer: ReportWriter, report_id: ReportId) -> Told:
    """Delete a report."""
    return await operations.remove(context, connection, viewer, _KIND, report_id)


async def _new(connection: Connection, viewer: Viewer, body: ReportRequest) -> NewObject:
    try:
        await objects.find(connection, viewer, ObjectType.EVENT, body.event_id)
    except NotFoundError as error:  # hidden or not there: the answer is the same
        raise objects.unknown_reference() from error
    return NewObject(_KIND, body.content(), client_id=viewer.client_id, name=body.client_name, event_id=body.event_id)
