"""Intervals, their periods and payloads, and what describes payloads."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, StrictBool, StrictInt

from api.openadr.models.fields import Body, DateTime, Duration, Integer, Name, Targets, Text

_Number = Annotated[FiniteFloat, Field(strict=True)]


class Point(Body):
    """A point on a plane."""

    x: _Number
    y: _Number


class ValuesMap(Body):
    """One or more values of one type, which is one of the Definition's or a private one."""

    type: Annotated[Name, Field(examples=["PRICE"])]
    values: Annotated[list[StrictBool | StrictInt | _Number | Text | Point], Field(examples=[[0.17]])]


class IntervalPeriod(Body):
    """When an interval begins and how long it lasts."""

    start: DateTime | None = None
    duration: Duration | None = None
    randomize_start: Duration | None = None


class Interval(Body):
    """A span and its payloads."""

    id: Annotated[Integer, Field(examples=[0])]
    interval_period: IntervalPeriod | None = None
    payloads: list[ValuesMap]


class EventPayloadDescriptor(Body):
    """Context of an event's payloads."""

    object_type: Literal["EVENT_PAYLOAD_DESCRIPTOR"]
    payload_type: Name
    units: Name | None = None
    currency: Text | None = None


class ReportPayloadDescriptor(Body):
    """Context of a report's payloads."""

    object_type: Literal["REPORT_PAYLOAD_DESCRIPTOR"]
    payload_type: Name
    reading_type: Name | None = None
    units: Name | None = None
    accuracy: _Number | None = None
    confidence: Annotated[Integer, Field(ge=0, le=100)] | None = None


class ReportDescriptor(Body):
    """A request for a report."""

    payload_type: Name
    reading_type: Name | None = None
    units: Name | None = None
    targets: Targets = None
    aggregate: StrictBool | None = None
    start_interval: Integer | None = None
    num_intervals: Integer | None = None
    historical: StrictBool | None = None
    frequency: Integer | None = None
    repeat: Integer | None = None
    report_intervals: Literal["INTERVALS", "SUB_INTERVALS", "OPEN_INTERVALS"] | None = None


PayloadDescriptor = Annotated[EventPayloadDescriptor | ReportPayloadDescriptor, Field(discriminator="object_type")]
Attributes = Annotated[list[ValuesMap] | None, Field(description="Attributes")]
