"""Subscriptions."""

from typing import Annotated, Literal

from pydantic import Field

from api.openadr.models.fields import Body, Name, ObjectId, Targets, Text, Uri
from api.openadr.models.metadata import ObjectTypes, Owned


class ObjectOperation(Body):
    """What a client wants to be told of, and where."""

    objects: list[ObjectTypes]
    operations: list[Literal["READ", "CREATE", "UPDATE", "DELETE"]]
    callback_url: Annotated[Uri, Field(alias="callbackUrl", examples=["https://ven.example.org/told"])]
    bearer_token: Text | None = None


class SubscriptionRequest(Body):
    """A subscription, as a client makes it."""

    client_name: Name
    program_id: ObjectId | None = None
    object_operations: list[ObjectOperation]
    targets: Targets = None


class Subscription(Owned, SubscriptionRequest):
    """A subscription, as the VTN tells of it; bearer tokens are for its own client alone."""

    object_type: Literal["SUBSCRIPTION"]
