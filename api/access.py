"""Who is calling and what they may do: a bearer token, or the page's cookie that holds one."""

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.context import Context, context_of
from core.errors import ForbiddenError, UnauthenticatedError
from db.access import find_token, hash_of
from db.connection import borrow

COOKIE: Final = "somel_session"
ADMIN: Final = "admin"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: No secret is longer; longer ones need not be hashed.
_LONGEST_SECRET: Final = 200

#: For the OpenAPI document; the header itself is read in `caller_of`, which must also see one that is malformed.
_SCHEME: Final = HTTPBearer(auto_error=False, description="A token made by `somel token create`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Name a caller and what they may do."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Tell whether the caller has a scope, by name or as administrator."""
        return scope in self.scopes or ADMIN in self.scopes


async def caller_with(context: Context, secret: str) -> Caller:
    """Return whose secret it is.

    Raises
    ------
    UnauthenticatedError
        ``token_not_valid``: unknown, expired or revoked; which one is not told.
    """
    caller = await _find(context, secret)
    if caller is None:
        raise UnauthenticatedError("token_not_valid", "The token is not valid: it is unknown, expired or revoked.")
    return caller


async def known_caller(request: Request) -> Caller | None:
    """Return whom the page's cookie belongs to, or None when there is no good one."""
    secret = request.cookies.get(COOKIE)
    return await _find(context_of(request), secret) if secret else None


async def caller_of(request: Request) -> Caller:
    """Return who sent a request.

    A header decides alone: with a wrong one, a good cookie does not help.

    Raises
    ------
    UnauthenticatedError
        ``token_missing``, ``token_malformed`` or ``token_not_valid``.
    ForbiddenError
        ``origin_foreign`` when another site's page sent the cookie along.
    """
    context = context_of(request)
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise UnauthenticatedError("token_malformed", "The Authorization header must be `Bearer <token>`.")
        return await caller_with(context, secret.strip())
    secret = request.cookies.get(COOKIE, "")
    if not secret:
        raise UnauthenticatedError("token_missing", "A token is needed: send `Authorization: Bearer <token>`.")
    require_same_origin(request)
    return await caller_with(context, secret)


def require_same_origin(request: Request) -> None:
    """Let a cookie count only where our own page sent it.

    Raises
    ------
    ForbiddenError
        ``origin_foreign``.
    """
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    own = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    reads = request.method in _SAFE_METHODS
    if not own and (origin is not None or not reads or site not in {"same-origin", "none"}):
        raise ForbiddenError("origin_foreign", "A signed-in page may only be used from its own address.")


class Needs:
    """Admit callers that have a scope; a dependency of routes.

    Parameters
    ----------
    scope : str
        Key of `db.access.SCOPES`.
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def __call__(
        self,
        request: Request,
        _shown: Annotated[HTTPAuthorizationCredentials | None, Security(_SCHEME)] = None,
    ) -> Caller:
        """Return the caller.

        Raises
        ------
        UnauthenticatedError
            As `caller_of`.
        ForbiddenError
            ``scope_missing``.
        """
        caller = await caller_of(request)
        if not caller.may(self.scope):
            raise ForbiddenError("scope_missing", f"The token lacks the scope {self.scope}.", scope=self.scope)
        return caller


#: Who calls, for routes that record it; the scope is asked for by `Needs`.
WhoCalls = Annotated[Caller, Depends(caller_of)]


def actor_of(caller: Caller) -> str:
    """Return how the audit log names a caller."""
    return f"token/{caller.name}"


async def _find(context: Context, secret: str) -> Caller | None:
    if len(secret) > _LONGEST_SECRET:
        return None
    async with borrow(context.readers) as connection:
        token = await find_token(connection, hash_of(secret))
    return None if token is None else Caller(token.name, frozenset(token.scopes))
