"""Load, raw and summed, and latest values."""

from typing import Annotated

from pydantic import Field

from api.models.fields import EnergyWh, Instant, Model, PowerW
from core.quality import QUALITY_BY_LABEL

QualityLabel = Annotated[str, Field(examples=["ok"], json_schema_extra={"enum": list(QUALITY_BY_LABEL)})]


class PlaceSlot(Model):
    """Tell the load of a place over the half-hour slot that begins at `start_at`."""

    start_at: Instant
    load_w: PowerW
    import_wh: EnergyWh
    export_wh: Annotated[float, Field(ge=0, description="Energy exported [Wh]", examples=[0.0])]
    usage_point_count: Annotated[int, Field(description="Usage points with an import value", examples=[96])]
    estimated_count: Annotated[int, Field(description="Of those, how many are estimated", examples=[2])]


class IntervalReading(Model):
    """Tell one value over the interval that begins at `start_at`, as the meter sent it."""

    start_at: Instant
    step_s: Annotated[int, Field(description="Length of the interval [s]", examples=[1800])]
    value: Annotated[float | None, Field(description="In the register's unit; null where missing", examples=[412.0])]
    quality: QualityLabel
    known_at: Annotated[Instant, Field(description="When this value became known here")]


class LatestValue(Model):
    """Tell the newest value of one register."""

    register_name: Annotated[
        str, Field(serialization_alias="register", description="Name, ending in its unit", examples=["import_wh"])
    ]
    unit: Annotated[str, Field(examples=["Wh"])]
    at: Annotated[Instant, Field(description="Instant of the value, or start of its interval")]
    step_s: Annotated[int | None, Field(description="Length of the interval, if it is one [s]", examples=[1800])] = None
    value: Annotated[float | None, Field(examples=[412.0])]
    quality: QualityLabel
    known_at: Instant


class UsagePointLatest(Model):
    """Hold the newest value of each register."""

    items: list[LatestValue]


class SaidLabel(Model):
    """Tell what a label of a device says, or said before, without a break between the two times."""

    device: Annotated[str, Field(description="Name of the device", examples=["021976000001"])]
    label: Annotated[str, Field(description="In the device's own language", examples=["NTARF"])]
    text: Annotated[str, Field(examples=["02"])]
    first_said_at: Annotated[Instant, Field(description="Since when")]
    last_said_at: Annotated[Instant, Field(description="When it was last heard; moved on every few minutes only")]
    is_latest: Annotated[bool, Field(description="Whether it says so now", examples=[True])]


class UsagePointLabels(Model):
    """Hold what the devices of a usage point say, the latest of each label before earlier texts."""

    items: list[SaidLabel]
