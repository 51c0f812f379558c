"""What the VTN adds to every object."""

from typing import Annotated, Literal

from pydantic import Field

from api.openadr.models.fields import Body, DateTime, Name, ObjectId

ObjectTypes = Literal["PROGRAM", "EVENT", "REPORT", "SUBSCRIPTION", "VEN", "RESOURCE"]


class Metadata(Body):
    """Identity and times, given by the VTN."""

    id: Annotated[ObjectId, Field(examples=["object-999"])]
    created_date_time: DateTime
    modification_date_time: DateTime


class Owned(Metadata):
    """What belongs to one client."""

    client_id: Annotated[Name, Field(description="Client whose it is", examples=["249rj49jiej"])]
