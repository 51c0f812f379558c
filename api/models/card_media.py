"""Media, services and tokens of holders."""

import base64
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Base64Bytes, Field, StringConstraints

from api.models.card import Label
from api.models.fields import Instant, Model
from db.media import MediumKind, MediumStatus
from enjoy.passes.issuing import Issued

ServiceNamed = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,47}$"), Field(examples=["pool"])]
Serial = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=8, max_length=40),
    Field(
        description="On the back of the card: 8 digits, or 10 to 19; or 0x and 16 hexadecimal digits from a reader",
        examples=["0025 0000 1234567890"],
    ),
]

DeviceKey = Annotated[
    Base64Bytes,
    Field(
        description="Ed25519 public key, 32 bytes in base64, made for this service alone",
        examples=["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
    ),
]


class MediumWanted(Model):
    """Ask for a medium."""

    kind: MediumKind
    label: Label = ""
    serial: Annotated[Serial | None, Field(description="Of a card: makes it known where you joined")] = None


class MediumNamed(Model):
    """Say what a medium is called."""

    label: Label


class Replacement(Model):
    """Ask for another medium in the place of one."""

    kind: MediumKind
    serial: Serial | None = None


class MediumOf(Model):
    """Tell of a medium."""

    medium: UUID
    kind: MediumKind
    label: str
    status: MediumStatus
    replaced_by: UUID | None
    created_on: date
    ended_on: date | None
    services: Annotated[list[str], Field(description="At which a card is known by its serial")]


class SerialLinked(Model):
    """Ask for a card to be known at services."""

    medium: UUID
    serial: Serial
    services: Annotated[
        list[ServiceNamed] | None, Field(max_length=200, description="Left out: all that you joined")
    ] = None


class ServiceJoined(Model):
    """Ask to join a service."""

    service: ServiceNamed


class JoinedOf(Model):
    """Tell of a service that a holder uses."""

    service: str
    title: str
    kind: Literal["public", "tourism"]
    proof: Annotated[Literal["device", "token", "serial"], Field(description="Least proof that it takes")]
    joined_on: date
    is_blocked: bool


class TokenWanted(Model):
    """Ask for a token: with the key of a phone, or without for paper."""

    service: ServiceNamed
    medium: UUID
    device_key: DeviceKey | None = None


class TokenMade(Model):
    """Tell a token, once."""

    text: Annotated[str, Field(description="Of the code", examples=["SMP1:…"])]
    token: Annotated[str, Field(description="The same, in base64")]
    expires_at: Instant
    service: str
    title: str
    svg: Annotated[str | None, Field(description="The code as an image; null for phones, which sign what they show")]

    @classmethod
    def of(cls, issued: Issued, *, service: str, title: str, svg: str | None = None) -> Self:
        """Return what is told of a token that was issued."""
        return cls(
            text=issued.text,
            token=base64.b64encode(issued.token).decode(),
            expires_at=issued.expires_at,
            service=service,
            title=title,
            svg=svg,
        )


class TokenOf(Model):
    """Tell of a token that was made."""

    medium: UUID
    service: str
    title: str
    status: Annotated[Literal["valid", "blocked"], Field(description="Tokens that were revoked are not told")]
    is_bound: Annotated[bool, Field(description="Whether it needs a phone's signature")]
    issued_on: date
    expires_at: Instant


class SerialAtDesk(Model):
    """Name a card that lies at a desk."""

    service: ServiceNamed
    serial: Serial
