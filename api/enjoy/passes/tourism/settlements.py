"""What is owed to partners for entries, month by month; a closed month never changes."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from api.context import InContext
from api.enjoy.catalogue.asking import form_of
from api.enjoy.operating import Operating, Passes
from api.models.tourism_settlement import Closing, StatementOf
from db.tourism_settlements import settling_services
from enjoy.accounts import Operator
from enjoy.passes.tourism import settling
from enjoy.passes.tourism.products import own_service

router = APIRouter(prefix="/v1/tourism/settlements", tags=["tourism"])

_CSV: Final = "text/csv"
_FORMS: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.OK: {
        "model": list[StatementOf],
        "content": {_CSV: {"schema": {"type": "string"}}},
        "description": "Statements, or their lines as CSV where that is asked for",
    }
}
Sells = Annotated[Operator, Depends(Operating("sell:passes"))]
Runs = Annotated[Operator, Depends(Operating("manage:services"))]


@router.get("", response_model=list[StatementOf], responses=_FORMS)
async def get_settlements(
    request: Request,
    connection: Passes,
    operator: Sells,
    month: Annotated[str, Query(pattern=r"^[0-9]{4}-[0-9]{2}$", description="Month", examples=["2026-11"])],
    service: Annotated[
        str | None, Query(pattern=r"^[a-z][a-z0-9-]{1,47}$", description="One alone", examples=["city-pass"])
    ] = None,
) -> list[StatementOf] | Response:
    """Tell what a month comes to: all lines of your own services; of others', those of your venues alone."""
    asked = settling.month_of(month)
    found = await settling_services(connection, operator.organisation_id, service=service)
    statements = [
        await settling.statement(
            connection,
            one,
            asked,
            partner=None if one.organisation_id == operator.organisation_id else operator.organisation,
        )
        for one in found
    ]
    if form_of(request, ("application/json", _CSV)) == _CSV:
        return Response(settling.csv_of(statements), media_type=f"{_CSV}; charset=utf-8")
    return [StatementOf.of(one) for one in statements]


@router.post("", status_code=HTTPStatus.CREATED)
async def post_settlement(context: InContext, connection: Passes, operator: Runs, body: Closing) -> StatementOf:
    """Close a month of your service for good, once it is over; what is told later is in the next."""
    service = await own_service(connection, body.service, operator.organisation_id)
    month = settling.month_of(body.month)
    return StatementOf.of(
        await settling.close(connection, service, month, actor=operator.actor, now=context.wall.now())
    )
