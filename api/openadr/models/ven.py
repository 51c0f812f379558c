"""VENs."""

from typing import Annotated, Literal

from pydantic import Field

from api.openadr.models.fields import Body, Name, Targets
from api.openadr.models.metadata import Owned
from api.openadr.models.payloads import Attributes


class VenVenRequest(Body):
    """A VEN, as it describes itself."""

    object_type: Literal["VEN_VEN_REQUEST"]
    ven_name: Name
    attributes: Attributes = None


class BlVenRequest(Body):
    """A VEN, as business logic describes it; its targets are what it is granted."""

    object_type: Literal["BL_VEN_REQUEST"]
    client_id: Name
    targets: Targets = None
    ven_name: Name
    attributes: Attributes = None


VenRequest = Annotated[VenVenRequest | BlVenRequest, Field(discriminator="object_type")]


class Ven(Owned):
    """A VEN, as the VTN tells of it."""

    object_type: Literal["VEN"]
    targets: Targets = None
    ven_name: Name
    attributes: Attributes = None
