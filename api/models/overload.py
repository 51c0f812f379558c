"""Probability of overload, the rules that draft events for it, and limits."""

from typing import Annotated

from pydantic import Field

from api.models.fields import GivenInstant, Instant, Model
from api.models.place import Level, PlaceName
from api.models.resource import Line

Probability = Annotated[float, Field(description="That the mean load of the slot exceeds the limit", examples=[0.31])]
LimitW = Annotated[float, Field(ge=0, le=1e12, description="Most net load, import positive [W]", examples=[380_000.0])]
Code = Annotated[
    str | None, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="Null: all of the level")
]


class OverloadSlot(Model):
    """Tell how probable overload is in a half-hour slot."""

    valid_from: Annotated[Instant, Field(description="Start of the slot")]
    issued_at: Annotated[Instant, Field(description="Of the forecast that it follows from")]
    limit_w: Annotated[float | None, Field(description="Null below 1 % [W]", examples=[380_000.0])]
    probability: Annotated[Probability, Field(description="0 stands for less than 1 %")]


class PlaceAtRisk(PlaceName):
    """Name a place and the slot in which its overload is most probable."""

    valid_from: Instant
    limit_w: LimitW
    probability: Probability


class NewRule(Model):
    """Say when an event is to be drafted: for one place, or for all of a level."""

    name: Annotated[Line, Field(examples=["Transformers in the evening"])]
    level: Annotated[Level, Field(examples=["power_transformer"])]
    code: Annotated[Code, Field(examples=[None])] = None
    probability_threshold: Annotated[
        float, Field(ge=0.01, le=0.99, description="Slots that are at least so probable", examples=[0.2])
    ]
    notice_s: Annotated[int, Field(ge=0, le=604_800, description="Before an event starts [s]", examples=[14_400])]
    min_duration_s: Annotated[
        int, Field(ge=0, le=86_400, description="What is over sooner is left alone [s]", examples=[1_800])
    ] = 0
    is_enabled: bool = True


class Rule(NewRule):
    """Describe a rule."""

    overload_rule_id: Annotated[int, Field(examples=[1])]
    changed_at: Instant
    changed_by: Annotated[str, Field(examples=["token/control-room"])]


class Rules(Model):
    """Hold all rules, the oldest first."""

    items: list[Rule]


class Proposal(Model):
    """Tell why a rule drafted an event."""

    rule_name: Annotated[str | None, Field(description="Null once it is deleted", examples=["Evening"])]
    proposed_at: Instant
    probability: Annotated[float, Field(description="Highest of its slots", examples=[0.4])]
    required_reduction_w: Annotated[
        list[float],
        Field(description="For overload to be less probable than the threshold, per slot [W]", examples=[[12_000.0]]),
    ]


class NewCapacityLimit(Model):
    """Limit the power that flows into a place."""

    level: Annotated[Level, Field(examples=["feeder"])]
    code: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["F-0001"])]
    limit_w: LimitW
    valid_from: Annotated[GivenInstant, Field(examples=["2026-01-15T17:00:00Z"])]
    valid_until: Annotated[GivenInstant | None, Field(description="Null: until taken back", examples=[None])] = None
    is_rating: Annotated[bool, Field(description="Of the equipment itself", examples=[False])] = False
    reason: Annotated[Line | None, Field(examples=["Works at the substation"])] = None


class CapacityLimit(PlaceName):
    """Describe a limit."""

    capacity_limit_id: Annotated[int, Field(examples=[1])]
    limit_w: LimitW
    valid_from: Instant
    valid_until: Instant | None
    source: Annotated[str, Field(description="rating, operator or openadr", examples=["operator"])]
    reason: Annotated[str | None, Field(examples=["Works at the substation"])]
    created_at: Instant
    created_by: Annotated[str, Field(examples=["token/control-room"])]
    withdrawn_at: Annotated[Instant | None, Field(description="Null while it counts")] = None
    openadr_event_id: Annotated[
        str | None, Field(description="OpenADR event that it follows; null for others", examples=[None])
    ] = None
