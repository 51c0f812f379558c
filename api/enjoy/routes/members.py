"""Members of an organisation, and invitations by which others become such."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from api.context import InContext
from api.enjoy.signing_in import Accounts, Belonging, Person, actor_of
from api.models.account import InvitationOf, MemberOf, MembershipOf, NewInvitation, RoleWanted, TakenInvitation
from core.errors import ConflictError
from db import accounts as store
from db.audit import record
from enjoy.accounts import INVITATION_LASTS, change_member, join, require_owner, scopes_of

router = APIRouter(prefix="/v1", tags=["accounts"])

_LARGEST_KEY: Final = 2**31 - 1
_MOST_INVITATIONS: Final = 100
AccountId = Annotated[int, Path(ge=1, le=_LARGEST_KEY, description="Account", examples=[1])]
InvitationId = Annotated[int, Path(ge=1, le=_LARGEST_KEY, description="Invitation", examples=[1])]


@router.get("/members")
async def get_members(connection: Accounts, membership: Belonging) -> list[MemberOf]:
    """List who belongs to an organisation, for those who do."""
    return [MemberOf.model_validate(one) for one in await store.members(connection, membership.organisation_id)]


@router.put("/members/{account_id}", status_code=HTTPStatus.NO_CONTENT)
async def put_member(
    context: InContext,
    connection: Accounts,
    membership: Belonging,
    person: Person,
    account_id: AccountId,
    body: RoleWanted,
) -> Response:
    """Give a member another role; owners do that."""
    require_owner(membership)
    now = context.clock.now()
    await change_member(connection, membership, account_id, body.role, actor=actor_of(person), now=now)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.delete("/members/{account_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_member(
    context: InContext, connection: Accounts, membership: Belonging, person: Person, account_id: AccountId
) -> Response:
    """Let a member no longer belong to the organisation; owners do that, and everybody may leave."""
    if account_id != person.account_id or membership.kind == "developer":
        require_owner(membership)
    now = context.clock.now()
    await change_member(connection, membership, account_id, None, actor=actor_of(person), now=now)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/invitations")
async def get_invitations(connection: Accounts, membership: Belonging) -> list[InvitationOf]:
    """List invitations that are open, for owners."""
    require_owner(membership)
    found = await store.invitations(connection, membership.organisation_id)
    return [InvitationOf.model_validate(one) for one in found]


@router.post("/invitations", status_code=HTTPStatus.CREATED)
async def post_invitation(
    context: InContext, connection: Accounts, membership: Belonging, person: Person, body: RoleWanted
) -> NewInvitation:
    """Invite somebody: hand them the link yourself; it is good once, for seven days."""
    require_owner(membership)
    if len(await store.invitations(connection, membership.organisation_id)) >= _MOST_INVITATIONS:
        raise ConflictError("invitations_spent", f"There are {_MOST_INVITATIONS} open invitations; take some back.")
    number, secret = await store.insert_invitation(
        connection, membership.organisation_id, body.role, lasts=INVITATION_LASTS
    )
    await record(
        connection,
        at=context.clock.now(),
        actor=actor_of(person),
        action="member.invited",
        subject=f"organisation/{membership.organisation}",
        facts={"invitation": number, "role": body.role},
    )
    return NewInvitation(invitation_id=number, link=f"/enjoy/account#invitation={secret}")


@router.delete("/invitations/{invitation_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_invitation(connection: Accounts, membership: Belonging, invitation_id: InvitationId) -> Response:
    """Take an invitation back; twice is the same."""
    require_owner(membership)
    await store.withdraw_invitation(connection, membership.organisation_id, invitation_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/invitations/take")
async def take_invitation(
    context: InContext, connection: Accounts, person: Person, body: TakenInvitation
) -> MembershipOf:
    """Take an invitation: from now on you belong to the organisation."""
    secret, now = body.secret.get_secret_value(), context.clock.now()
    joined = await join(connection, person.account_id, secret, actor=actor_of(person), now=now)
    return MembershipOf(
        organisation=joined.organisation,
        title=joined.title,
        kind=joined.kind,
        role=joined.role,
        scopes=sorted(scopes_of(joined)),
    )
