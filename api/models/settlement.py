"""Statements of what an event saved, and why two of them differ; all indicative."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.models.fields import GivenInstant, Instant, Model
from api.models.load import QualityLabel

_HASH = "6f3a1c0e5b7d9f2a4c6e8b0d1f3a5c7e9b1d3f5a7c9e0b2d4f6a8c0e2b4d6f80"
_Energy = float | None
MethodName = Annotated[
    str, Field(max_length=100, pattern=r"^[a-z0-9_]+$", description="Baseline method", examples=["high_5_of_10"])
]
ProgramName = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["hiver-2026"])
]
UsagePointKey = Annotated[UUID, Field(examples=["0b9ab82c-2f52-4c0a-9d3e-5b6e9d5b1f7a"])]
Power = Annotated[float | None, Field(description="Null where it is not known [W]", examples=[1450.0])]


class NewStatement(Model):
    """Have a statement made."""

    method: MethodName = "high_5_of_10"
    as_of: Annotated[
        GivenInstant | None,
        Field(description="As it was known then; left out: two minutes ago", examples=["2026-01-20T06:00:00Z"]),
    ] = None
    program: Annotated[ProgramName | None, Field(examples=["hiver-2026"])] = None


class Statement(Model):
    """Tell what an event saved by one method, as known at a moment; the same moment always gives the same hash."""

    settlement_statement_id: Annotated[int, Field(examples=[4711])]
    event_id: Annotated[UUID, Field(examples=["3f2b8c1e-5d0a-4f43-9a53-6f7d0a1b2c3d"])]
    program: Annotated[str | None, Field(examples=["hiver-2026"])]
    method: MethodName
    is_indicative: Annotated[Literal[True], Field(description="No conformity with a market's rules is claimed")] = True
    as_of: Annotated[Instant, Field(description="Nothing that became known later is in it")]
    made_at: Instant
    made_by: Annotated[str, Field(examples=["token/control-room"])]
    usage_point_count: Annotated[int, Field(description="Usage points that took part", examples=[41])]
    slot_count: Annotated[int, Field(description="Half-hours of the event, times usage points", examples=[164])]
    complete_count: Annotated[
        int,
        Field(description="Of these, how many have baseline and measured load: the sums are over them", examples=[160]),
    ]
    reduction_wh: Annotated[_Energy, Field(description="Baseline less measured energy [Wh]", examples=[36500.0])]
    adjusted_reduction_wh: Annotated[
        _Energy,
        Field(description="The same with same-day adjustment, which heating ahead raises [Wh]", examples=[38200.0]),
    ]
    lower_wh: Annotated[_Energy, Field(description="The true reduction is likely not lower [Wh]", examples=[31000.0])]
    upper_wh: Annotated[_Energy, Field(description="The true reduction is likely not higher [Wh]", examples=[40100.0])]
    confidence_ratio: Annotated[float, Field(description="How likely it lies between [1]", examples=[0.9])]
    error_day_count: Annotated[
        int, Field(description="Days without an event that the method was tried on", examples=[10])
    ]
    error_mean_wh: Annotated[
        _Energy, Field(description="Mean of baseline less measured energy on these days [Wh]", examples=[900.0])
    ]
    error_deviation_wh: Annotated[_Energy, Field(description="Its standard deviation [Wh]", examples=[2400.0])]
    hash: Annotated[str, Field(description="SHA-256 over the whole statement, hexadecimal", examples=[_HASH])]


class UsagePoint(Model):
    """Tell what one usage point saved, and what its baseline is made of."""

    usage_point_key: UsagePointKey
    resources: Annotated[list[str], Field(examples=[["ev-000001"]])]
    baseline_days: Annotated[list[date], Field(description="Local days", examples=[["2026-01-14"]])]
    control_count: Annotated[int, Field(description="Usage points not called that it is compared with", examples=[0])]
    reduction_wh: Annotated[_Energy, Field(description="Baseline less measured energy [Wh]", examples=[890.0])]
    adjusted_reduction_wh: Annotated[_Energy, Field(description="With same-day adjustment [Wh]", examples=[930.0])]
    lower_wh: Annotated[_Energy, Field(description="The true reduction is likely not lower [Wh]", examples=[420.0])]
    upper_wh: Annotated[_Energy, Field(description="The true reduction is likely not higher [Wh]", examples=[1310.0])]


class StatementDetail(Statement):
    """Tell a statement with its usage points; its half-hours are had as a table."""

    usage_points: list[UsagePoint]


class Method(Model):
    """Describe a baseline method."""

    name: MethodName
    meaning: Annotated[str, Field(examples=["Mean of the 5 days with the most energy of the last 10 of the same kind"])]
    is_adjusted: Annotated[bool, Field(description="Whether there is a same-day adjustment of it", examples=[True])]


class Reading(Model):
    """Tell how a reading was known, in the unit of its register; null: not at all."""

    usage_point_key: Annotated[
        UUID | None,
        Field(description="Null: one that was not called", examples=["0b9ab82c-2f52-4c0a-9d3e-5b6e9d5b1f7a"]),
    ] = None
    register_name: Annotated[str, Field(serialization_alias="register", examples=["import_wh"])]
    start_at: Instant
    step_s: Annotated[int, Field(examples=[1800])]
    old_value: Annotated[float | None, Field(examples=[175.0])]
    new_value: Annotated[float | None, Field(examples=[250.0])]
    old_quality: QualityLabel | None
    new_quality: QualityLabel | None
    old_known_at: Annotated[datetime | None, Field(examples=["2026-01-16T06:00:00Z"])]
    new_known_at: Annotated[datetime | None, Field(examples=["2026-01-18T06:00:00Z"])]


class Reason(Model):
    """Say one thing that made a row differ."""

    kind: Annotated[str, Field(examples=["estimate_replaced"])]
    role: Annotated[str, Field(description="What the reading counts for; empty: no reading", examples=["measured"])]
    message: Annotated[str, Field(examples=["The measured reading of 2026-01-15 17:00Z replaced an estimate."])]
    reading: Reading | None


class Figures(Model):
    """Hold the figures of a half-hour."""

    baseline_w: Power
    adjusted_baseline_w: Power
    measured_w: Power


class ChangedRow(Model):
    """Tell how a half-hour of a usage point differs, and why; null where a statement has no such row."""

    usage_point_key: UsagePointKey
    slot_start_at: Instant
    older: Figures | None
    newer: Figures | None
    reasons: list[Reason]


class Difference(Model):
    """Compare two statements of an event, the one of the earlier moment first."""

    older: Statement
    newer: Statement
    row_count: Annotated[int, Field(description="Half-hours of usage points in either", examples=[164])]
    rows: Annotated[list[ChangedRow], Field(description="Those that differ")]


class ProgramTotal(Model):
    """Tell what the events of a program saved together by one method; the latest statement of each counts."""

    method: MethodName
    is_indicative: Annotated[Literal[True], Field(description="No conformity with a market's rules is claimed")] = True
    event_count: Annotated[int, Field(examples=[12])]
    reduction_wh: Annotated[_Energy, Field(description="Baseline less measured energy [Wh]", examples=[410000.0])]
    adjusted_reduction_wh: Annotated[_Energy, Field(description="With same-day adjustment [Wh]", examples=[422000.0])]
    lower_wh: Annotated[
        _Energy,
        Field(description="If events are wrong independently of each other [Wh]", examples=[380000.0]),
    ]
    upper_wh: Annotated[_Energy, Field(description="As `lower_wh` [Wh]", examples=[431000.0])]
    error_mean_wh: Annotated[_Energy, Field(description="Sum of the mean errors [Wh]", examples=[9100.0])]
    statements: list[Statement]


class Skill(Model):
    """Tell how wrong a method was on days without an event of a month, and whether it passes the monthly checks."""

    program: Annotated[str, Field(description="Empty: all enrolled usage points", examples=[""])]
    method: MethodName
    is_adjusted: Annotated[bool, Field(description="With same-day adjustment", examples=[False])]
    month: Annotated[date, Field(examples=["2026-01-01"])]
    window_start: Annotated[str, Field(description="Local time of day", examples=["18:00"])]
    window_slots: Annotated[int, Field(description="Half-hours looked at", examples=[4])]
    as_of: Instant
    usage_point_count: Annotated[int, Field(examples=[41])]
    day_count: Annotated[int, Field(examples=[27])]
    slot_count: Annotated[int, Field(examples=[108])]
    bias_w: Annotated[float | None, Field(description="Mean of baseline less measured load [W]", examples=[310.0])]
    mae_w: Annotated[float | None, Field(description="Mean size of it [W]", examples=[1900.0])]
    cv_rmse_ratio: Annotated[float | None, Field(description="[1]", examples=[0.08])]
    absolute_error_ratio: Annotated[float | None, Field(description="At most 0.35 [1]", examples=[0.06])]
    centring_error_ratio: Annotated[float | None, Field(description="At most 0.15 [1]", examples=[0.01])]
    passes: Annotated[bool, Field(description="Both are; indicative", examples=[True])]
