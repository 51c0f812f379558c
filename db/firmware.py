"""Firmware: images in pieces, signed releases, roll-outs and what gateways report of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.errors import ConflictError, NotFoundError
from db.connection import Connection, translated_errors
from db.firmware_rows import (
    Audit,
    Candidate,
    Chunk,
    DueOffer,
    Image,
    NewRelease,
    OfferCount,
    OfferReport,
    Release,
    ReportedOffer,
    Rollout,
    RolloutKey,
    Tally,
)
from db.rows import all_rows, one_integer, one_row
from db.statements import statements

_SQL = statements("firmware")

#: Length of every piece of an image but the last. [bytes]
CHUNK_BYTES: Final = 262_144
#: States in which a gateway has not said its last word.
OPEN: Final = ("pending", "offered", "downloading", "verified")
_MOST: Final = 1_000_000


def chunks_of(image: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the pieces of an image with their positions."""
    for position, first in enumerate(range(0, len(image), CHUNK_BYTES)):
        yield position, image[first : first + CHUNK_BYTES]


async def store_image(connection: Connection, sha256: str, image: bytes) -> None:
    """Store an image; nothing happens when it is there already."""
    async with translated_errors(), connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(_SQL["insert_image"], {"sha256": sha256, "size_bytes": len(image)})
        for position, content in chunks_of(image):
            await cursor.execute(_SQL["insert_chunk"], {"sha256": sha256, "position": position, "content": content})


async def find_image(connection: Connection, sha256: str) -> Image | None:
    """Return an image's length."""
    return await one_row(connection, Image, _SQL["find_image"], {"sha256": sha256})


async def read_image(connection: Connection, sha256: str, first: int, last: int) -> bytes:
    """Return the bytes `first` to `last`, both included, of an image."""
    begin, end = first // CHUNK_BYTES, last // CHUNK_BYTES
    found = await all_rows(connection, Chunk, _SQL["chunks"], {"sha256": sha256, "first": begin, "last": end})
    joined = b"".join(chunk.content for chunk in found)
    begin = first - begin * CHUNK_BYTES
    return joined[begin : begin + last - first + 1]


async def next_serial(connection: Connection) -> int:
    """Return the number after the highest of all releases."""
    return await one_integer(connection, _SQL["next_serial"], {}) or 1


async def insert_release(connection: Connection, release: NewRelease) -> Release:
    """Store a signed release whose image is stored.

    Raises
    ------
    ConflictError
        ``already_exists`` when its number was taken meanwhile.
    """
    values = {name: getattr(release, name) for name in NewRelease.__dataclass_fields__}
    (stored,) = await all_rows(connection, Release, _SQL["insert_release"], values)
    return stored


async def list_releases(connection: Connection, serial: int | None = None) -> list[Release]:
    """Return the releases in their order, or the one with a number."""
    return await all_rows(connection, Release, _SQL["list_releases"], {"serial": serial})


async def insert_rollout(
    connection: Connection,
    release: Release,
    *,
    cohort_ratios: Sequence[float],
    soak_s: int,
    success_ratio: float,
    failure_ratio: float,
    now: datetime,
) -> UUID:
    """Start a roll-out of a release and return its key.

    Raises
    ------
    ConflictError
        ``already_exists`` when the release is being rolled out.
    """
    values = {
        "firmware_release_id": release.firmware_release_id,
        "cohort_ratios": list(cohort_ratios),
        "soak_s": soak_s,
        "success_ratio": success_ratio,
        "failure_ratio": failure_ratio,
        "now": now,
    }
    (key,) = await all_rows(connection, RolloutKey, _SQL["insert_rollout"], values)
    return key.firmware_rollout_id


async def list_rollouts(connection: Connection, rollout_id: UUID | None = None) -> list[Rollout]:
    """Return the roll-outs, the newest first, or the one with a key."""
    parameters = {"firmware_rollout_id": rollout_id, "limit": _MOST}
    return await all_rows(connection, Rollout, _SQL["list_rollouts"], parameters)


async def running_rollouts(connection: Connection) -> list[UUID]:
    """Return the keys of the roll-outs that run."""
    return [key.firmware_rollout_id for key in await all_rows(connection, RolloutKey, _SQL["running_rollouts"])]


async def lock_rollout(connection: Connection, rollout_id: UUID, *, wait: bool) -> Rollout | None:
    """Return a roll-out and keep others from changing it until the transaction ends.

    Returns
    -------
    Rollout or None
        None when there is none, or when another holds it and `wait` is not set.
    """
    statement = _SQL["wait_for_rollout" if wait else "lock_rollout"]
    if await one_row(connection, RolloutKey, statement, {"firmware_rollout_id": rollout_id}) is None:
        return None
    (rollout,) = await list_rollouts(connection, rollout_id)
    return rollout


async def require_rollout(connection: Connection, rollout_id: UUID) -> Rollout:
    """Return a roll-out, kept from changing until the transaction ends.

    Raises
    ------
    NotFoundError
        ``rollout_unknown``.
    """
    rollout = await lock_rollout(connection, rollout_id, wait=True)
    if rollout is None:
        raise NotFoundError("rollout_unknown", f"There is no roll-out {rollout_id}.")
    return rollout


def require_status(rollout: Rollout, *allowed: str, wanted: str) -> None:
    """Check that a roll-out may become `wanted`.

    Raises
    ------
    ConflictError
        ``rollout_transition``.
    """
    if rollout.status not in allowed:
        raise ConflictError("rollout_transition", f"A roll-out that is {rollout.status} cannot become {wanted}.")


async def set_rollout(connection: Connection, rollout: Rollout) -> None:
    """Store status and stage of a roll-out that is locked."""
    names = ("firmware_rollout_id", "status", "reason", "stage", "status_at", "stage_at", "met_at")
    await _execute(connection, "set_rollout", {name: getattr(rollout, name) for name in names})


async def forgive_failures(connection: Connection, rollout_id: UUID, *, retry: bool, now: datetime) -> None:
    """Let failures up to now count no longer; with `retry`, offer anew to the gateways that failed."""
    await _execute(connection, "forgive_failures", {"firmware_rollout_id": rollout_id, "now": now})
    if retry:
        await _execute(connection, "retry_failures", {"firmware_rollout_id": rollout_id, "now": now})


async def insert_audit(connection: Connection, rollout: Rollout, audit: Audit) -> None:
    """Write down a decision, in the transaction that makes it."""
    values = {name: getattr(audit, name) for name in Audit.__dataclass_fields__}
    await _execute(connection, "insert_audit", values | {"firmware_rollout_id": rollout.firmware_rollout_id})


async def audit_of_rollout(connection: Connection, rollout_id: UUID) -> list[Audit]:
    """Return what was decided about a roll-out, in its order."""
    return await all_rows(connection, Audit, _SQL["audit_of_rollout"], {"firmware_rollout_id": rollout_id})


async def rollout_candidates(connection: Connection, rollout: Rollout) -> list[Candidate]:
    """Return the gateways that the release is for and that were not offered it yet."""
    parameters = {
        "firmware_rollout_id": rollout.firmware_rollout_id,
        "hardware": rollout.hardware,
        "version": rollout.version,
    }
    return await all_rows(connection, Candidate, _SQL["rollout_candidates"], parameters)


async def insert_offers(connection: Connection, rollout: Rollout, gateway_ids: Sequence[int], *, now: datetime) -> None:
    """Put offers of a roll-out's stage into the outbox of ingest."""
    values = {"gateway_ids": list(gateway_ids), "stage": rollout.stage, "now": now}
    await _execute(connection, "insert_offers", values | {"firmware_rollout_id": rollout.firmware_rollout_id})


async def tally_of_rollout(connection: Connection, rollout_id: UUID) -> Tally:
    """Return how the gateways of a roll-out are doing."""
    (tally,) = await all_rows(connection, Tally, _SQL["tally_of_rollout"], {"firmware_rollout_id": rollout_id})
    return tally


async def offer_counts(connection: Connection, rollout_id: UUID) -> list[OfferCount]:
    """Return how many offers of each stage are in which state."""
    return await all_rows(connection, OfferCount, _SQL["offer_counts"], {"firmware_rollout_id": rollout_id})


async def due_offers(connection: Connection, shards: Sequence[int], *, now: datetime, limit: int) -> list[DueOffer]:
    """Return offers to publish now to gateways of `shards`, at most `limit`."""
    parameters = {"shards": list(shards), "now": now, "row_limit": limit}
    return await all_rows(connection, DueOffer, _SQL["due_offers"], parameters)


async def mark_offers_sent(connection: Connection, offer_ids: Sequence[UUID], *, at: datetime, answer_s: float) -> None:
    """Note that the broker has taken offers; what was reported before is kept."""
    await _execute(connection, "mark_offers_sent", {"offer_ids": list(offer_ids), "at": at, "answer_s": answer_s})


async def report_offers(connection: Connection, reports: Sequence[OfferReport], *, at: datetime) -> set[ReportedOffer]:
    """Store reports in their order, the last of an offer wins; return those that there is an offer for."""
    last = {ReportedOffer(report.firmware_offer_id, report.gateway_id): report for report in reports}.values()
    parameters = {
        "offer_ids": [report.firmware_offer_id for report in last],
        "gateway_ids": [report.gateway_id for report in last],
        "statuses": [report.status for report in last],
        "faults": [report.fault for report in last],
        "reasons": [report.reason for report in last],
        "at": at,
    }
    return set(await all_rows(connection, ReportedOffer, _SQL["report_offers"], parameters))


async def _execute(connection: Connection, name: str, values: dict[str, object]) -> None:
    async with translated_errors():
        await connection.execute(_SQL[name], values)
