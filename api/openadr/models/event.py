"""Events."""

from typing import Annotated, Literal

from pydantic import Field

from api.openadr.models.fields import Body, Duration, Integer, ObjectId, Targets, Text
from api.openadr.models.metadata import Metadata
from api.openadr.models.payloads import EventPayloadDescriptor, Interval, IntervalPeriod, ReportDescriptor


class EventRequest(Body):
    """An event, as a client describes it; its period is the default of its intervals."""

    program_id: ObjectId
    event_name: Text | None = None
    duration: Duration | None = None
    priority: Annotated[Integer, Field(ge=0)] | None = None
    targets: Targets = None
    report_descriptors: list[ReportDescriptor] | None = None
    payload_descriptors: list[EventPayloadDescriptor] | None = None
    interval_period: IntervalPeriod | None = None
    intervals: list[Interval] | None = None


class Event(Metadata, EventRequest):
    """An event, as the VTN tells of it."""

    object_type: Literal["EVENT"]
