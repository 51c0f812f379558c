"""Problem documents (RFC 9457)."""

from typing import Annotated

from pydantic import Field

from api.models.fields import Model


class FieldProblem(Model):
    """Name one part of a request and what is wrong with it."""

    field: Annotated[str, Field(description="Parameter or path inside the body", examples=["start"])]
    message: Annotated[str, Field(examples=["Input should have timezone info"])]


class Problem(Model):
    """Say what is wrong, who must act and where."""

    type: Annotated[str, Field(description="Names the kind of problem", examples=["urn:somel:problem:request_invalid"])]
    title: Annotated[str, Field(examples=["Unprocessable Entity"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[str, Field(examples=["Not valid: start."])]
    code: Annotated[str, Field(description="Stable; match on this", examples=["request_invalid"])]
    errors: Annotated[list[FieldProblem] | None, Field(description="The fields at fault, where they are known")] = None
