"""Who may do what in an organisation of Enjoy, and how people come to belong to one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from db import accounts as store
from db import keys
from db.accounts import Membership, Role
from db.audit import record
from db.connection import Connection

#: Scopes of the keys that a member may make.
ROLE_SCOPES: Final[Mapping[Role, frozenset[str]]] = {
    "owner": frozenset(keys.SCOPES),
    "publisher": frozenset(keys.SCOPES),
    "desk": frozenset({"read:data", "attest:rights"}),
    "reader": frozenset({"read:data"}),
}
#: Of organisations that anybody makes for themselves: a developer's publishes nothing, a merchant's runs its shop.
_OWN_SCOPES: Final[Mapping[str, frozenset[str]]] = {
    "developer": frozenset({"read:data"}),
    "merchant": frozenset({"read:data", "manage:shop"}),
}
INVITATION_LASTS: Final = timedelta(days=7)
_MOST_KEYS: Final = 100


@dataclass(frozen=True, slots=True)
class Operator:
    """Name who acts for an organisation.

    Attributes
    ----------
    organisation_id : int
        Organisation.
    organisation : str
        Its name.
    actor : str
        Who, as in the audit log.
    """

    organisation_id: int
    organisation: str
    actor: str


def scopes_of(membership: Membership) -> frozenset[str]:
    """Return the scopes that a member's keys may have."""
    allowed = ROLE_SCOPES[membership.role]
    return allowed & _OWN_SCOPES.get(membership.kind, allowed)


def require_owner(membership: Membership) -> None:
    """Let only owners decide who belongs to an organisation; a developer's own has no other members.

    Raises
    ------
    ForbiddenError
        ``owner_needed``.
    """
    if membership.role != "owner" or membership.kind == "developer":
        raise ForbiddenError("owner_needed", "Only an owner decides who belongs to an organisation.")


async def make_key(
    connection: Connection,
    membership: Membership,
    name: str,
    scopes: Iterable[str],
    *,
    is_sandbox: bool,
    expires_at: datetime,
    actor: str,
    now: datetime,
) -> tuple[int, str]:
    """Make a key of an organisation; return its number and its secret, which cannot be had again.

    Raises
    ------
    ForbiddenError
        ``scope_beyond_role``.
    ConflictError
        ``keys_spent``.
    """
    wanted = set(scopes)
    beyond = sorted(wanted - scopes_of(membership))
    if beyond and wanted <= set(keys.SCOPES):
        raise ForbiddenError("scope_beyond_role", f"Your role gives no key the scope {beyond[0]}.", scopes=beyond)
    if len(await keys.list_keys(connection, membership.organisation)) >= _MOST_KEYS:
        raise ConflictError("keys_spent", f"An organisation has {_MOST_KEYS} keys at most; revoke one first.")
    number, secret = await keys.create_key(
        connection,
        name,
        wanted,
        organisation_id=membership.organisation_id,
        is_sandbox=is_sandbox,
        expires_at=expires_at,
    )
    facts = {"organisation": membership.organisation, "scopes": sorted(wanted), "is_sandbox": is_sandbox}
    await record(connection, at=now, actor=actor, action="key.made", subject=f"key/{number}", facts=facts)
    return number, secret


async def own_key(connection: Connection, membership: Membership, api_key_id: int) -> keys.ApiKey:
    """Return a key of the organisation that the member may change: one that can do no more than theirs may.

    Raises
    ------
    NotFoundError
        ``api_key_unknown``.
    ForbiddenError
        ``scope_beyond_role``.
    """
    listed = await keys.list_keys(connection, membership.organisation)
    found = next((one for one in listed if one.api_key_id == api_key_id), None)
    if found is None:
        raise NotFoundError("api_key_unknown", f"There is no key {api_key_id} that is not revoked.")
    if not set(found.scopes) <= scopes_of(membership) and membership.kind != "developer":
        raise ForbiddenError("scope_beyond_role", "The key may do more than your role allows.")
    return found


async def change_member(
    connection: Connection,
    membership: Membership,
    account_id: int,
    role: Role | None,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Say as what somebody belongs to an organisation; None for no longer. An organisation keeps an owner.

    Raises
    ------
    NotFoundError
        ``member_unknown``.
    ConflictError
        ``last_owner``.
    """
    await store.hold_members(connection, membership.organisation_id)
    there = await store.members(connection, membership.organisation_id)
    if account_id not in {one.account_id for one in there}:
        raise NotFoundError("member_unknown", "The organisation has no such member.", account_id=account_id)
    _keep_an_owner([one.account_id for one in there if one.role == "owner"], account_id, role)
    if role is None:
        await store.remove_member(connection, membership.organisation_id, account_id)
    else:
        await store.set_member(connection, membership.organisation_id, account_id, role)
    subject, facts = f"organisation/{membership.organisation}", {"account": account_id, "role": role}
    await record(connection, at=now, actor=actor, action="member.changed", subject=subject, facts=facts)


def _keep_an_owner(owners: Sequence[int], account_id: int, role: Role | None) -> None:
    if owners == [account_id] and role != "owner":
        raise ConflictError("last_owner", "An organisation keeps an owner: make somebody else one first.")


async def join(connection: Connection, account_id: int, secret: str, *, actor: str, now: datetime) -> Membership:
    """Take an invitation and return what it makes of somebody; who is more already stays so.

    Raises
    ------
    InputError
        ``invitation_invalid``.
    """
    taken = await store.take_invitation(connection, secret)
    if taken is None:
        raise InputError("invitation_invalid", "The invitation is not open: it was taken, taken back, or is too old.")
    known = {one.organisation_id: one for one in await store.memberships(connection, account_id)}
    before = known.get(taken.organisation_id)
    if before is None or len(ROLE_SCOPES[before.role]) < len(ROLE_SCOPES[taken.role]) or taken.role == "owner":
        await store.set_member(connection, taken.organisation_id, account_id, taken.role)
    subject, facts = f"organisation/{taken.organisation}", {"account": account_id, "role": taken.role}
    await record(connection, at=now, actor=actor, action="member.joined", subject=subject, facts=facts)
    joined = {one.organisation_id: one for one in await store.memberships(connection, account_id)}
    return joined[taken.organisation_id]
