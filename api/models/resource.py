"""Flexible resources: what they are, what their owners agreed to, how often they are called."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.models.fields import GivenInstant, Instant, Model

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Energy = Annotated[int, Field(ge=0, le=10_000_000)]
Power = Annotated[int, Field(ge=0, le=1_000_000)]
Temperature = Annotated[float, Field(ge=-60, le=100)]
Ratio = Annotated[float, Field(gt=0, le=1)]
How = Annotated[Literal["online", "paper", "telephone"], Field(description="How they said so", examples=["paper"])]
Calls = Annotated[int | None, Field(ge=0, le=1_000, description="Null: no limit", examples=[2])]


class HotWaterTank(Model):
    """Describe a hot-water tank: one well-mixed body of water."""

    kind: Literal["water_heater"] = "water_heater"
    volume_m3: Annotated[float, Field(gt=0, le=100, description="[m3]", examples=[0.2])]
    floor_degc: Annotated[Temperature, Field(description="Never colder by a plan [degC]", examples=[45.0])]
    set_degc: Annotated[Temperature, Field(description="Held by its thermostat [degC]", examples=[55.0])]
    ceiling_degc: Annotated[Temperature, Field(description="Never warmer by a plan [degC]", examples=[65.0])]
    loss_w_per_k: Annotated[float, Field(ge=0, le=1_000, description="Above the room [W/K]", examples=[1.5])]
    is_off_peak_switched: Annotated[bool, Field(description="Behind the meter's dry contact", examples=[True])]


class EvCharger(Model):
    """Describe a charger and the battery of its vehicle."""

    kind: Literal["ev_charger"] = "ev_charger"
    battery_capacity_wh: Annotated[Energy, Field(gt=0, description="[Wh]", examples=[52_000])]
    min_energy_wh: Annotated[Energy, Field(description="Never less by a plan [Wh]", examples=[10_000])]
    departure_energy_wh: Annotated[Energy, Field(description="At departure [Wh]", examples=[40_000])]
    efficiency_ratio: Annotated[Ratio, Field(description="Out for in [ratio]", examples=[0.85])]
    discharge_power_w: Annotated[Power, Field(description="0: it only charges [W]", examples=[0])] = 0


class Battery(Model):
    """Describe a stationary battery."""

    kind: Literal["battery"] = "battery"
    capacity_wh: Annotated[Energy, Field(gt=0, description="[Wh]", examples=[10_000])]
    min_energy_wh: Annotated[Energy, Field(description="Never less by a plan [Wh]", examples=[1_000])]
    max_energy_wh: Annotated[Energy, Field(description="Never more by a plan [Wh]", examples=[9_500])]
    charge_power_w: Annotated[Power, Field(gt=0, description="[W]", examples=[5_000])]
    discharge_power_w: Annotated[Power, Field(description="[W]", examples=[5_000])]
    efficiency_ratio: Annotated[Ratio, Field(description="Out for in [ratio]", examples=[0.9])]


class HeatPump(Model):
    """Describe a heat pump and the building that it heats: one body of one temperature."""

    kind: Literal["heat_pump"] = "heat_pump"
    thermal_capacity_wh_per_k: Annotated[float, Field(gt=0, le=1e7, description="[Wh/K]", examples=[8_000.0])]
    loss_w_per_k: Annotated[float, Field(ge=0, le=1e6, description="Above the outside [W/K]", examples=[150.0])]
    comfort_min_degc: Annotated[Temperature, Field(description="[degC]", examples=[19.0])]
    comfort_max_degc: Annotated[Temperature, Field(description="[degC]", examples=[22.0])]
    cop_ratio: Annotated[float, Field(gt=0, le=20, description="Heat for electricity [ratio]", examples=[3.2])]


Parameters = Annotated[HotWaterTank | EvCharger | Battery | HeatPump, Field(discriminator="kind")]


class State(Model):
    """Tell how a resource stands: energy in its battery, or temperature of its water or building."""

    reported_at: Annotated[GivenInstant, Field(examples=["2026-01-15T12:00:00Z"])]
    energy_wh: Annotated[Energy | None, Field(description="[Wh]", examples=[None])] = None
    temperature_degc: Annotated[Temperature | None, Field(description="[degC]", examples=[52.5])] = None


class NewConsent(Model):
    """Record that an owner agrees to demand response for the grid."""

    text_version: Annotated[Line, Field(description="Of the text agreed to", examples=["2026-01"])]
    how: How
    proof: Annotated[Line | None, Field(description="Where it is kept; no name", examples=["file 2026/117"])] = None


class Consent(Model):
    """Tell one consent; nothing of it is ever written over."""

    purpose: Annotated[str, Field(examples=["grid"])]
    text_version: Annotated[str, Field(examples=["2026-01"])]
    given_at: Instant
    given_by: Annotated[str, Field(description="Account that recorded it", examples=["token/control-room"])]
    given_how: Annotated[str, Field(examples=["paper"])]
    proof: Annotated[str | None, Field(examples=["file 2026/117"])]
    withdrawn_at: Annotated[Instant | None, Field(description="Null while it holds")] = None
    withdrawn_by: Annotated[str | None, Field(examples=[None])] = None
    withdrawn_how: Annotated[str | None, Field(examples=[None])] = None


class CallLimit(Model):
    """Limit how often a resource is called; a call is an event that commanded it."""

    calls_per_day: Calls = None
    calls_per_week: Calls = None
    calls_per_season: Calls = None
    rest_s: Annotated[int, Field(ge=0, le=10_000_000, description="Between two calls [s]", examples=[14_400])] = 0


class Flexibility(Model):
    """Tell what a resource said it needs."""

    reported_at: Instant
    energy_needed_wh: Annotated[int, Field(description="[Wh]", examples=[12_000])]
    max_power_w: Annotated[int, Field(description="[W]", examples=[7_400])]
    available_from: Instant
    ready_by: Instant


class Season(Model):
    """Count what a resource was asked for this season, from 1 September."""

    call_count: Annotated[int, Field(examples=[3])]
    household_call_count: Annotated[int, Field(description="Of any resource of its usage point", examples=[4])]
    curtailed_wh: Annotated[float, Field(description="Energy kept from it in time [Wh]", examples=[8_400.0])]
    last_ended_at: Annotated[datetime | None, Field(description="End of its last call", examples=[None])] = None


class Resource(Model):
    """Describe a resource; null is what nobody has said."""

    name: Annotated[str, Field(examples=["ev-000001"])]
    kind: Annotated[str, Field(examples=["ev_charger"])]
    usage_point_key: Annotated[UUID, Field(examples=["8f14e45f-ceea-467f-a9d1-2c4b1f0c7a11"])]
    power_transformer_code: Annotated[str, Field(examples=["T-0001"])]
    rated_power_w: Annotated[int, Field(description="[W]", examples=[7_400])]
    enrolled_at: Instant
    has_consent: Annotated[bool, Field(description="Only then it is called", examples=[True])]
    consent_version: Annotated[str | None, Field(examples=["2026-01"])]
    flexibility: Flexibility | None
    state: State | None
    parameters: Parameters | None
    limits: CallLimit | None
    season: Season


class NewOptOut(Model):
    """Let a resource sit an event out."""

    resource: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$", examples=["ev-000001"])]
    source: Annotated[Literal["resident", "operator"], Field(description="Who decided", examples=["resident"])]
    reason: Annotated[Line | None, Field(examples=["guests"])] = None


class OptOut(Model):
    """Tell who sits an event out, by whose word."""

    resource: Annotated[str, Field(examples=["ev-000001"])]
    opted_out_at: Instant
    source: Annotated[str, Field(description="resident, operator, ven or device", examples=["resident"])]
    reason: Annotated[str | None, Field(examples=["guests"])]


class OptOuts(Model):
    """Hold the opt-outs of an event, by resource."""

    items: list[OptOut]


class BillChange(Model):
    """Tell what an event does to the bill of the household behind a resource."""

    resource: Annotated[str, Field(examples=["ev-000001"])]
    tariff: Annotated[str, Field(examples=["off_peak"])]
    bill_change_eur: Annotated[
        float | None,
        Field(description="Most that the bill may rise; below 0 it falls; null: a price is missing", examples=[-0.12]),
    ]


class BillChanges(Model):
    """Hold what an event does to bills, by resource, and to all that are known together."""

    items: list[BillChange]
    risen_count: Annotated[int, Field(description="Bills that may rise", examples=[0])]
    total_eur: Annotated[float, Field(examples=[-3.4])]


class Consents(Model):
    """Hold the consents of a resource, the newest first."""

    items: list[Consent]
