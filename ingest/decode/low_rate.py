"""The kinds of message that are few: events, answers, updates, meta and state. JSON only."""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

#: The last second of the year 9999: later instants have no calendar date in most languages.
LATEST_S: Final = 253_402_300_799
#: The largest integer that every JSON reader keeps exactly.
LARGEST_SEQUENCE: Final = 2**53 - 1

EpochS = Annotated[int, Meta(ge=0, le=LATEST_S)]
Sequence = Annotated[int, Meta(ge=0, le=LARGEST_SEQUENCE)]
Name = Annotated[str, Meta(min_length=3, max_length=64)]
#: No control characters: PostgreSQL cannot store U+0000, and logs are read by people.
Version = Annotated[str, Meta(pattern=r"\A[ -~]{1,64}\Z")]
Model = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
Reason = Annotated[str, Meta(max_length=500, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]
#: Why firmware was not installed.
Fault = Literal[
    "key_unknown",
    "signature_invalid",
    "manifest_invalid",
    "manifest_expired",
    "hardware_mismatch",
    "replayed",
    "downgrade",
    "version_too_old",
    "download_failed",
    "size_mismatch",
    "hash_mismatch",
    "install_failed",
    "health_check_failed",
]
Energy = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Power = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Flexibility(Struct, frozen=True, forbid_unknown_fields=True):
    """What a resource needs: `energy_needed_wh` [Wh], at most `max_power_w` [W], in [available_from, ready_by)."""

    resource: Name
    at: EpochS
    energy_needed_wh: Energy
    max_power_w: Power
    available_from: EpochS
    ready_by: EpochS

    def __post_init__(self) -> None:
        if self.ready_by <= self.available_from:
            raise ValueError("ready_by must be later than available_from")


class ResourceState(Struct, frozen=True, forbid_unknown_fields=True):
    """How a store stands: what is in its battery [Wh], or how warm its water or building is [degC]; since 1.1."""

    resource: Name
    at: EpochS
    energy_wh: Energy | None = None
    temperature_degc: Annotated[float, Meta(ge=-60, le=120)] | None = None

    def __post_init__(self) -> None:
        if self.energy_wh is None and self.temperature_degc is None:
            raise ValueError("a state says at least one thing")


class EventContent(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An ``event``: what resources report about themselves; it has one of the lists at least."""

    flexibility: Annotated[list[Flexibility], Meta(min_length=1, max_length=1_536)] = []
    states: Annotated[list[ResourceState], Meta(min_length=1, max_length=1_536)] = []
    sequence: Sequence | None = None

    def __post_init__(self) -> None:
        if not self.said:
            raise ValueError("an event says something about one resource at least")

    @property
    def said(self) -> list[Flexibility | ResourceState]:
        """Return all that it says, needs before states."""
        return [*self.flexibility, *self.states]


class AnswerContent(Struct, frozen=True, forbid_unknown_fields=True):
    """An ``answer`` to one command, or to its withdrawal."""

    command: UUID
    at: EpochS
    status: Literal["accepted", "opted_out", "refused", "expired", "withdrawn"]
    reason: Reason | None = None
    sequence: Sequence | None = None


class MetaResource(Struct, frozen=True, forbid_unknown_fields=True):
    """A flexible device behind the gateway; `rated_power_w` [W] is the highest power that it draws."""

    resource: Name
    kind: Literal["water_heater", "ev_charger", "battery", "heat_pump"]
    rated_power_w: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class MetaContent(Struct, frozen=True, forbid_unknown_fields=True):
    """A ``meta``: what the gateway is and what stands behind it."""

    gateway: Name
    specification: Annotated[str, Meta(pattern=r"\A1\.[0-9]{1,3}\Z")]
    firmware_version: Version
    meters: Annotated[list[Name], Meta(max_length=10_000)]
    resources: Annotated[list[MetaResource], Meta(max_length=10_000)]
    hardware: Model | None = None
    report_interval_s: Annotated[int, Meta(ge=60, le=604_800)] | None = None
    sequence: Sequence | None = None


class UpdateContent(Struct, frozen=True, forbid_unknown_fields=True):
    """An ``update``: what came of an offer of firmware."""

    offer: UUID
    at: EpochS
    status: Literal["downloading", "verified", "installed", "failed", "rolled_back", "refused"]
    fault: Fault | None = None
    reason: Reason | None = None
    sequence: Sequence | None = None


class StateContent(Struct, frozen=True, forbid_unknown_fields=True):
    """A ``state``: online or, most often as the last will, offline."""

    status: Literal["online", "offline"]
    at: EpochS | None = None
    firmware_version: Version | None = None
    sequence: Sequence | None = None


LowRateContent = EventContent | AnswerContent | UpdateContent | MetaContent | StateContent

JSON_DECODERS: Final[dict[str, msgspec.json.Decoder[LowRateContent]]] = {
    "event": msgspec.json.Decoder(EventContent),
    "answer": msgspec.json.Decoder(AnswerContent),
    "update": msgspec.json.Decoder(UpdateContent),
    "meta": msgspec.json.Decoder(MetaContent),
    "state": msgspec.json.Decoder(StateContent),
}
LOW_RATE_KINDS: Final = tuple(JSON_DECODERS)
