"""Who is signed in on the page, and what time it is there."""

from typing import Annotated

from pydantic import Field, SecretStr

from api.models.fields import Instant, Model


class SignIn(Model):
    """Sign in with a token."""

    token: Annotated[
        SecretStr,
        Field(min_length=1, max_length=200, examples=["somel_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]),
    ]


class Clock(Model):
    """Tell the time that the platform acts on."""

    now: Instant
    speed: Annotated[float, Field(description="Replayed seconds per second; 1: the wall clock", examples=[60.0])]


class Session(Model):
    """Tell who is signed in."""

    signed_in: Annotated[bool, Field(examples=[True])]
    name: Annotated[str | None, Field(examples=["control room"])] = None
    scopes: Annotated[list[str], Field(examples=[["read:grid", "read:ingest"]])]
    clock: Clock
