"""Demand-response events: what is asked, planned, told and measured."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.models.fields import GivenInstant, Instant, Model
from api.models.place import Level, PlaceName
from grid.demand_response.lifecycle import EventStatus

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["Pointe du soir"])]


class NewEvent(Model):
    """Ask for less load in a place over ``[starts_at, ends_at)``, both on a half-hour."""

    name: Name
    place_level: Annotated[Level, Field(examples=["feeder"])]
    place_code: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$", examples=["F-0001"])]
    starts_at: Annotated[GivenInstant, Field(examples=["2026-01-15T17:00:00Z"])]
    ends_at: Annotated[GivenInstant, Field(examples=["2026-01-15T19:00:00Z"])]
    target_w: Annotated[
        float | None,
        Field(
            gt=0,
            le=1e12,
            description="Reduction wanted in every slot; left out: all that is possible [W]",
            examples=[50000.0],
        ),
    ] = None


class Stop(Model):
    """Say why an event is stopped."""

    reason: Annotated[
        str,
        Field(min_length=1, max_length=500, description="A sentence; it is kept", examples=["Fire at the substation"]),
    ]


class Event(Model):
    """Describe an event."""

    event_id: Annotated[UUID, Field(examples=["3f2b8c1e-5d0a-4f43-9a53-6f7d0a1b2c3d"])]
    name: Name
    place: PlaceName
    status: Annotated[EventStatus, Field(examples=["draft"])]
    starts_at: Annotated[Instant, Field(examples=["2026-01-15T17:00:00Z"])]
    ends_at: Annotated[Instant, Field(examples=["2026-01-15T19:00:00Z"])]
    created_at: Instant
    status_at: Annotated[Instant, Field(description="When it got its status")]
    target_w: Annotated[float | None, Field(description="Reduction wanted in every slot [W]", examples=[50000.0])] = (
        None
    )
    status_reason: Annotated[str | None, Field(description="Why it was cancelled", examples=[None])] = None


class Shortage(Model):
    """Name a place whose limit leaves energy unserved."""

    place_level: Annotated[str, Field(examples=["power_transformer"])]
    place_code: Annotated[str, Field(examples=["T-0001"])]
    slot_starts: list[Instant]
    missing_wh: Annotated[float, Field(description="Energy that does not fit [Wh]", examples=[1200.0])]


class Plan(Model):
    """Describe the plan: exact under the transformers' limits, with its certificate."""

    planned_at: Instant
    objective: Annotated[float, Field(description="Cost of the plan [EUR]", examples=[14.2])]
    dual_bound: Annotated[float, Field(description="No plan can cost less [EUR]", examples=[14.2])]
    unserved_wh: Annotated[float, Field(description="0 when the plan is feasible [Wh]", examples=[0.0])]
    planned_reduction_w: Annotated[
        list[float], Field(description="For each half-hour of the event [W]", examples=[[18000.0, 18000.0]])
    ]
    target_gap_w: Annotated[
        list[float],
        Field(description="What each half-hour lacks of the target; empty without one [W]", examples=[[0.0, 0.0]]),
    ]
    shortages: list[Shortage]


class CommandCounts(Model):
    """Count the commands by what became of them."""

    pending: Annotated[int, Field(examples=[0])] = 0
    sent: Annotated[int, Field(description="Taken by the broker, which knows no subscriber", examples=[0])] = 0
    delivered: Annotated[int, Field(description="Taken by the broker for the gateway", examples=[3])] = 0
    accepted: Annotated[int, Field(examples=[41])] = 0
    opted_out: Annotated[int, Field(examples=[2])] = 0
    refused: Annotated[int, Field(examples=[0])] = 0
    expired: Annotated[int, Field(description="Too late to be sent, or to be taken up", examples=[0])] = 0
    unanswered: Annotated[int, Field(description="Sent, and not answered before it expired", examples=[0])] = 0
    withdrawn: Annotated[int, Field(description="Taken back after it was sent", examples=[0])] = 0
    replaced: Annotated[int, Field(description="Said over by a later command", examples=[0])] = 0


class Result(Model):
    """Compare baseline and measured load of the usage points that took part, over one half-hour; indicative."""

    slot_start_at: Annotated[Instant, Field(examples=["2026-01-15T17:00:00Z"])]
    computed_at: Instant
    usage_point_count: Annotated[int, Field(examples=[41])]
    baseline_w: Annotated[float, Field(description="High 5 of 10 baseline [W]", examples=[61000.0])]
    measured_w: Annotated[float, Field(description="Measured load [W]", examples=[44000.0])]
    measured_reduction_w: Annotated[float, Field(description="Baseline less measured load [W]", examples=[17000.0])]
    planned_reduction_w: Annotated[float, Field(description="Reduction planned [W]", examples=[18000.0])]


class EventDetail(Event):
    """Describe an event with its plan, commands and results."""

    plan: Plan | None = None
    commands: CommandCounts
    results: list[Result]
