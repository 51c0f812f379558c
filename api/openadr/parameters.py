"""Parameters that operations share."""

from typing import Annotated

from fastapi import Path, Query

from api.openadr.models.fields import Name, ObjectId
from api.openadr.models.metadata import ObjectTypes
from grid.openadr.objects import MOST

Skip = Annotated[int, Query(ge=0, lt=2**31, description="Objects to leave out before the first")]
Limit = Annotated[int, Query(ge=0, le=MOST, description="Most objects of an answer")]
TargetsAsked = Annotated[list[Name] | None, Query(alias="targets", description="Targets")]
ProgramAsked = Annotated[ObjectId | None, Query(alias="programID", description="Only with this program")]
EventAsked = Annotated[ObjectId | None, Query(alias="eventID", description="Only with this event")]
VenAsked = Annotated[ObjectId | None, Query(alias="venID", description="Only of this VEN")]
ClientNameAsked = Annotated[Name | None, Query(alias="clientName", description="Only with this client name")]
VenNameAsked = Annotated[Name | None, Query(alias="venName", description="Only with this VEN name")]
ResourceNameAsked = Annotated[Name | None, Query(alias="resourceName", description="Only with this resource name")]
ObjectsAsked = Annotated[list[ObjectTypes] | None, Query(alias="objects", description="Only to one of these kinds")]

ProgramId = Annotated[ObjectId, Path(alias="programID", description="Program")]
EventId = Annotated[ObjectId, Path(alias="eventID", description="Event")]
ReportId = Annotated[ObjectId, Path(alias="reportID", description="Report")]
SubscriptionId = Annotated[ObjectId, Path(alias="subscriptionID", description="Subscription")]
VenId = Annotated[ObjectId, Path(alias="venID", description="VEN")]
ResourceId = Annotated[ObjectId, Path(alias="resourceID", description="Resource")]
