"""Settlement: statements of what an event saved, why two differ, and how wrong baselines are."""

from dataclasses import asdict
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access import Caller, Needs
from api.context import InContext, Reading, Writing
from api.models import settlement as told
from api.routes.parameters import EventId, PlaceCode, PlaceLevel, place_id_of
from api.tables import TableFormat, at_once, table_of
from core.errors import NotFoundError
from core.quality import Quality
from db.connection import Connection
from db.settlement import (
    ReadingChange,
    SkillRow,
    SlotRow,
    StatementRow,
    UsagePointRow,
    find_statements,
    skills_of_place,
    slots_of_statement,
    usage_points_of_statement,
)
from grid.demand_response.lifecycle import require_event
from grid.settlement.difference import Reason, RowChange, difference
from grid.settlement.methods import METHODS
from grid.settlement.programs import ProgramTotal, program_totals
from grid.settlement.skill import passes
from grid.settlement.statement import make_statement
from grid.settlement.table import TableRow, known, table_rows

router = APIRouter(prefix="/v1", tags=["settlement"])

_READ = [Depends(Needs("read:grid"))]
_MOST_KEY = 2**63 - 1
StatementId = Annotated[int, Path(ge=1, le=_MOST_KEY, description="Statement", examples=[4711])]
OtherStatement = Annotated[int, Query(ge=1, le=_MOST_KEY, description="The statement to compare with", examples=[4712])]
Program = Annotated[
    str, Path(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="Program", examples=["hiver-2026"])
]
OfMonth = Annotated[date | None, Query(description="Only this local month, by its first day", examples=["2026-01-01"])]
AsTable = Annotated[
    Literal["json", "csv", "parquet"],
    Query(alias="format", description="json: its usage points; csv or parquet: a row for each half-hour"),
]


@router.get("/baseline-methods", dependencies=_READ)
async def get_baseline_methods() -> list[told.Method]:
    """List the baseline methods."""
    return [told.Method.model_validate(method) for method in METHODS.values()]


@router.get("/events/{event_id}/statements", dependencies=_READ)
async def get_statements(connection: Reading, event_id: EventId) -> list[told.Statement]:
    """List the statements of an event, those of the latest moment first."""
    await require_event(connection, event_id)
    return [_head(row) for row in await find_statements(connection, event_id=event_id)]


@router.post("/events/{event_id}/statements", status_code=HTTPStatus.CREATED)
async def post_statement(
    context: InContext,
    connection: Writing,
    event_id: EventId,
    body: told.NewStatement,
    caller: Annotated[Caller, Depends(Needs("operate:grid"))],
) -> told.Statement:
    """Make a statement; one that exists for the same method and moment is made again, checked and given back."""
    made = await make_statement(
        connection,
        event_id=event_id,
        now=context.clock.now(),
        actor=f"token/{caller.name}",
        method=body.method,
        as_of=body.as_of,
        program=body.program,
    )
    return _head(made)


@router.get(
    "/events/{event_id}/statements/{settlement_statement_id}",
    dependencies=_READ,
    response_model=told.StatementDetail,
)
async def get_statement(
    connection: Reading, event_id: EventId, settlement_statement_id: StatementId, form: AsTable = "json"
) -> told.StatementDetail | Response:
    """Describe a statement; with `format=csv` or `format=parquet` its half-hours are taken away as a table."""
    head = await _statement(connection, event_id, settlement_statement_id)
    members = await usage_points_of_statement(connection, settlement_statement_id)
    if form == "json":
        return told.StatementDetail(**_head(head).model_dump(), usage_points=[_member(member) for member in members])
    rows = table_rows(head, members, await slots_of_statement(connection, settlement_statement_id))
    name = f"settlement-{settlement_statement_id}-indicative"
    return await table_of(TableRow, at_once(rows), form=TableFormat(form), name=name)


@router.get("/events/{event_id}/statements/{settlement_statement_id}/difference", dependencies=_READ)
async def get_difference(
    connection: Reading, event_id: EventId, settlement_statement_id: StatementId, other: OtherStatement
) -> told.Difference:
    """Say row by row why two statements of an event differ."""
    await _statement(connection, event_id, settlement_statement_id)
    await _statement(connection, event_id, other)
    found = await difference(connection, settlement_statement_id, other)
    keys: dict[int, UUID] = {}
    for key in (settlement_statement_id, other):
        members = await usage_points_of_statement(connection, key)
        keys |= {member.usage_point_id: member.usage_point_key for member in members}
    return told.Difference(
        older=_head(found.older),
        newer=_head(found.newer),
        row_count=found.row_count,
        rows=[_row(row, keys) for row in found.rows],
    )


@router.get("/places/{level}/{code}/baseline-skill", dependencies=_READ)
async def get_baseline_skill(
    connection: Reading, level: PlaceLevel, code: PlaceCode, month: OfMonth = None
) -> list[told.Skill]:
    """Tell how wrong each method was at a place on days without an event, the latest month first."""
    place_id = await place_id_of(connection, level, code)
    return [_skill(row) for row in await skills_of_place(connection, place_id, month)]


@router.get("/settled-programs/{program}", dependencies=_READ)
async def get_settled_program(connection: Reading, program: Program) -> list[told.ProgramTotal]:
    """Tell what the events that were settled under a program saved together, by method."""
    statements = await find_statements(connection, program=program)
    if not statements:
        raise NotFoundError("program_not_settled", "Nothing was settled under this program.", program=program)
    return [_total(total) for total in program_totals(statements)]


async def _statement(connection: Connection, event_id: UUID, key: int) -> StatementRow:
    found = [row for row in await find_statements(connection, settlement_statement_id=key) if row.event_id == event_id]
    if not found:
        raise NotFoundError("statement_unknown", "The event has no such statement.", settlement_statement_id=key)
    return found[0]


def _head(row: StatementRow) -> told.Statement:
    return told.Statement(**_without_nan(row) | {"hash": row.hash.hex()})


def _total(total: ProgramTotal) -> told.ProgramTotal:
    return told.ProgramTotal(
        method=total.method,
        event_count=len(total.statements),
        statements=[_head(row) for row in total.statements],
        reduction_wh=known(total.reduction_wh),
        adjusted_reduction_wh=known(total.adjusted_reduction_wh),
        lower_wh=known(total.lower_wh),
        upper_wh=known(total.upper_wh),
        error_mean_wh=known(total.error_mean_wh),
    )


def _member(row: UsagePointRow) -> told.UsagePoint:
    return told.UsagePoint(**_without_nan(row), control_count=len(row.control_usage_point_ids))


def _row(row: RowChange, keys: dict[int, UUID]) -> told.ChangedRow:
    return told.ChangedRow(
        usage_point_key=row.usage_point_key,
        slot_start_at=row.slot_start_at,
        older=_figures(row.older),
        newer=_figures(row.newer),
        reasons=[_reason(reason, keys) for reason in row.reasons],
    )


def _figures(slot: SlotRow | None) -> told.Figures | None:
    return None if slot is None else told.Figures(**_without_nan(slot))


def _reason(reason: Reason, keys: dict[int, UUID]) -> told.Reason:
    reading = None if reason.reading is None else _reading(reason.reading, keys)
    return told.Reason(kind=reason.kind, role=reason.role, message=reason.message, reading=reading)


def _reading(change: ReadingChange, keys: dict[int, UUID]) -> told.Reading:
    facts = _without_nan(change) | {"usage_point_key": keys.get(change.usage_point_id)}
    for name in ("old_quality", "new_quality"):
        facts[name] = None if facts[name] is None else Quality(facts[name]).label
    return told.Reading(**facts)


def _skill(row: SkillRow) -> told.Skill:
    facts = _without_nan(row) | {"window_start": f"{row.window_start:%H:%M}"}
    return told.Skill(**facts, passes=passes(row.absolute_error_ratio, row.centring_error_ratio))


def _without_nan(row: Any) -> dict[str, Any]:
    return {name: known(value) if isinstance(value, float) else value for name, value in asdict(row).items()}
