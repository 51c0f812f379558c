"""What a plan does to the networks behind its transformers."""

from typing import Annotated

from pydantic import Field

from api.models.fields import Instant, Model

Ratio = float | None


class TransformerCheck(Model):
    """Compare the network behind one transformer without and with a plan; null where it is not known."""

    power_transformer_code: Annotated[str, Field(examples=["T-0001"])]
    checked_at: Instant
    modelled: Annotated[
        bool, Field(description="Whether its network is known; else its loading alone", examples=[True])
    ]
    unsolved_before: Annotated[int, Field(description="Slots in which no power flow converges", examples=[0])]
    unsolved_after: Annotated[int, Field(description="The same with the plan", examples=[0])]
    lowest_before_ratio: Annotated[Ratio, Field(description="Lowest voltage over nominal", examples=[0.942])]
    lowest_after_ratio: Annotated[Ratio, Field(description="The same with the plan", examples=[0.951])]
    highest_before_ratio: Annotated[Ratio, Field(description="Highest voltage over nominal", examples=[1.02])]
    highest_after_ratio: Annotated[Ratio, Field(description="The same with the plan", examples=[1.02])]
    line_before_ratio: Annotated[Ratio, Field(description="Highest current over the line's rating", examples=[0.8])]
    line_after_ratio: Annotated[Ratio, Field(description="The same with the plan", examples=[0.7])]
    transformer_before_ratio: Annotated[Ratio, Field(description="Highest load over rating", examples=[1.05])]
    transformer_after_ratio: Annotated[Ratio, Field(description="The same with the plan", examples=[0.93])]


class NetworkViolation(Model):
    """Name an element, a half-hour and the limit that is not kept then."""

    stage: Annotated[str, Field(description="before: without the plan; after: with it", examples=["after"])]
    kind: Annotated[str, Field(description="Which limit", examples=["line_loading"])]
    element: Annotated[str, Field(description="Name of the element", examples=["line 12"])]
    slot_start_at: Instant
    value_ratio: Annotated[Ratio, Field(description="Value over nominal or rated; null: unknown", examples=[1.08])]
    limit_ratio: Annotated[float, Field(examples=[1.0])]


class NetworkCheck(Model):
    """Say what a plan does to its networks."""

    items: list[TransformerCheck]
    violations: Annotated[list[NetworkViolation], Field(description="Those without the plan first")]
