"""Rows of settlement: times aware UTC, powers in watts, energies in watt-hours; NaN where something is not known."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Participant:
    """A usage point that took part in an event, with its resources that did."""

    usage_point_id: int
    usage_point_key: UUID
    resources: list[str]


@dataclass(frozen=True, slots=True)
class ReadingChange:
    """What was known of a reading at one moment, and at a later one; None: nothing. Values in the register's unit."""

    usage_point_id: int
    register_name: str
    start_at: datetime
    step_s: int
    old_value: float | None
    new_value: float | None
    old_quality: int | None
    new_quality: int | None
    old_known_at: datetime | None
    new_known_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewStatement:
    """The head of a statement; see the comments of ``settlement_statement``."""

    event_id: UUID
    program: str | None
    method: str
    form: int
    as_of: datetime
    made_at: datetime
    made_by: str
    usage_point_count: int
    slot_count: int
    complete_count: int
    reduction_wh: float
    adjusted_reduction_wh: float
    lower_wh: float
    upper_wh: float
    confidence_ratio: float
    error_day_count: int
    error_mean_wh: float
    error_deviation_wh: float
    hash: bytes


@dataclass(frozen=True, slots=True)
class StatementRow(NewStatement):
    """A stored head."""

    settlement_statement_id: int


@dataclass(frozen=True, slots=True)
class UsagePointRow:
    """A usage point in a statement, with the days and the other usage points that its baseline is made of."""

    usage_point_id: int
    usage_point_key: UUID
    resources: list[str]
    baseline_days: list[date]
    control_usage_point_ids: list[int]
    reduction_wh: float
    adjusted_reduction_wh: float
    lower_wh: float
    upper_wh: float


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A slot of a usage point in a statement. [W]."""

    usage_point_id: int
    slot_start_at: datetime
    baseline_w: float
    adjusted_baseline_w: float
    measured_w: float


@dataclass(frozen=True, slots=True)
class SkillRow:
    """How wrong a method was in a month; see the comments of ``baseline_skill``."""

    place_id: int
    program: str
    method: str
    is_adjusted: bool
    month: date
    window_start: time
    window_slots: int
    as_of: datetime
    computed_at: datetime
    usage_point_count: int
    day_count: int
    slot_count: int
    bias_w: float
    mae_w: float
    cv_rmse_ratio: float
    absolute_error_ratio: float
    centring_error_ratio: float


@dataclass(frozen=True, slots=True)
class WindowToScore:
    """A place, and the hours of its last event of a month."""

    place_id: int
    starts_at: datetime
    ends_at: datetime
