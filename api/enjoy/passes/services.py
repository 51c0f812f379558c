"""Services that passes open: for everybody to read, and run by those who declared them."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from api.context import InContext
from api.enjoy.operating import Operating, Passes
from api.models.page import Page
from api.models.pass_services import (
    Hours,
    NewService,
    RightShown,
    ServiceOf,
    ServiceWanted,
    VenueOf,
    VenueWanted,
    WordsOf,
    names_of,
)
from api.paging import Cursor, Limit, bounded, page_of, read_key
from core.errors import InputError
from db import pass_services as store
from db.connection import Connection
from db.pass_services import PassService
from enjoy.accounts import Operator
from enjoy.passes import services
from enjoy.passes.conditions import read_condition, words_of
from enjoy.passes.opening import closed_days, hours_of

router = APIRouter(prefix="/v1/services", tags=["services"])

#: What everybody sees may be kept, and asked about again.
_OPEN: Final = "public, no-cache"
_NAME: Final = r"^[a-z][a-z0-9-]{1,47}$"
ServiceName = Annotated[str, Path(pattern=_NAME, description="Service", examples=["marx-dormoy"])]
VenueName = Annotated[str, Path(pattern=_NAME, description="Venue, within its service", examples=["grand-bassin"])]
Runs = Annotated[Operator, Depends(Operating("manage:services"))]


def _seen(
    if_match: Annotated[
        str | None,
        Header(description="ETag of the service as it was read: the change is refused where it is not that any more"),
    ] = None,
) -> int | None:
    if if_match in (None, "*"):
        return None
    digits = str(if_match).strip().removeprefix("W/").strip('"')
    if not digits.isdecimal() or len(digits) > len("2147483647") - 1:
        raise InputError("if_match_invalid", 'If-Match has to be an ETag of the service, like "3".')
    return int(digits)


#: Revision of the service that a caller saw; None: they do not say.
Seen = Annotated[int | None, Depends(_seen)]


@router.get("")
async def get_services(
    request: Request,
    response: Response,
    connection: Passes,
    *,
    organisation: Annotated[
        str | None, Query(pattern=_NAME, description="Of one that runs services", examples=["lille"])
    ] = None,
    commune: Annotated[
        str | None,
        Query(pattern=r"^[0-9][0-9AB][0-9]{3}$", description="With a venue in it, by INSEE code", examples=["59350"]),
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ServiceOf]:
    """List services that passes open, by name; open to all."""
    after = "" if cursor is None else read_key(cursor, str)
    rows = await store.list_services(
        connection, limit=bounded(limit) + 1, after=after, organisation=organisation, insee_code=commune
    )
    response.headers["Cache-Control"] = _OPEN
    told = {one.name: one for one in await _told(connection, rows)}
    return page_of(request, rows, limit, item=lambda row: told[row.name], key=lambda row: [row.name])


@router.get("/{service}")
async def get_service(response: Response, connection: Passes, service: ServiceName) -> ServiceOf:
    """Tell what a service is, where it is used, who has which right, and when it is open; open to all."""
    response.headers["Cache-Control"] = _OPEN
    return await told(response, connection, service)


@router.post("", status_code=HTTPStatus.CREATED)
async def post_service(
    context: InContext, response: Response, operator: Runs, connection: Passes, body: NewService
) -> ServiceOf:
    """Declare a service; its name is for ever, and nobody is admitted before there is a rule."""
    await services.declare(
        connection, operator.organisation_id, actor=operator.actor, now=context.wall.now(), **body.model_dump()
    )
    return await told(response, connection, body.name)


@router.put("/{service}")
async def put_service(
    context: InContext,
    response: Response,
    operator: Runs,
    connection: Passes,
    service: ServiceName,
    seen: Seen,
    body: ServiceWanted,
) -> ServiceOf:
    """Say anew what a service is; name and kind stay."""
    own = await services.own_service(connection, service, operator.organisation_id)
    facts = body.model_dump()
    await services.change(connection, own, seen=seen, actor=operator.actor, now=context.wall.now(), **facts)
    return await told(response, connection, service)


@router.delete("/{service}", status_code=HTTPStatus.NO_CONTENT)
async def delete_service(
    context: InContext, operator: Runs, connection: Passes, service: ServiceName, seen: Seen
) -> Response:
    """Close a service for good: nobody joins it, and readers admit nobody from their next bundle on."""
    own = await services.own_service(connection, service, operator.organisation_id)
    await services.close(connection, own, seen=seen, actor=operator.actor, now=context.wall.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.put("/{service}/venues/{venue}")
async def put_venue(
    context: InContext,
    response: Response,
    operator: Runs,
    connection: Passes,
    service: ServiceName,
    venue: VenueName,
    seen: Seen,
    body: VenueWanted,
) -> ServiceOf:
    """Say where a service is used; a venue that takes no passes any more stays, closed."""
    own = await services.own_service(connection, service, operator.organisation_id)
    facts = body.model_dump(exclude={"organisation", "location"})
    position = {"lon": None, "lat": None} if body.location is None else body.location.model_dump()
    await services.put_venue(
        connection,
        own,
        venue,
        keeper=body.organisation,
        seen=seen,
        actor=operator.actor,
        now=context.wall.now(),
        **facts,
        **position,
    )
    return await told(response, connection, service)


async def told(response: Response, connection: Connection, name: str) -> ServiceOf:
    """Return a service as everybody sees it, under the ETag that its changes go by."""
    found = await services.service_named(connection, name)
    response.headers["ETag"] = f'"{found.revision}"'
    return (await _told(connection, [found]))[0]


async def _told(connection: Connection, rows: list[PassService]) -> list[ServiceOf]:
    """Return services as everybody sees them, each read once."""
    keys = [row.service_id for row in rows]
    venues = await store.venues_of(connection, keys)
    kinds = [one for one in await store.kinds_of(connection, keys) if one.ended_on is None]
    rules = await store.rules_of(connection, keys)
    communes = await store.communes(connection) if kinds else {}
    shown = {
        (one.service_id, one.number): RightShown(
            title=one.title, condition=WordsOf.model_validate(words_of(read_condition(one.condition), communes))
        )
        for one in kinds
    }
    return [
        ServiceOf(
            venues=[VenueOf.of(one) for one in venues if one.service_id == row.service_id],
            rights=[right for (service_id, _), right in shown.items() if service_id == row.service_id],
            hours=_hours([one.content for one in rules if one.service_id == row.service_id]),
            closed_on=closed_days([one.content for one in rules if one.service_id == row.service_id]),
            **names_of(row),
        )
        for row in rows
    ]


def _hours(contents: list[dict[str, object]]) -> list[Hours] | None:
    found = hours_of(contents)
    return None if found is None else [Hours.model_validate(one) for one in found]
