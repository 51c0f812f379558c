"""Card accounts: made without a name, signed in to by a code or a passphrase, made named and anonymous again."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from api.access import require_same_origin
from api.context import InContext
from api.enjoy.cookies import drop_secret
from api.enjoy.operating import Passes
from api.enjoy.passes.holding import (
    COOKIE,
    LASTS,
    Holder,
    Holding,
    HoldsCard,
    HoldsOwnCard,
    KnownHolder,
    note_acting,
    set_card_cookie,
)
from api.enjoy.passes.signing import check_again, checked_address, checked_code, new_way_in
from api.models.card import CardDescribed, CardMade, CardOf, CardSession, CardSignIn, CardWanted, NewWayIn
from core.errors import NotFoundError
from db import holders as store
from db.connection import Connection, borrow
from enjoy.passes.ages import today_at

router = APIRouter(tags=["cards"])


async def told_of(connection: Connection, holder: Holder) -> CardOf:
    """Return what is told of a holder.

    Raises
    ------
    NotFoundError
        ``holder_gone``: they left at this very moment.
    """
    found = await store.holder_of(connection, holder.holder_id)
    if found is None:
        raise NotFoundError("holder_gone", "The card account was left.")
    return CardOf.model_validate(found).model_copy(update={"member": holder.member})


def made_of(row: store.HolderRow | None, code: str | None) -> CardMade:
    """Return what is told of a way in that was made.

    Raises
    ------
    NotFoundError
        ``holder_gone``.
    """
    if row is None:
        raise NotFoundError("holder_gone", "The card account was left.")
    return CardMade(**CardOf.model_validate(row).model_dump(), code=code)


@router.post("/v1/card", status_code=HTTPStatus.CREATED)
async def post_card(request: Request, response: Response, context: InContext, body: CardWanted) -> CardMade:
    """Make a card account, anonymous unless an address is given. You are signed in then.

    An anonymous account is opened by its recovery code alone: it is told here and never again.
    """
    require_same_origin(request)
    way_in, code = await new_way_in(body.email, body.passphrase)
    now = context.wall.now()
    async with borrow(context.passes) as connection:
        holder_id = await store.insert_holder(connection, way_in, language=body.language, today=today_at(now))
        secret = await store.begin_session(connection, holder_id, now=now, lasts=LASTS)
        row = await store.find_session(connection, secret, now=now)
    set_card_cookie(request, response, secret)
    return made_of(row, code)


@router.get("/v1/card")
async def get_card(holder: HoldsCard, connection: Holding) -> CardOf:
    """Tell who is signed in, or the child for whom they act."""
    return await told_of(connection, holder)


@router.patch("/v1/card")
async def patch_card(request: Request, holder: HoldsCard, connection: Holding, body: CardDescribed) -> CardOf:
    """Change what the holder is called, or their language."""
    await store.describe_holder(connection, holder.holder_id, label=body.label, language=body.language)
    await note_acting(connection, request, holder, "holder", "described")
    return await told_of(connection, holder)


@router.put("/v1/card/sign-in")
async def put_sign_in(
    request: Request, response: Response, context: InContext, holder: HoldsOwnCard, body: NewWayIn
) -> CardMade:
    """Sign in by something else from now on: another passphrase, an address (named), or a new code (anonymous).

    All other browsers are signed out.
    """
    await check_again(context, holder, body.old)
    way_in, code = await new_way_in(body.email, body.passphrase)
    now = context.wall.now()
    async with borrow(context.passes) as connection:
        await store.set_way_in(connection, holder.holder_id, way_in)
        secret = await store.begin_session(connection, holder.holder_id, now=now, lasts=LASTS)
        row = await store.find_session(connection, secret, now=now)
    set_card_cookie(request, response, secret)
    return made_of(row, code)


@router.get("/v1/card/session")
async def get_card_session(found: KnownHolder) -> CardSession:
    """Tell whether a holder is signed in."""
    return CardSession(signed_in=found is not None, kind=None if found is None else found.kind)


@router.post("/v1/card/session")
async def post_card_session(request: Request, response: Response, context: InContext, body: CardSignIn) -> CardSession:
    """Sign in by a recovery code, or by address and passphrase: a cookie holds the session from now on."""
    require_same_origin(request)
    if body.code is not None:
        holder_id, kind = await checked_code(context, body.code), "anonymous"
    elif body.email is not None and body.passphrase is not None:
        holder_id, kind = await checked_address(context, body.email, body.passphrase), "named"
    async with borrow(context.passes) as connection:
        secret = await store.begin_session(connection, holder_id, now=context.wall.now(), lasts=LASTS)
    set_card_cookie(request, response, secret)
    return CardSession.model_validate({"signed_in": True, "kind": kind})


@router.delete("/v1/card/session")
async def delete_card_session(request: Request, response: Response, connection: Passes) -> CardSession:
    """Sign out: the session ends here and in the cookie."""
    require_same_origin(request)
    await store.end_session(connection, request.cookies.get(COOKIE, ""))
    forget_cookie(request, response)
    return CardSession(signed_in=False)


def forget_cookie(request: Request, response: Response) -> None:
    """Let the browser forget its session."""
    drop_secret(request, response, COOKIE)
