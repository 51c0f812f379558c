"""Resources of VENs."""

from typing import Annotated, Literal

from pydantic import Field

from api.openadr.models.fields import Body, Name, ObjectId, Targets
from api.openadr.models.metadata import Owned
from api.openadr.models.payloads import Attributes


class VenResourceRequest(Body):
    """A resource, as its VEN describes it."""

    object_type: Literal["VEN_RESOURCE_REQUEST"]
    resource_name: Name
    ven_id: ObjectId
    attributes: Attributes = None


class BlResourceRequest(Body):
    """A resource, as business logic describes it; its targets are granted to its VEN."""

    object_type: Literal["BL_RESOURCE_REQUEST"]
    client_id: Name
    targets: Targets = None
    resource_name: Name
    ven_id: ObjectId
    attributes: Attributes = None


ResourceRequest = Annotated[VenResourceRequest | BlResourceRequest, Field(discriminator="object_type")]


class Resource(Owned):
    """A resource, as the VTN tells of it."""

    object_type: Literal["RESOURCE"]
    targets: Targets = None
    resource_name: Name
    ven_id: ObjectId
    attributes: Attributes = None
