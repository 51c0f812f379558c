"""Tokens (RFC 6749, client credentials)."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.openadr.models.fields import Body, Uri


class AuthServer(Body):
    """Where tokens are had."""

    token_url: Annotated[Uri, Field(alias="tokenURL", examples=["https://vtn.example.org/openadr3/3.1.0/auth/token"])]


class TokenAnswer(BaseModel):
    """A token; snake case, as in RFC 6749."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a kind of token
    expires_in: Annotated[int, Field(description="How long it is accepted [s]", examples=[3600])]
    scope: Annotated[str, Field(description="What it may do", examples=["read_all write_programs"])]
