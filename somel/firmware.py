"""Releases and roll-outs of firmware, made by whoever owns the database."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core.errors import InputError, NotFoundError
from core.firmware import make_manifest, sign_manifest
from core.signature import key_id, public_key_of
from db import firmware
from db.connection import Connection, Role, connect
from db.firmware_rows import Audit, NewRelease, OfferCount, Release, Rollout


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key as PEM, and the passphrase that it is encrypted with."""

    pem: bytes
    passphrase: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What an operator says of a release."""

    version: str
    minimum_version: str
    hardware: Sequence[str]
    expires_at: datetime
    public_keys: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a roll-out goes: growing shares of the gateways, and what each stage has to show. [ratio] [s]."""

    cohort_ratios: Sequence[float]
    soak_s: int
    success_ratio: float
    failure_ratio: float


@dataclass(frozen=True, slots=True)
class RolloutStatus:
    """A roll-out, how its gateways are doing, and what was decided."""

    rollout: Rollout
    counts: list[OfferCount]
    audit: list[Audit]


async def release(
    database_url: str, image: bytes, facts: ReleaseFacts, keys: Sequence[SigningKey], *, now: datetime
) -> Release:
    """Sign an image and store it as a release.

    Raises
    ------
    InputError
        As :func:`core.firmware.make_manifest`, or ``key_unreadable``.
    """
    async with await connect(database_url, Role.OWNER) as connection:
        manifest = make_manifest(
            image,
            serial=await firmware.next_serial(connection),
            version=facts.version,
            minimum_version=facts.minimum_version,
            hardware=facts.hardware,
            released_at=int(now.timestamp()),
            expires_at=int(facts.expires_at.timestamp()),
            public_keys=facts.public_keys,
        )
        text = manifest.canonical()
        await firmware.store_image(connection, manifest.sha256, image)
        return await firmware.insert_release(
            connection,
            NewRelease(
                serial=manifest.serial,
                version=manifest.version,
                hardware=list(manifest.hardware),
                sha256=manifest.sha256,
                manifest=text,
                key_ids=[key_id(public_key_of(key.pem, key.passphrase)) for key in keys],
                signatures=[sign_manifest(text, key.pem, key.passphrase) for key in keys],
                released_at=now,
                expires_at=facts.expires_at,
            ),
        )


async def releases(database_url: str) -> list[Release]:
    """Return all releases."""
    async with await connect(database_url, Role.READ) as connection:
        return await firmware.list_releases(connection)


async def start(database_url: str, serial: int, pace: Pace, *, now: datetime) -> UUID:
    """Start a roll-out of a release and return its key.

    Raises
    ------
    InputError
        ``cohorts_invalid``.
    NotFoundError
        ``release_unknown``.
    ConflictError
        ``already_exists``: it is being rolled out.
    """
    ratios = list(pace.cohort_ratios)
    if not ratios or ratios != sorted(set(ratios)) or not 0 < ratios[0] <= ratios[-1] <= 1:
        raise InputError("cohorts_invalid", "Cohorts are growing shares, above 0 and up to 100 %.")
    async with await connect(database_url, Role.OWNER) as connection:
        found = await firmware.list_releases(connection, serial)
        if not found:
            raise NotFoundError("release_unknown", f"There is no release {serial}: see `somel firmware releases`.")
        rollout_id = await firmware.insert_rollout(
            connection,
            found[0],
            cohort_ratios=ratios,
            soak_s=pace.soak_s,
            success_ratio=pace.success_ratio,
            failure_ratio=pace.failure_ratio,
            now=now,
        )
        shares = ", ".join(f"{100 * ratio:g} %" for ratio in ratios)
        rollout = await firmware.require_rollout(connection, rollout_id)
        await _note(connection, rollout, "started", f"release {serial}, {found[0].version}: {shares}", now)
        return rollout_id


async def pause(database_url: str, rollout_id: UUID, *, now: datetime) -> None:
    """Pause a roll-out: nothing more is offered, what was offered may still be installed."""
    await _change(database_url, rollout_id, "paused", ("running",), "paused by an operator", now)


async def abort(database_url: str, rollout_id: UUID, *, now: datetime) -> None:
    """End a roll-out for good: nothing more is offered."""
    await _change(database_url, rollout_id, "aborted", ("running", "paused"), "aborted by an operator", now)


async def resume(database_url: str, rollout_id: UUID, *, retry: bool, now: datetime) -> None:
    """Go on with a paused roll-out; failures up to now no longer count.

    Raises
    ------
    NotFoundError
        ``rollout_unknown``.
    ConflictError
        ``rollout_transition`` when it is not paused.
    """
    async with await connect(database_url, Role.OWNER) as connection:
        rollout = await firmware.require_rollout(connection, rollout_id)
        firmware.require_status(rollout, "paused", wanted="running")
        await firmware.forgive_failures(connection, rollout_id, retry=retry, now=now)
        await firmware.set_rollout(
            connection, replace(rollout, status="running", reason=None, status_at=now, met_at=None)
        )
        detail = "gateways that failed are tried again" if retry else "gateways that failed are left as they are"
        await _note(connection, rollout, "resumed", detail, now)


async def rollouts(database_url: str) -> list[Rollout]:
    """Return all roll-outs, the newest first."""
    async with await connect(database_url, Role.READ) as connection:
        return await firmware.list_rollouts(connection)


async def status(database_url: str, rollout_id: UUID) -> RolloutStatus:
    """Return how a roll-out is doing.

    Raises
    ------
    NotFoundError
        ``rollout_unknown``.
    """
    async with await connect(database_url, Role.READ) as connection:
        found = await firmware.list_rollouts(connection, rollout_id)
        if not found:
            raise NotFoundError("rollout_unknown", f"There is no roll-out {rollout_id}.")
        counts = await firmware.offer_counts(connection, rollout_id)
        return RolloutStatus(found[0], counts, await firmware.audit_of_rollout(connection, rollout_id))


async def _change(
    database_url: str, rollout_id: UUID, wanted: str, allowed: tuple[str, ...], reason: str, now: datetime
) -> None:
    async with await connect(database_url, Role.OWNER) as connection:
        rollout = await firmware.require_rollout(connection, rollout_id)
        firmware.require_status(rollout, *allowed, wanted=wanted)
        await firmware.set_rollout(
            connection, replace(rollout, status=wanted, reason=reason, status_at=now, met_at=None)
        )
        await _note(connection, rollout, wanted, reason, now)


async def _note(connection: Connection, rollout: Rollout, action: str, detail: str, now: datetime) -> None:
    await firmware.insert_audit(connection, rollout, Audit(now, getpass.getuser(), action, rollout.stage, detail))
