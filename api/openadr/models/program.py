"""Programs."""

from typing import Annotated, Literal

from pydantic import Field

from api.openadr.models.fields import Body, Name, Targets, Uri
from api.openadr.models.metadata import Metadata
from api.openadr.models.payloads import Attributes, IntervalPeriod, PayloadDescriptor


class ProgramDescription(Body):
    """Where a program is described."""

    url: Annotated[Uri, Field(alias="URL", examples=["https://www.example.org/programs/evening"])]


class ProgramRequest(Body):
    """A program, as a client describes it."""

    program_name: Annotated[Name, Field(examples=["ResTOU"])]
    interval_period: IntervalPeriod | None = None
    program_descriptions: list[ProgramDescription] | None = None
    payload_descriptors: list[PayloadDescriptor] | None = None
    attributes: Attributes = None
    targets: Targets = None


class Program(Metadata, ProgramRequest):
    """A program, as the VTN tells of it."""

    object_type: Literal["PROGRAM"]
