"""Who runs services and shops: a key of an organisation, or somebody who belongs to it and signed in on the page."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from api.context import context_of
from api.enjoy.access import Caller, WhoCalls
from api.enjoy.signing_in import Known, OrganisationAsked, actor_of, membership_of, signed_in
from core.errors import ForbiddenError
from db.connection import Connection, borrow
from enjoy.accounts import Operator, scopes_of


class Operating:
    """Admit whoever has a scope in an organisation; a dependency of routes.

    Parameters
    ----------
    scope : str
        One of `db.keys.SCOPES`.
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def __call__(
        self, request: Request, caller: WhoCalls, known: Known, organisation: OrganisationAsked = None
    ) -> Operator:
        """Return who acts for which organisation; no connection is held afterwards.

        Raises
        ------
        UnauthenticatedError
            ``session_missing``.
        ForbiddenError
            ``scope_missing``, or ``organisation_not_own`` where a key is another organisation's.
        NotFoundError
            ``organisation_unknown``.
        """
        if caller.organisation_id is not None and caller.organisation is not None:
            if organisation not in (None, caller.organisation):
                raise ForbiddenError("organisation_not_own", "The key is another organisation's.")
            self._require(caller.scopes)
            return Operator(caller.organisation_id, caller.organisation, caller.actor)
        person = await signed_in(request, known)
        async with borrow(context_of(request).accounts) as connection:
            membership = await membership_of(connection, person, organisation)
        self._require(scopes_of(membership))
        return Operator(membership.organisation_id, membership.organisation, actor_of(person))

    def _require(self, scopes: frozenset[str]) -> None:
        if self.scope not in scopes:
            raise ForbiddenError("scope_missing", f"The token lacks the scope {self.scope}.", scope=self.scope)


async def _passes(request: Request, caller: WhoCalls) -> AsyncIterator[Connection]:
    async with borrow(context_of(request).passes) as connection:
        yield connection
        await _tried(connection, caller)


async def _shops(request: Request, caller: WhoCalls) -> AsyncIterator[Connection]:
    async with borrow(context_of(request).shops) as connection:
        yield connection
        await _tried(connection, caller)


async def _tried(connection: Connection, caller: Caller) -> None:
    """Undo what a key of the sandbox did: all of it was tried, and none of it is stored."""
    if caller.is_sandbox:
        await connection.rollback()


#: A connection that keeps holders and passes; its transaction is committed when the route returns.
Passes = Annotated[Connection, Depends(_passes, scope="function")]
#: The same for shops and orders.
Shops = Annotated[Connection, Depends(_shops, scope="function")]
