"""Families: children for whom guardians act, a second guardian by invitation, and the child's own way in."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.access import require_same_origin
from api.context import InContext
from api.enjoy.passes.card import made_of
from api.enjoy.passes.holding import LASTS, Holding, HoldsCard, HoldsOwnCard, note_acting, set_card_cookie
from api.enjoy.passes.signing import new_way_in
from api.models.card import CardMade
from api.models.card_family import ChildOf, ChildWanted, Claim, FamilyOf, GuardianOf, HandedCode, HandedIn
from core.errors import ForbiddenError
from db import families as store
from db import holders
from db.connection import Connection, borrow
from enjoy.passes import families
from enjoy.passes.ages import SEES_WHO_ACTS, has_reached
from enjoy.passes.families import still_minor

router = APIRouter(prefix="/v1/card", tags=["cards"])


async def _children(connection: Connection, context: InContext, holder_id: UUID) -> list[ChildOf]:
    now = context.wall.now()
    wards = await store.wards_of(connection, holder_id)
    return [ChildOf.model_validate(one) for one in wards if still_minor(one.born_on, now)]


@router.get("/family")
async def get_family(context: InContext, holder: HoldsCard, connection: Holding) -> FamilyOf:
    """Tell for whom you act; from sixteen on, who acts for you. A guardian sees who acts for a child as well."""
    now = context.wall.now()
    sees = holder.member is not None or has_reached(holder.born_on, SEES_WHO_ACTS, now)
    guardians = await store.guardians_of(connection, holder.holder_id) if sees else []
    is_minor = still_minor(holder.born_on, now)
    return FamilyOf(
        children=await _children(connection, context, holder.holder_id),
        guardians=[GuardianOf.model_validate(one) for one in guardians if is_minor],
    )


@router.post("/family", status_code=HTTPStatus.CREATED)
async def post_child(context: InContext, holder: HoldsOwnCard, connection: Holding, body: ChildWanted) -> list[ChildOf]:
    """Make a card account of a child, for whom you act until they are eighteen."""
    if still_minor(holder.born_on, context.wall.now()):
        raise ForbiddenError("guardian_too_young", "Who is not of age acts for nobody.")
    await families.add_child(
        connection,
        holder.holder_id,
        label=body.label,
        born_on=body.born_on,
        language=holder.language,
        now=context.wall.now(),
    )
    return await _children(connection, context, holder.holder_id)


@router.post("/family/invitations", status_code=HTTPStatus.CREATED)
async def post_invitation(request: Request, context: InContext, holder: HoldsCard, connection: Holding) -> HandedCode:
    """Make a code by which somebody else becomes a guardian of the child for whom you act; the one before ends."""
    holder.require_guardian()
    code, until = await families.invite_guardian(connection, holder.holder_id, now=context.wall.now())
    await note_acting(connection, request, holder, "family", "guardian invited")
    return HandedCode(code=code, expires_at=until)


@router.post("/family/join")
async def post_join(context: InContext, holder: HoldsOwnCard, connection: Holding, body: HandedIn) -> list[ChildOf]:
    """Take an invitation: act for a child from now on."""
    now = context.wall.now()
    if still_minor(holder.born_on, now):
        raise ForbiddenError("guardian_too_young", "Who is not of age acts for nobody.")
    await families.become_guardian(connection, holder.holder_id, body.code.get_secret_value(), now=now)
    return await _children(connection, context, holder.holder_id)


@router.delete("/family/{member}", status_code=HTTPStatus.NO_CONTENT)
async def delete_guardianship(holder: HoldsOwnCard, connection: Holding, member: UUID) -> Response:
    """Act for a child no more; somebody has to be left for who does not sign in."""
    await families.end_guarding(connection, holder.holder_id, member)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/family/claim", status_code=HTTPStatus.CREATED)
async def post_prepared(request: Request, holder: HoldsCard, connection: Holding) -> HandedCode:
    """Make the code by which the child for whom you act will sign in, from sixteen on; one made before ends."""
    holder.require_guardian()
    code, until = await families.prepare_claim(connection, holder.holder_id)
    await note_acting(connection, request, holder, "family", "claim code made")
    return HandedCode(code=code, expires_at=until)


@router.post("/claims", status_code=HTTPStatus.CREATED)
async def post_claim(request: Request, response: Response, context: InContext, body: Claim) -> CardMade:
    """Hand a claim code in: the card account that guardians saw to is yours from now on. You are signed in then."""
    require_same_origin(request)
    way_in, recovery = await new_way_in(body.email, body.passphrase)
    now = context.wall.now()
    async with borrow(context.passes) as connection:
        holder_id = await families.claimed(connection, body.claim.get_secret_value(), now=now)
        await holders.set_way_in(connection, holder_id, way_in)
        await holders.describe_holder(connection, holder_id, language=body.language)
        secret = await holders.begin_session(connection, holder_id, now=now, lasts=LASTS)
        row = await holders.find_session(connection, secret, now=now)
    set_card_cookie(request, response, secret)
    return made_of(row, recovery)
