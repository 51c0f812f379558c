"""Desks of communes: they take a holder's code, and say what they saw."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response

from api.context import InContext
from api.enjoy.operating import Operating, Passes
from api.models.pass_rights import AtDesk, CodeShown, DeskSession, HeldOf, SomethingSeen
from db import pass_desks
from enjoy.accounts import Operator
from enjoy.passes import desks
from enjoy.passes.desks import Seen

router = APIRouter(prefix="/v1/desk", tags=["services"])

Sits = Annotated[Operator, Depends(Operating("attest:rights"))]
SessionSecret = Annotated[
    str,
    Header(
        alias="Desk-Session",
        min_length=1,
        max_length=100,
        description="Of the code that was taken",
        examples=["desk_A"],
    ),
]


async def _before(context: InContext, operator: Sits, connection: Passes, desk_session: SessionSecret) -> UUID:
    return await desks.holder_before(connection, operator, desk_session, now=context.wall.now())


#: Who is before the desk; no answer ever names them.
BeforeDesk = Annotated[UUID, Depends(_before)]


@router.post("/sessions", status_code=HTTPStatus.CREATED)
async def post_session(context: InContext, operator: Sits, connection: Passes, body: CodeShown) -> DeskSession:
    """Take the code that a holder shows: for ten minutes the desk may say what it saw."""
    now = context.wall.now()
    secret, until = await desks.take_code(connection, operator, body.code, now=now)
    holder_id = await desks.holder_before(connection, operator, secret, now=now)
    held = await desks.evidence_held(connection, holder_id, now=now)
    return DeskSession(session=secret, expires_at=until, evidence=[HeldOf.model_validate(one) for one in held])


@router.get("/evidence")
async def get_evidence(context: InContext, holder_id: BeforeDesk, connection: Passes) -> AtDesk:
    """Tell which evidence there is of who is before the desk, and nothing of what it says."""
    held = await desks.evidence_held(connection, holder_id, now=context.wall.now())
    return AtDesk(evidence=[HeldOf.model_validate(one) for one in held])


@router.post("/attestations")
async def post_attestation(
    context: InContext, operator: Sits, connection: Passes, holder_id: BeforeDesk, body: SomethingSeen
) -> AtDesk:
    """Say what the desk saw, in the place of what was of its kind; the holder's rights are derived at once."""
    now = context.wall.now()
    await desks.attest(connection, operator, holder_id, Seen(**body.model_dump()), now=now)
    held = await desks.evidence_held(connection, holder_id, now=now)
    return AtDesk(evidence=[HeldOf.model_validate(one) for one in held])


@router.delete("/session", status_code=HTTPStatus.NO_CONTENT)
async def delete_session(holder_id: BeforeDesk, connection: Passes, desk_session: SessionSecret) -> Response:
    """Let the holder go."""
    del holder_id
    await pass_desks.end_session(connection, desk_session)
    return Response(status_code=HTTPStatus.NO_CONTENT)
