"""How events go, half-hour by half-hour."""

from typing import Annotated, Literal

from pydantic import Field

from api.models.fields import Instant, Model


class TrackedSlot(Model):
    """Say how one half-hour of an event goes."""

    slot_start_at: Annotated[Instant, Field(examples=["2026-01-15T17:00:00Z"])]
    tracked_at: Annotated[Instant, Field(description="When it was looked at last")]
    called_count: Annotated[int, Field(examples=[41])]
    accepted_count: Annotated[int, Field(examples=[36])]
    declined_count: Annotated[int, Field(examples=[4])]
    unanswered_count: Annotated[int, Field(examples=[1])]
    planned_w: Annotated[float, Field(description="Reduction if all called obeyed [W]", examples=[21000.0])]
    predicted_w: Annotated[float, Field(description="Reduction expected by answers so far [W]", examples=[18500.0])]
    measured_w: Annotated[float | None, Field(description="Reduction by readings [W]", examples=[17900.0])] = None
    coverage_ratio: Annotated[float, Field(description="Share of the reduction that was read", examples=[0.97])]
    shortfall_w: Annotated[
        float | None, Field(description="Target less what was measured or is predicted [W]", examples=[100.0])
    ] = None


class Adjustment(Model):
    """Say what was decided after the plan was approved."""

    purpose: Annotated[Literal["redispatch", "rebalance", "release"], Field(examples=["redispatch"])]
    decided_at: Instant
    command_count: Annotated[int, Field(description="Commands that it issued", examples=[3])]
    first_slot_at: Instant
    wanted_w: Annotated[list[float], Field(description="Shortfall to be made up, by slot [W]", examples=[[1500.0]])]
    planned_reduction_w: Annotated[list[float], Field(description="What it adds, by slot [W]", examples=[[1600.0]])]
    unserved_wh: Annotated[float, Field(description="Energy that the limits leave unserved [Wh]", examples=[0.0])]


class Tracking(Model):
    """Say how an event goes, and what was decided meanwhile."""

    items: list[TrackedSlot]
    adjustments: list[Adjustment]
