"""Who is signed in on the page of accounts: a cookie that scripts cannot read and that counts from our page alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Query, Request, Security
from fastapi.security import APIKeyCookie

from api.access import require_same_origin
from api.context import context_of
from api.enjoy.access import WhoCalls
from api.enjoy.cookies import secret_in
from core.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from db.accounts import Membership, SignedIn, find_session, memberships
from db.connection import Connection, borrow

COOKIE: Final = "enjoy_session"
#: Passphrases that are hashed at a time, each with 32 MB.
_HASHING: Final = 2
_SCHEME: Final = APIKeyCookie(name=COOKIE, auto_error=False, description="Of a browser that signed in")
Result = TypeVar("Result")


async def known_session(request: Request) -> SignedIn | None:
    """Return who is signed in, or None; no connection is held afterwards."""
    secret = secret_in(request, COOKIE)
    if secret is None:
        return None
    async with borrow(context_of(request).accounts) as connection:
        return await find_session(connection, secret)


#: Who is signed in, or None; asked before a connection is lent: no request holds one while it waits for another.
Known = Annotated[SignedIn | None, Depends(known_session)]


async def _accounts(request: Request, _asked_before: Known) -> AsyncIterator[Connection]:
    async with borrow(context_of(request).accounts) as connection:
        yield connection


#: A connection that keeps accounts and keys; its transaction is committed when the route returns.
Accounts = Annotated[Connection, Depends(_accounts, scope="function")]


async def signed_in(
    request: Request, found: Known, _shown: Annotated[str | None, Security(_SCHEME)] = None
) -> SignedIn:
    """Return who is signed in.

    Raises
    ------
    UnauthenticatedError
        ``session_missing``.
    ForbiddenError
        ``origin_foreign`` where another site's page sent the cookie along.
    """
    if found is None:
        raise UnauthenticatedError("session_missing", "Sign in first: POST /enjoy/v1/session.")
    require_same_origin(request)
    return found


Person = Annotated[SignedIn, Depends(signed_in)]
OrganisationAsked = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z][a-z0-9-]{1,47}$", description="One that you belong to; left out: your own", examples=["ilevia"]
    ),
]


async def membership_of(connection: Connection, person: SignedIn, organisation: str | None) -> Membership:
    """Return as what somebody belongs to an organisation, their own when it is not named.

    Raises
    ------
    NotFoundError
        ``organisation_unknown``: there is none, or they do not belong to it; which one is not told.
    """
    found = await memberships(connection, person.account_id)
    chosen = next((one for one in found if organisation in (None, one.organisation)), None)
    if chosen is None:
        raise NotFoundError("organisation_unknown", f"You belong to no organisation {organisation!r}.")
    return chosen


async def _membership(connection: Accounts, person: Person, organisation: OrganisationAsked = None) -> Membership:
    return await membership_of(connection, person, organisation)


#: The organisation that is asked for, of whoever is signed in.
Belonging = Annotated[Membership, Depends(_membership)]


async def _asking(
    request: Request,
    connection: Accounts,
    caller: WhoCalls,
    known: Known,
    organisation: OrganisationAsked = None,
    _shown: Annotated[str | None, Security(_SCHEME)] = None,
) -> int:
    if caller.organisation_id is not None:
        if organisation not in (None, caller.organisation):
            raise ForbiddenError("organisation_not_own", "The key is another organisation's.")
        return caller.organisation_id
    person = await signed_in(request, known)
    return (await membership_of(connection, person, organisation)).organisation_id


#: Key of the organisation whose figures are asked for: that of the API key, or one that somebody belongs to.
Asking = Annotated[int, Depends(_asking)]


def actor_of(person: SignedIn) -> str:
    """Return how the audit log names somebody: by number, so that the log need not forget them."""
    return f"account/{person.account_id}"


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_HASHING, "passphrase")


async def slowly(work: Callable[[], Result]) -> Result:
    """Hash a passphrase in a thread: others are served meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), work)
