"""Reports."""

from typing import Literal

from api.openadr.models.fields import Body, Name, ObjectId, Text
from api.openadr.models.metadata import Owned
from api.openadr.models.payloads import Interval, IntervalPeriod, ReportPayloadDescriptor


class ReportResource(Body):
    """What a report says of one resource, or of several together (AGGREGATED_REPORT)."""

    resource_name: Name
    interval_period: IntervalPeriod | None = None
    intervals: list[Interval]


class ReportRequest(Body):
    """A report, as a VEN makes it."""

    event_id: ObjectId
    client_name: Name
    report_name: Text | None = None
    payload_descriptors: list[ReportPayloadDescriptor] | None = None
    resources: list[ReportResource]


class Report(Owned, ReportRequest):
    """A report, as the VTN tells of it."""

    object_type: Literal["REPORT"]
