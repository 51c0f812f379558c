"""What the statements about firmware read and write, row by row."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Image:
    """An image by its SHA-256."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an image."""

    position: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Release:
    """A signed release."""

    firmware_release_id: int
    serial: int
    version: str
    hardware: list[str]
    sha256: str
    manifest: str
    key_ids: list[str]
    signatures: list[str]
    released_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewRelease:
    """A release to store."""

    serial: int
    version: str
    hardware: list[str]
    sha256: str
    manifest: str
    key_ids: list[str]
    signatures: list[str]
    released_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RolloutKey:
    """Key of a roll-out."""

    firmware_rollout_id: UUID


@dataclass(frozen=True, slots=True)
class Rollout:
    """A roll-out and the release that it brings."""

    firmware_rollout_id: UUID
    firmware_release_id: int
    serial: int
    version: str
    hardware: list[str]
    status: str
    reason: str | None
    cohort_ratios: list[float]
    stage: int
    soak_s: int
    success_ratio: float
    failure_ratio: float
    started_at: datetime
    status_at: datetime
    stage_at: datetime | None
    met_at: datetime | None
    failures_from: datetime


@dataclass(frozen=True, slots=True)
class Audit:
    """A decision about a roll-out."""

    at: datetime
    actor: str
    action: str
    stage: int
    detail: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A gateway that a release may be offered to."""

    gateway_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How the gateways of a roll-out are doing; `failed` since the operator last resumed it."""

    offered: int
    installed: int
    failed: int
    unreachable: int


@dataclass(frozen=True, slots=True)
class OfferCount:
    """How many offers of a stage are in a state, with a fault."""

    stage: int
    status: str
    fault: str | None
    offer_count: int


@dataclass(frozen=True, slots=True)
class DueOffer:
    """An offer to publish now."""

    firmware_offer_id: UUID
    gateway_name: str
    shard: int
    manifest: str
    key_ids: list[str]
    signatures: list[str]
    sha256: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OfferReport:
    """What a gateway reports of an offer."""

    firmware_offer_id: UUID
    gateway_id: int
    status: str
    fault: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ReportedOffer:
    """An offer that a report was stored for."""

    firmware_offer_id: UUID
    gateway_id: int
