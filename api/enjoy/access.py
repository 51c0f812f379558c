"""Who is calling Enjoy: nobody in particular, or a key of an organisation; and connections that act for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.context import Context, context_of
from api.enjoy.limits import key_in
from core.errors import ForbiddenError, UnauthenticatedError
from db.connection import Connection, borrow
from db.datasets import act_for
from db.exports import hold_still

_SCHEME: Final = HTTPBearer(auto_error=False, description="A key of Enjoy; what is open is answered without one")


@dataclass(frozen=True, slots=True)
class Caller:
    """Name a caller, the organisation that it acts for and what it may do; a stranger has neither."""

    name: str = "anonymous"
    organisation_id: int | None = None
    organisation: str | None = None
    scopes: frozenset[str] = frozenset()
    is_sandbox: bool = False
    api_key_id: int | None = None

    @property
    def reads_for(self) -> list[int]:
        """Return the organisations whose data it may read."""
        may = self.organisation_id is not None and "read:data" in self.scopes
        return [self.organisation_id] if may and self.organisation_id is not None else []

    @property
    def actor(self) -> str:
        """Return how the audit log names it."""
        return f"key/{self.name}"


async def caller_of(
    request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Security(_SCHEME)] = None
) -> Caller:
    """Return who sent a request; a wrong key was refused before it came here, and is never taken for none."""
    found = key_in(request.scope)
    if found is None:
        return Caller()
    return Caller(
        found.name,
        found.organisation_id,
        found.organisation_name,
        frozenset(found.scopes),
        found.is_sandbox,
        found.api_key_id,
    )


WhoCalls = Annotated[Caller, Depends(caller_of)]


class Publishes:
    """Admit keys of an organisation that have a scope; a dependency of routes."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def __call__(self, caller: WhoCalls) -> Caller:
        """Return the caller.

        Raises
        ------
        UnauthenticatedError
            ``api_key_missing``.
        ForbiddenError
            ``scope_missing``.
        """
        if not caller.scopes:  # every key has one
            raise UnauthenticatedError("api_key_missing", "A key is needed: send `Authorization: Bearer <key>`.")
        if caller.organisation_id is None or self.scope not in caller.scopes:
            raise ForbiddenError("scope_missing", f"The token lacks the scope {self.scope}.", scope=self.scope)
        return caller


async def _sharing(request: Request, caller: WhoCalls) -> AsyncIterator[Connection]:
    async with borrow(context_of(request).sharing) as connection:
        await act_for(connection, caller.reads_for)
        yield connection


async def _exporting(request: Request, caller: WhoCalls) -> AsyncIterator[Connection]:
    async with borrow(context_of(request).exporting) as connection:
        await hold_still(connection)
        await act_for(connection, caller.reads_for)
        yield connection


@asynccontextmanager
async def publishing(context: Context, caller: Caller) -> AsyncIterator[Connection]:
    """Lend a connection that writes what is a caller's, for one transaction that is committed at the end."""
    async with borrow(context.publishing) as connection:
        await act_for(connection, [] if caller.organisation_id is None else [caller.organisation_id])
        yield connection


async def _publishing(request: Request, caller: WhoCalls) -> AsyncIterator[Connection]:
    async with publishing(context_of(request), caller) as connection:
        yield connection


#: A connection that reads what the caller may read, for the time of one request.
Sharing = Annotated[Connection, Depends(_sharing, scope="function")]
#: The same for as long as the answer is being sent.
SharingLasting = Annotated[Connection, Depends(_sharing, scope="request")]
#: The same for files of any length: one of few, so that others are answered meanwhile; it sees one state of everything.
Exporting = Annotated[Connection, Depends(_exporting, scope="request")]
#: A connection that writes what is the caller's; its transaction is committed when the route returns.
Publishing = Annotated[Connection, Depends(_publishing, scope="function")]
