"""Sign-in of the page: a token goes in, a cookie comes out that scripts cannot read."""

from typing import Final

from fastapi import APIRouter, Request, Response

from api.access import COOKIE, Caller, caller_with, known_caller, require_same_origin
from api.context import Context, InContext
from api.models.session import Clock, Session, SignIn

router = APIRouter(tags=["session"])

_LASTS_S: Final = 30 * 24 * 3600


def _told(context: Context, caller: Caller | None) -> Session:
    clock = Clock(now=context.clock.now(), speed=context.settings.clock_speed)
    if caller is None:
        return Session(signed_in=False, scopes=[], clock=clock)
    return Session(signed_in=True, name=caller.name, scopes=sorted(caller.scopes), clock=clock)


@router.get("/session")
async def get_session(request: Request, context: InContext) -> Session:
    """Tell whether the page is signed in, and the time of the platform; needs no token."""
    return _told(context, await known_caller(request))


@router.post("/session")
async def sign_in(request: Request, response: Response, context: InContext, body: SignIn) -> Session:
    """Sign the page in with a token: a cookie holds it from now on."""
    require_same_origin(request)
    secret = body.token.get_secret_value().strip()
    caller = await caller_with(context, secret)
    response.set_cookie(
        COOKIE, secret, max_age=_LASTS_S, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return _told(context, caller)


@router.delete("/session")
async def sign_out(request: Request, response: Response, context: InContext) -> Session:
    """Sign the page out: its cookie is taken back."""
    require_same_origin(request)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return _told(context, None)
