"""Services that holders join and leave, and the tokens by which they show it there."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.context import InContext
from api.enjoy.catalogue.asking import addresses_of
from api.enjoy.passes.holding import Holding, HoldsCard, note_acting
from api.enjoy.passes.secret import offered_secret
from api.models.card_media import JoinedOf, ServiceJoined, TokenMade, TokenOf, TokenWanted
from db.joined import joined_of
from db.media import tokens_of
from enjoy.passes import joining
from enjoy.passes.codes import code_of
from enjoy.passes.deriving import derive_subject
from enjoy.passes.issuing import issue
from enjoy.passes.media import own_medium

router = APIRouter(prefix="/v1/card", tags=["cards"])

ServiceAsked = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,47}$", examples=["pool"])]


@router.get("/services")
async def get_joined(holder: HoldsCard, connection: Holding) -> list[JoinedOf]:
    """List the services that were joined."""
    return [JoinedOf.model_validate(one) for one in await joined_of(connection, holder.holder_id)]


@router.post("/services")
async def post_joined(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, body: ServiceJoined
) -> JoinedOf:
    """Join a service: you are a random number there, and rights are derived at once. Who uses it already goes on to."""
    now = context.wall.now()
    joined = await joining.join(connection, holder.holder_id, body.service, now=now)
    await derive_subject(connection, joined.subject_id, now=now)
    await note_acting(connection, request, holder, "service", "joined")
    return JoinedOf.model_validate(joined)


@router.delete("/services/{service}", status_code=HTTPStatus.NO_CONTENT)
async def delete_joined(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, service: ServiceAsked
) -> Response:
    """Leave a service: who comes again is another random number there."""
    await joining.leave(connection, holder.holder_id, service, now=context.wall.now())
    await note_acting(connection, request, holder, "service", "left")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/tokens")
async def get_tokens(context: InContext, holder: HoldsCard, connection: Holding) -> list[TokenOf]:
    """List the tokens that hold or are blocked; the tokens themselves were told once."""
    return [
        TokenOf(
            medium=one.medium_id,
            service=one.service,
            title=one.title,
            status="valid" if one.status == 0 else "blocked",
            is_bound=one.is_bound,
            issued_on=one.issued_on,
            expires_at=one.expires_at,
        )
        for one in await tokens_of(connection, holder.holder_id, now=context.wall.now())
    ]


@router.post("/tokens", status_code=HTTPStatus.CREATED)
async def post_token(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, body: TokenWanted
) -> TokenMade:
    """Make the token of a medium for a service that was joined; the one before is replaced.

    A phone gives a key that it made for this service alone. Paper has none, and is told the code as an image too.
    """
    joined = await joining.own_service(connection, holder.holder_id, body.service)
    await own_medium(connection, holder.holder_id, body.medium)
    made = await issue(
        connection,
        offered_secret(context.settings),
        joined.subject_id,
        body.medium,
        body.device_key,
        address=addresses_of(request).base,
        now=context.wall.now(),
    )
    await note_acting(connection, request, holder, "token", "made")
    svg = None if body.device_key is not None else code_of(made.text).svg(title=joined.title)
    return TokenMade.of(made, service=joined.service, title=joined.title, svg=svg)
