"""Card accounts: who holds a card, and by what they sign in."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints, model_validator

from api.models.account import Email, Passphrase
from api.models.fields import Model

Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Field(description="For yourself; nobody else sees it", examples=["Ada"]),
]
Language = Literal["fr", "en"]
Code = Annotated[
    SecretStr,
    Field(max_length=80, description="As it was written down", examples=["01234-56789-ABCDE-FGHJK-MNPQF"]),
]


class Named(Model):
    """Say by what somebody is to sign in: address and passphrase, or neither for a recovery code."""

    email: Email | None = None
    passphrase: Passphrase | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.email is None) != (self.passphrase is None):
            raise ValueError("email and passphrase go together: both, or neither for a recovery code")
        return self


class CardWanted(Named):
    """Ask for a card account: anonymous, unless an address is given."""

    language: Language = "fr"


class CardSignIn(Named):
    """Sign in by a recovery code, or by address and passphrase."""

    code: Code | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.code is None) == (self.email is None):
            raise ValueError("give either a code, or email and passphrase")
        return self


class NewWayIn(Named):
    """Sign in by something else from now on."""

    old: Annotated[SecretStr, Field(min_length=1, max_length=200, description="Passphrase or recovery code until now")]


class Proven(Model):
    """Show once more who it is."""

    old: Annotated[SecretStr, Field(min_length=1, max_length=200, description="Passphrase or recovery code")]


class CardOf(Model):
    """Tell who holds a card."""

    kind: Annotated[Literal["anonymous", "named"], Field(description="anonymous: neither address nor name is known")]
    email: str | None
    label: str
    born_on: Annotated[date | None, Field(description="Where a desk or a guardian said it")]
    language: Language
    created_on: date
    member: Annotated[UUID | None, Field(description="Where you act for a child: their number in your family")] = None


class CardMade(CardOf):
    """Tell of a card account, and its recovery code, once."""

    code: Annotated[str | None, Field(description="Cannot be had again: write it down; null: address and passphrase")]


class CardSession(Model):
    """Tell whether somebody is signed in."""

    signed_in: bool
    kind: Literal["anonymous", "named"] | None = None


class CardDescribed(Model):
    """Change what a holder is called, or their language."""

    label: Label | None = None
    language: Language | None = None
