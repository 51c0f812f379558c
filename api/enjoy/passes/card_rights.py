"""What a holder has, what it follows from, and the code that they show at a desk."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from api.context import InContext
from api.enjoy.passes.holding import Holding, HoldsCard, note_acting
from api.models.pass_rights import AttestationOf, DeskCode, RightHeld, RightsOf
from db import pass_rights as store
from db import pass_services
from enjoy.passes import desks
from enjoy.passes.deriving import withdraw

router = APIRouter(prefix="/v1/card", tags=["cards"])

AttestationId = Annotated[UUID, Path(description="Attestation", examples=["6f0f4f0e-9e0b-4a53-9d0c-0d7b1f4a3c11"])]


@router.post("/desk-code", status_code=HTTPStatus.CREATED)
async def post_desk_code(request: Request, context: InContext, holder: HoldsCard, connection: Holding) -> DeskCode:
    """Make a code to be shown at a desk: good for five minutes and once. The one before is good no more."""
    code, until = await desks.make_code(connection, holder.holder_id, now=context.wall.now())
    await note_acting(connection, request, holder, "attestation", "desk code made")
    return DeskCode(code=code, expires_at=until)


@router.get("/rights")
async def get_card_rights(context: InContext, holder: HoldsCard, connection: Holding) -> RightsOf:
    """Tell a holder of every right at services that they use, until when it holds, and what desks saw."""
    now = context.wall.now()
    communes = await pass_services.communes(connection)
    return RightsOf(
        rights=[RightHeld.of(one, communes, now) for one in await store.rights_of_holder(connection, holder.holder_id)],
        attestations=[
            AttestationOf.of(one, now) for one in await store.attestations_of(connection, [holder.holder_id])
        ],
    )


@router.delete("/attestations/{attestation}", status_code=HTTPStatus.NO_CONTENT)
async def delete_attestation(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, attestation: AttestationId
) -> Response:
    """Withdraw what a desk saw: it is forgotten, rights that followed end at once, and codes with them are revoked."""
    await withdraw(connection, holder.holder_id, attestation, now=context.wall.now())
    await note_acting(connection, request, holder, "attestation", "withdrawn")
    return Response(status_code=HTTPStatus.NO_CONTENT)
