"""Accounts of Enjoy: who signs in, what they belong to, their keys and what these are used for."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from api.models.dataset import Title
from api.models.fields import Instant, Model
from db.accounts import Role
from db.keys import SCOPES
from enjoy.passphrases import LEAST, MOST

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$"),
    Field(description="What you sign in by; nothing is sent to it", examples=["ada@example.org"]),
]
Passphrase = Annotated[
    SecretStr, Field(min_length=1, max_length=MOST, description=f"{LEAST} characters or more", examples=["four words"])
]
LinkSecret = Annotated[SecretStr, Field(min_length=20, max_length=200, examples=["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])]


class Credentials(Model):
    """Sign in or up."""

    email: Email
    passphrase: Passphrase


class NewPassphrase(Model):
    """Change a passphrase."""

    old: Passphrase
    new: Passphrase


class Confirmed(Model):
    """Show once more who it is."""

    passphrase: Passphrase


class MembershipOf(Model):
    """Tell as what somebody belongs to an organisation."""

    organisation: Annotated[str, Field(examples=["ilevia"])]
    title: str
    kind: Annotated[str, Field(description="developer: their own", examples=["partner"])]
    role: Role
    scopes: Annotated[list[str], Field(description="That their keys may have")]


class AccountOf(Model):
    """Tell who is signed in."""

    account_id: int
    email: Annotated[str, Field(examples=["ada@example.org"])]
    organisations: Annotated[list[MembershipOf], Field(description="Their own is the first")]


class SessionOf(Model):
    """Tell whether somebody is signed in."""

    signed_in: bool
    email: Annotated[str | None, Field(examples=["ada@example.org"])] = None


class KeyWanted(Model):
    """Ask for a key."""

    name: Annotated[Title, Field(examples=["my app"])]
    scopes: Annotated[
        list[Literal[tuple(SCOPES)]],  # type: ignore[valid-type]
        Field(min_length=1, max_length=10, examples=[["read:data"]]),
    ]
    is_sandbox: Annotated[bool, Field(description="What it writes is tried and never stored")] = False
    days: Annotated[int, Field(ge=1, le=730, description="Until it expires [days]", examples=[365])] = 365


class KeyOf(Model):
    """Tell of a key; its secret was shown when it was made."""

    api_key_id: int
    name: str
    organisation: str
    scopes: list[str]
    is_sandbox: bool
    created_at: Instant
    expires_at: Instant | None
    rotated_at: Instant | None
    before_until: Annotated[Instant | None, Field(description="Until when the secret before the last is taken")]
    quota_per_minute: Annotated[int, Field(description="Requests; 0: any number", examples=[12_000])]


class NewKey(KeyOf):
    """Tell of a key and its secret, once."""

    secret: Annotated[str, Field(examples=["enjoy_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])]


class MemberOf(Model):
    """Tell who belongs to an organisation."""

    account_id: int
    email: str
    role: Role
    since: Instant


class RoleWanted(Model):
    """Say as what somebody is to belong to an organisation."""

    role: Role


class InvitationOf(Model):
    """Tell of an invitation that is open."""

    invitation_id: int
    organisation: str
    role: Role
    created_at: Instant
    expires_at: Instant


class NewInvitation(Model):
    """Show an invitation's link, once; whoever holds it can take it, so hand it to the one it is for."""

    invitation_id: int
    link: Annotated[str, Field(examples=["/enjoy/account#invitation=AAAA"])]


class TakenInvitation(Model):
    """Take an invitation."""

    secret: LinkSecret


class KeyUsageOf(Model):
    """Tell what a key was used for in an hour."""

    hour: Instant
    api_key_id: int
    key_name: str
    dataset: Annotated[str, Field(description="Empty: none")]
    route: Annotated[str, Field(examples=["GET /v1/datasets/{name}"])]
    status: Annotated[int, Field(examples=[200])]
    request_count: int
    sent_bytes: int


class DatasetUsageOf(Model):
    """Tell how much a dataset was read on a day, and by how many; never by whom."""

    day: Instant
    dataset: str
    request_count: int
    stranger_count: Annotated[int, Field(description="Requests without a key")]
    organisation_count: Annotated[int, Field(description="Organisations that read with a key")]
    sent_bytes: int
