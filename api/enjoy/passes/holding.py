"""Who holds a card, as the page of cards knows them: a cookie, and for whom of their family they act."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response, Security
from fastapi.security import APIKeyCookie

from api.access import require_same_origin
from api.context import context_of
from api.enjoy.cookies import secret_in, set_secret
from core.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from db.connection import Connection, borrow
from db.families import ward_of
from db.holders import HolderRow, find_session, holder_of
from db.pass_access import note_access
from enjoy.passes.ages import MAJORITY, has_reached

COOKIE: Final = "enjoy_card"
#: A session lasts so long.
LASTS: Final = timedelta(days=14)
_SCHEME: Final = APIKeyCookie(name=COOKIE, auto_error=False, description="Of a browser in which a holder signed in")


@dataclass(frozen=True, slots=True)
class Holder:
    """Name whose things a request is about, and who acts.

    Attributes
    ----------
    holder_id : UUID
        Whose: of whoever is signed in, or of a child for whom they act.
    kind : str
        anonymous or named.
    label : str
        What the holder calls themselves.
    born_on : date or None
        Day of birth, where it is known.
    language : str
        fr or en, of whoever is signed in.
    signed_in_id : UUID
        Who acts.
    member : UUID or None
        By which the guardian named the child; None where holders act for themselves.
    """

    holder_id: UUID
    kind: str
    label: str
    born_on: date | None
    language: str
    signed_in_id: UUID
    member: UUID | None = None

    @property
    def actor(self) -> str:
        """How the log of accesses names who acts: by a number that leads nowhere once nobody acts any more."""
        return "holder" if self.member is None else f"guardian/{self.member}"

    def require_guardian(self) -> None:
        """Let only who acts for a child go on.

        Raises
        ------
        ForbiddenError
            ``guardian_needed``.
        """
        if self.member is None:
            raise ForbiddenError("guardian_needed", "Only a guardian does this for a child: say for whom (`for`).")


async def known_holder(request: Request) -> HolderRow | None:
    """Return who is signed in, or None; no connection is held afterwards."""
    secret = secret_in(request, COOKIE)
    if secret is None:
        return None
    context = context_of(request)
    async with borrow(context.passes) as connection:
        return await find_session(connection, secret, now=context.wall.now())


KnownHolder = Annotated[HolderRow | None, Depends(known_holder)]


async def _themselves(
    request: Request, found: KnownHolder, _shown: Annotated[str | None, Security(_SCHEME)] = None
) -> HolderRow:
    if found is None:
        raise UnauthenticatedError("card_session_missing", "Sign in with your card first: POST /enjoy/v1/card/session.")
    require_same_origin(request)
    return found


#: Who is signed in; of their own way in nobody else decides. 401 ``card_session_missing`` where nobody is.
HoldsOwnCard = Annotated[HolderRow, Depends(_themselves)]
MemberAsked = Annotated[
    UUID | None,
    Query(alias="for", description="Child for whom you act, as GET /v1/card/family names it; left out: yourself"),
]


async def _acting(request: Request, themselves: HoldsOwnCard, for_member: MemberAsked = None) -> Holder:
    one = themselves
    if for_member is None:
        return Holder(one.holder_id, one.kind, one.label, one.born_on, one.language, one.holder_id)
    context = context_of(request)
    async with borrow(context.passes) as connection:
        ward = await ward_of(connection, one.holder_id, for_member)
        child = None if ward is None else await holder_of(connection, ward.child_id)
    if child is None or has_reached(child.born_on, MAJORITY, context.wall.now()):
        raise NotFoundError("member_unknown", "You act for nobody of this number: they may have come of age.")
    return Holder(child.holder_id, child.kind, child.label, child.born_on, one.language, one.holder_id, for_member)


#: Whose things a request is about; a guardian names a child by the parameter ``for``. Nothing is lent meanwhile.
HoldsCard = Annotated[Holder, Depends(_acting)]


async def _holding(request: Request, _asked_before: HoldsCard) -> AsyncIterator[Connection]:
    async with borrow(context_of(request).passes) as connection:
        yield connection


#: A connection for whoever holds a card; its transaction is committed when the route returns. It is lent when it is
#: known who asks: no request holds one while it waits for another.
Holding = Annotated[Connection, Depends(_holding, scope="function")]


async def note_acting(connection: Connection, request: Request, holder: Holder, subject: str, purpose: str) -> None:
    """Note what a guardian does for a child; what holders do themselves is not noted."""
    if holder.member is not None:
        at = context_of(request).wall.now()
        await note_access(
            connection,
            holder.holder_id,
            at=at,
            actor=holder.actor,
            organisation=None,
            subject=subject,
            purpose=purpose,
        )


def set_card_cookie(request: Request, response: Response, secret: str) -> None:
    """Let the browser hold a session."""
    set_secret(request, response, COOKIE, secret, lasts=LASTS)
