"""All that is held of a holder, who looked at it, and leaving."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.context import InContext
from api.enjoy.passes.card import forget_cookie
from api.enjoy.passes.holding import Holding, HoldsCard, HoldsOwnCard, note_acting
from api.enjoy.passes.signing import check_again
from api.models.card import Proven
from api.models.card_family import AccessOf, ExportOf, HeldTableOf, Kept, Left
from core.errors import ForbiddenError
from db.connection import borrow
from db.holders import PersonalTable, holder_of
from db.pass_access import accesses
from enjoy.passes.ages import SEES_WHO_ACTS, has_reached
from enjoy.passes.leaving import everything_held, leave_all

router = APIRouter(prefix="/v1/card", tags=["cards"])


@router.get("/export")
async def get_export(
    request: Request, response: Response, context: InContext, holder: HoldsCard, connection: Holding
) -> ExportOf:
    """Tell all that is held of the holder, table by table, as it is kept."""
    held = await everything_held(connection, holder.holder_id)
    await note_acting(connection, request, holder, "export", "read")
    response.headers["Content-Disposition"] = 'attachment; filename="card.json"'
    return ExportOf(
        exported_at=context.wall.now(),
        tables=[HeldTableOf(table=one.name, what=one.reason, on_leaving=one.on_leaving, rows=one.rows) for one in held],
    )


@router.get("/access")
async def get_access(
    context: InContext,
    holder: HoldsCard,
    connection: Holding,
    limit: Annotated[int, Query(ge=1, le=1_000, description="The newest so many")] = 100,
) -> list[AccessOf]:
    """Tell who looked at or changed what is held, the newest first; who acted as guardian is told from sixteen on."""
    sees = (
        holder.member is not None
        or holder.born_on is None
        or has_reached(holder.born_on, SEES_WHO_ACTS, context.wall.now())
    )
    found = await accesses(connection, holder.holder_id, limit=limit)
    return [AccessOf.model_validate(one) for one in found if sees or not one.actor.startswith("guardian/")]


def _left(kept: list[PersonalTable]) -> Left:
    by_table = {one.name: one.reason for one in reversed(kept) if one.reaches != "nobody"}
    return Left(kept=[Kept(table=name, why=why) for name, why in sorted(by_table.items())])


@router.post("/erasure")
async def post_erasure(
    request: Request, response: Response, context: InContext, acting: HoldsCard, holder: HoldsOwnCard, body: Proven
) -> Left:
    """Leave: who you are is erased, media and tokens are revoked, services are left. Tells what is kept, and why.

    A guardian may leave for a child who does not sign in. It cannot be undone.
    """
    await check_again(context, holder, body.old)
    async with borrow(context.passes) as connection:
        if acting.member is not None:
            child = await holder_of(connection, acting.holder_id)
            if child is not None and child.signs_in:
                raise ForbiddenError("leaves_alone", "Who signs in by themselves leaves by themselves.")
        kept = await leave_all(connection, acting.holder_id, now=context.wall.now())
    if acting.member is None:
        forget_cookie(request, response)
    return _left(kept)
