"""Rows of demand response: times aware UTC, powers in watts, energies in watt-hours."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """Less load is asked for in a place over ``[starts_at, ends_at)``.

    Attributes
    ----------
    target_w : float or None
        Reduction wanted in every slot; None: as much as the plan gives. [W]
    status_reason : str or None
        Why it was cancelled, when somebody said so.
    """

    event_id: UUID
    name: str
    place_id: int
    status: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    status_at: datetime
    target_w: float | None = None
    status_reason: str | None = None


@dataclass(frozen=True, slots=True)
class EventSpan:
    """When an event ran."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class FlexibleResource:
    """A resource with its last word: it needs so much energy between two times.

    Attributes
    ----------
    rated_power_w, max_power_w : int
        Highest power by registration, and by its own statement. [W]
    energy_needed_wh : int
        Still to be taken at ``reported_at``; 0 where a store has said nothing. [Wh]
    is_store : bool
        Whether parameters and a fresh state are known, so that it can be told what to draw, and what to give back.
    """

    end_device_id: int
    power_transformer_place_id: int
    rated_power_w: int
    reported_at: datetime
    energy_needed_wh: int
    max_power_w: int
    available_from: datetime
    ready_by: datetime
    usage_point_id: int | None = None
    kind: str | None = None
    is_store: bool = False


@dataclass(frozen=True, slots=True)
class TransformerRating:
    """What a power transformer may carry. [VA]."""

    place_id: int
    code: str
    rated_va: int


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan to be stored.

    Attributes
    ----------
    objective, dual_bound : float
        Cost of the plan, and the least that any plan serving as much energy can cost. [EUR]
    unserved_wh : float
        Energy that the limits leave unserved. [Wh]
    planned_reduction_w : list of float
        Natural less planned load, per slot of the event. [W]
    target_gap_w : list of float
        What each slot is expected to lack of the target; empty without target. [W]
    """

    event_id: UUID
    planned_at: datetime
    start_at: datetime
    slot_count: int
    objective: float
    dual_bound: float
    unserved_wh: float
    planned_reduction_w: list[float]
    target_gap_w: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DispatchPlan:
    """A stored plan; see `NewPlan`."""

    dispatch_plan_id: int
    event_id: UUID
    planned_at: datetime
    start_at: datetime
    slot_count: int
    objective: float
    dual_bound: float
    unserved_wh: float
    planned_reduction_w: list[float]
    target_gap_w: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NewShortage:
    """Energy that does not fit under the limit of a place in the slots named. [Wh]."""

    place_id: int
    slot_starts: list[datetime]
    missing_wh: float


@dataclass(frozen=True, slots=True)
class DispatchShortage:
    """A stored shortage, with its place."""

    place_id: int
    place_level: str
    place_code: str
    slot_starts: list[datetime]
    missing_wh: float


@dataclass(frozen=True, slots=True)
class NewCommand:
    """What one resource is to be told: the power in each half-hour from ``start_at`` on. [W].

    Attributes
    ----------
    natural_w : list of float or None
        What the plan expects it to draw by itself in the same half-hours. [W]
    purpose : str
        ``plan``, ``redispatch``, ``rebalance`` or ``release``.
    is_followed : bool
        Whether it draws that power, below 0 gives it back; else it draws at most that.
    """

    event_id: UUID
    end_device_id: int
    issued_at: datetime
    expires_at: datetime
    start_at: datetime
    dispatch_setpoint_w: list[float]
    natural_w: list[float] | None = None
    purpose: str = "plan"
    is_followed: bool = False


@dataclass(frozen=True, slots=True)
class EventCommand:
    """What one resource was told, and what it answered."""

    command_id: UUID
    resource: str
    issued_at: datetime
    expires_at: datetime
    start_at: datetime
    step_s: int
    dispatch_setpoint_w: list[float]
    is_followed: bool
    status: str
    sent_at: datetime | None
    answered_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class EventResult:
    """Baseline against measured load of the usage points that took part, in one slot; indicative.

    Attributes
    ----------
    usage_point_count : int
        Usage points with both baseline and measurement; the sums are over these.
    baseline_w, measured_w, planned_reduction_w : float
        Sums of mean power; the reduction is over all resources of the plan. [W]
    """

    slot_start_at: datetime
    computed_at: datetime
    usage_point_count: int
    baseline_w: float
    measured_w: float
    planned_reduction_w: float
