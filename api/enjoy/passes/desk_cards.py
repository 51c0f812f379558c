"""What a desk does that has a card before it: it frees a card that somebody else linked, and gives claim codes."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.context import Context, InContext
from api.enjoy.operating import Operating, Passes
from api.enjoy.passes.secret import offered_secret
from api.models.card_family import HandedCode
from api.models.card_media import SerialAtDesk
from core.errors import NotFoundError
from db import media as store
from db.connection import Connection
from db.pass_access import note_access
from enjoy.accounts import Operator
from enjoy.passes.families import claim_at_desk
from enjoy.passes.serials import serial_of
from enjoy.passes.services import own_service

router = APIRouter(prefix="/v1/desk", tags=["services"])

Sits = Annotated[Operator, Depends(Operating("attest:rights"))]


async def _hashed(
    context: Context, connection: Connection, operator: Operator, body: SerialAtDesk
) -> tuple[int, bytes]:
    """Return the service, which is the desk's own, and the serial as it has it."""
    service = await own_service(connection, body.service, operator.organisation_id)
    hashed = offered_secret(context.settings).serial_hmac(service.service_id, serial_of(body.serial))
    return service.service_id, hashed


@router.post("/serials/free", status_code=HTTPStatus.NO_CONTENT)
async def post_freed(context: InContext, operator: Sits, connection: Passes, body: SerialAtDesk) -> Response:
    """Free a card that lies at the desk, so that whose it is can link it; whoever had linked it sees that it was."""
    freed = await store.free_serial(connection, *await _hashed(context, connection, operator, body))
    if freed is None:
        raise NotFoundError("card_unknown", "The service knows no such card.")
    await note_access(
        connection,
        freed,
        at=context.wall.now(),
        actor=operator.actor,
        organisation=operator.organisation,
        subject="medium",
        purpose="card freed",
    )
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/claims", status_code=HTTPStatus.CREATED)
async def post_desk_claim(context: InContext, operator: Sits, connection: Passes, body: SerialAtDesk) -> HandedCode:
    """Give somebody of sixteen or more, whom the desk has seen with their card, the code by which they will sign in.

    Only where nobody signs in by that card account yet: a desk opens nobody's account.
    """
    now = context.wall.now()
    service_id, hashed = await _hashed(context, connection, operator, body)
    holder_id = await store.holder_by_serial(connection, service_id, hashed)
    if holder_id is None:
        raise NotFoundError("card_unknown", "The service knows no such card.")
    code, until = await claim_at_desk(connection, holder_id, now=now)
    await note_access(
        connection,
        holder_id,
        at=now,
        actor=operator.actor,
        organisation=operator.organisation,
        subject="family",
        purpose="claim code made",
    )
    return HandedCode(code=code, expires_at=until)
