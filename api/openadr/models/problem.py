"""The specification's error answer."""

from typing import Annotated

from pydantic import BaseModel, Field


class OpenadrProblem(BaseModel):
    """Say what is wrong; `code` is stable, and `error` is RFC 6749's where a token was asked for."""

    type: Annotated[str, Field(examples=["urn:somel:problem:request_invalid"])]
    title: Annotated[str, Field(examples=["Bad Request"])]
    status: Annotated[int, Field(ge=100, lt=600, examples=[400])]
    detail: Annotated[str, Field(examples=["Not valid: programName."])]
    code: Annotated[str, Field(examples=["request_invalid"])]
    error: Annotated[str | None, Field(examples=["invalid_client"])] = None
    error_description: str | None = None
