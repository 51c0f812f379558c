"""Whether readings can be believed: findings, and how complete days are."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.models.fields import Instant, Model

UsagePointKey = Annotated[UUID, Field(examples=["0b9ab82c-2f52-4c0a-9d3e-5b6e9d5b1f7a"])]
RegisterName = Annotated[
    str, Field(serialization_alias="register", description="Name, ending in its unit", examples=["import_wh"])
]
LocalDay = Annotated[date, Field(description="Local day (Europe/Paris)", examples=["2026-01-15"])]
Slots = Annotated[int, Field(ge=0, examples=[48])]


class Finding(Model):
    """Tell what one rule found; no value was changed for it."""

    vee_finding_id: Annotated[int, Field(examples=[4711])]
    usage_point_key: UsagePointKey
    commune: Annotated[str, Field(description="INSEE code", examples=["59350"])]
    register_name: RegisterName
    rule: Annotated[str, Field(examples=["gap"])]
    severity: Annotated[str, Field(examples=["warning"], json_schema_extra={"enum": ["info", "warning", "error"]})]
    day: LocalDay
    start_at: Instant
    end_at: Instant
    figure: Annotated[float, Field(description="What the rule found, in its unit", examples=[4.0])]
    bound: Annotated[float, Field(description="What it compared that with", examples=[0.0])]
    found_at: Instant
    cleared_at: Annotated[
        datetime | None, Field(description="When later data had healed it", examples=["2026-01-17T06:00:00Z"])
    ] = None


class Completeness(Model):
    """Count the intervals of a local day: expected = received + bad + estimated + missing."""

    usage_point_key: UsagePointKey
    commune: Annotated[str, Field(description="INSEE code", examples=["59350"])]
    register_name: RegisterName
    day: LocalDay
    step_s: Annotated[int, Field(description="Length of an interval [s]", examples=[1800])]
    expected: Slots
    received: Annotated[int, Field(description="Measured and not bad", examples=[44])]
    bad: Annotated[int, Field(description="Marked bad", examples=[0])]
    estimated: Annotated[int, Field(description="Estimated, by the meter or here", examples=[4])]
    missing: Annotated[int, Field(description="Without any value", examples=[0])]
    late: Annotated[int, Field(description="Of those received, how many came late", examples=[0])]
    checked_at: Instant
    estimation: Annotated[
        str, Field(description="What was done about its gaps; empty: nothing", examples=["between its neighbours"])
    ]
