"""Families of holders, and all that is held of one."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.models.card import CardWanted, Code, Label
from api.models.fields import Instant, Model


class ChildWanted(Model):
    """Ask for a card account of a child."""

    label: Annotated[Label, StringConstraints(min_length=1)]
    born_on: Annotated[date, Field(description="You act for them until they are eighteen")]


class ChildOf(Model):
    """Tell of a child for whom you act."""

    member: Annotated[UUID, Field(description="Given as `for` wherever you act for them")]
    label: str
    born_on: date | None
    signs_in: Annotated[bool, Field(description="Whether they have a way in of their own")]


class GuardianOf(Model):
    """Tell who acts for you."""

    member: Annotated[UUID, Field(description="As the log of accesses names them")]
    label: str
    began_on: date


class FamilyOf(Model):
    """Tell for whom you act, and who acts for you."""

    children: list[ChildOf]
    guardians: Annotated[list[GuardianOf], Field(description="Told from sixteen on")]


class HandedCode(Model):
    """Tell a code that is handed on, once."""

    code: Annotated[str, Field(examples=["01234-56789-ABCDE-FGHJK-MNPQS"])]
    expires_at: Instant


class HandedIn(Model):
    """Hand a code in."""

    code: Code


class Claim(CardWanted):
    """Hand a claim code in, and say by what you will sign in: an address, or neither for a recovery code."""

    claim: Code


class HeldTableOf(Model):
    """Tell what one table holds of a holder."""

    table: str
    what: str
    on_leaving: Annotated[str, Field(description="deleted, changed or kept")]
    rows: list[dict[str, Any]]


class ExportOf(Model):
    """Tell all that is held of a holder."""

    exported_at: Instant
    tables: list[HeldTableOf]


class AccessOf(Model):
    """Tell who looked at or changed what, and what for."""

    at: Instant
    actor: str
    organisation: str | None
    subject: str
    purpose: str


class Kept(Model):
    """Tell what is kept of somebody who left, and why."""

    table: str
    why: str


class Left(Model):
    """Tell what became of all that was held."""

    kept: list[Kept]
