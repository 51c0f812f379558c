"""Rows of networks and of their checks: voltages in volts or over the nominal one, loadings over the rating."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ConnectivityNode:
    """A point where conductors meet. [V]."""

    power_transformer_place_id: int
    name: str
    nominal_v: float


@dataclass(frozen=True, slots=True)
class LineSegment:
    """A line between two nodes as a whole: both sequences, admittance to earth, thermal limit. [Ω], [S], [A]."""

    power_transformer_place_id: int
    name: str
    from_node: str
    to_node: str
    r_ohm: float
    x_ohm: float
    r0_ohm: float
    x0_ohm: float
    g_s: float
    b_s: float
    rated_a: float


@dataclass(frozen=True, slots=True)
class TransformerImpedance:
    """A transformer as an electrical element, and the source that it hangs on; see the table's comments for units."""

    power_transformer_place_id: int
    source_node: str
    high_node: str
    low_node: str
    source_ratio: float
    rated_va: float
    rated_high_v: float
    rated_low_v: float
    at_tap_high_v: float
    at_tap_low_v: float
    shift_degree: float
    short_circuit_ratio: float
    resistive_ratio: float
    iron_w: float
    idle_ratio: float
    vector_group: str


@dataclass(frozen=True, slots=True)
class PointConnection:
    """Where a usage point hangs: node, and phase a, b, c or abc."""

    usage_point_id: int
    node: str
    phase: str


@dataclass(frozen=True, slots=True)
class SuppliedPoint:
    """A usage point behind a transformer; node and phase are None where its place in the network is not known."""

    usage_point_id: int
    usage_point_key: UUID
    power_transformer_place_id: int
    subscribed_va: int
    category: str
    node: str | None
    phase: str | None


@dataclass(frozen=True, slots=True)
class MeterPoint:
    """Which usage point a meter counts for."""

    name: str
    usage_point_id: int


@dataclass(frozen=True, slots=True)
class DevicePoint:
    """Which usage point a device stands behind."""

    end_device_id: int
    usage_point_id: int


@dataclass(frozen=True, slots=True)
class TransformerPlace:
    """A transformer by its code. [VA]."""

    place_id: int
    code: str
    rated_va: int


@dataclass(frozen=True, slots=True)
class NetworkCheck:
    """What a plan does to the network behind one transformer, without and with it; None where it is not known.

    Attributes
    ----------
    modelled : bool
        Whether the network is known; where it is not, only the transformer's loading is.
    unsolved_before, unsolved_after : int
        Slots in which no power flow converges.
    """

    event_id: UUID
    power_transformer_place_id: int
    power_transformer_code: str
    checked_at: datetime
    modelled: bool
    start_at: datetime
    slot_count: int
    unsolved_before: int
    unsolved_after: int
    lowest_before_ratio: float | None
    lowest_after_ratio: float | None
    highest_before_ratio: float | None
    highest_after_ratio: float | None
    line_before_ratio: float | None
    line_after_ratio: float | None
    transformer_before_ratio: float | None
    transformer_after_ratio: float | None


@dataclass(frozen=True, slots=True)
class NetworkViolation:
    """A limit that an element does not keep in a slot; `stage` is before or after the plan."""

    event_id: UUID
    power_transformer_place_id: int
    stage: str
    kind: str
    element: str
    slot_start_at: datetime
    value_ratio: float | None
    limit_ratio: float
